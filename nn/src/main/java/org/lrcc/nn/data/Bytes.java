package org.lrcc.nn.data;

/** Integers in byte arrays. */
final class Bytes {
    private Bytes() {}

    static int i32be(byte[] bytes, int at) {
        return u8(bytes, at) << 24 | u8(bytes, at + 1) << 16 | u8(bytes, at + 2) << 8 | u8(bytes, at + 3);
    }

    static int i32le(byte[] bytes, int at) {
        return u16le(bytes, at) | u16le(bytes, at + 2) << 16;
    }

    static int u24le(byte[] bytes, int at) {
        return u16le(bytes, at) | u8(bytes, at + 2) << 16;
    }

    static int u16le(byte[] bytes, int at) {
        return u8(bytes, at) | u8(bytes, at + 1) << 8;
    }

    static int u8(byte[] bytes, int at) {
        return bytes[at] & 0xff;
    }
}

package org.lrcc.engine.tensor;

/** Element types. Training and inference use {@link #F32}; {@link #F64} belongs to the reference backend. */
public enum DType {
    /** 32-bit floating point. */
    F32(4),
    /** 64-bit floating point. */
    F64(8),
    /** 32-bit signed integers: labels, indices. */
    I32(4),
    /** Unsigned bytes: images, masks, pooling positions. */
    U8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether this is a floating-point type. */
    public boolean isFloating() {
        return this == F32 || this == F64;
    }
}

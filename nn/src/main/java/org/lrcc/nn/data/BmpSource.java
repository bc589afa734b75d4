package org.lrcc.nn.data;

import java.io.IOException;
import javax.imageio.spi.ImageReaderSpi;

/** Windows bitmaps: 1, 4, 8, 16, 24 and 32 bits, plain, run-length coded or with bit fields. */
final class BmpSource {
    private static final ImageReaderSpi READER = Rasters.platformReader("bmp");
    private static final int CORE_HEADER = 12;
    private static final int BITFIELDS = 3;

    private BmpSource() {}

    static boolean matches(byte[] bytes) {
        return bytes.length >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
    }

    static RgbImage decode(byte[] bytes, ImageLimits limits) throws IOException {
        checkHeader(bytes, limits);
        return Rasters.toRgb(Rasters.read(READER, bytes, reader -> reader.read(0)));
    }

    private static void checkHeader(byte[] bytes, ImageLimits limits) throws BadImageException {
        int headerSize = bytes.length < 26 ? 0 : Bytes.i32le(bytes, 14);
        if (headerSize == CORE_HEADER) {
            BadImageException.checkSize(Bytes.u16le(bytes, 18), Bytes.u16le(bytes, 20), limits);
            checkPixels(bytes, Bytes.u16le(bytes, 18), Bytes.u16le(bytes, 20), Bytes.u16le(bytes, 24));
            return;
        }
        if (headerSize < 40 || headerSize > bytes.length - 14) {
            throw new BadImageException(
                    "truncated: its header has " + headerSize + " bytes in a file of " + bytes.length);
        }
        int width = Bytes.i32le(bytes, 18);
        long height = Math.abs((long) Bytes.i32le(bytes, 22)); // negative: rows from the top
        BadImageException.checkSize(width, height, limits);
        int colors = Bytes.i32le(bytes, 46);
        if (colors < 0 || colors > 256) {
            throw new BadImageException(
                    "its palette has " + Integer.toUnsignedString(colors) + " colours, at most 256 are read");
        }
        int compression = Bytes.i32le(bytes, 30);
        if (compression < 0 || compression > BITFIELDS) {
            throw new BadImageException("BMP compression " + compression + " is not supported (0 to 3 are)");
        }
        if (compression == 0 || compression == BITFIELDS) {
            checkPixels(bytes, width, height, Bytes.u16le(bytes, 28));
        }
    }

    private static void checkPixels(byte[] bytes, long width, long height, int bits) throws BadImageException {
        long start = Integer.toUnsignedLong(Bytes.i32le(bytes, 10));
        long needed = (width * bits + 31) / 32 * 4 * height;
        if (start + needed > bytes.length) {
            throw new BadImageException(
                    "truncated: its pixels end at byte " + (start + needed) + " of a file of " + bytes.length);
        }
    }
}

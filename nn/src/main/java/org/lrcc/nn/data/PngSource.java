package org.lrcc.nn.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.CRC32;
import javax.imageio.spi.ImageReaderSpi;

/**
 * PNG of every colour type, depth and interlacing. Only the chunks that hold pixels reach the reader: profiles, gamma, transparency and
 * texts would change nothing that we want or inflate without bound.
 */
final class PngSource {
    private static final ImageReaderSpi READER = Rasters.platformReader("png");
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504c5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454e44;
    private static final int EXIF = 0x65584966;

    private PngSource() {}

    static boolean matches(byte[] bytes) {
        return bytes.length >= SIGNATURE.length && Arrays.equals(bytes, 0, 8, SIGNATURE, 0, 8);
    }

    static RgbImage decode(byte[] bytes, ImageLimits limits) throws IOException {
        ByteArrayOutputStream pixelsOnly = new ByteArrayOutputStream(bytes.length);
        pixelsOnly.write(bytes, 0, SIGNATURE.length);
        Orientation orientation = Orientation.UPRIGHT;
        int at = SIGNATURE.length;
        int type = 0;
        while (type != IEND) {
            int length = chunkLength(bytes, at);
            type = Bytes.i32be(bytes, at + 4);
            if ((at == SIGNATURE.length) != (type == IHDR)) {
                throw new BadImageException("its header chunk is not the first, and the only one");
            }
            if (type == IHDR) {
                checkHeader(bytes, at + 8, length, limits);
            }
            if (type == IHDR || type == PLTE || type == IDAT || type == IEND) {
                checkCrc(bytes, at, length);
                pixelsOnly.write(bytes, at, length + 12);
            } else if (type == EXIF) {
                orientation = Exif.orientation(Arrays.copyOfRange(bytes, at + 8, at + 8 + length));
            }
            at += length + 12;
        }
        return orientation.apply(
                Rasters.toRgb(Rasters.read(READER, pixelsOnly.toByteArray(), reader -> reader.read(0))));
    }

    private static int chunkLength(byte[] bytes, int at) throws BadImageException {
        if (at > bytes.length - 12) {
            throw new BadImageException("truncated: its end chunk is missing");
        }
        int length = Bytes.i32be(bytes, at);
        if (length < 0 || length > bytes.length - 12 - at) {
            throw new BadImageException("truncated: a chunk of " + Integer.toUnsignedString(length) + " bytes at byte "
                    + at + " does not fit the file of " + bytes.length);
        }
        return length;
    }

    private static void checkHeader(byte[] bytes, int at, int length, ImageLimits limits) throws BadImageException {
        if (length != 13) {
            throw new BadImageException("its header has " + length + " bytes, not 13");
        }
        BadImageException.checkSize(
                Integer.toUnsignedLong(Bytes.i32be(bytes, at)),
                Integer.toUnsignedLong(Bytes.i32be(bytes, at + 4)),
                limits);
    }

    private static void checkCrc(byte[] bytes, int at, int length) throws BadImageException {
        CRC32 crc = new CRC32();
        crc.update(bytes, at + 4, length + 4);
        if ((int) crc.getValue() != Bytes.i32be(bytes, at + 8 + length)) {
            throw new BadImageException("the checksum of the chunk at byte " + at + " is wrong");
        }
    }
}

package org.lrcc.nn.data;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.spi.ImageReaderSpi;

/** WebP, lossy and lossless, still images. The reader gets a simple file of the picture's one chunk: no alpha, profile or animation. */
final class WebpSource {
    private static final ImageReaderSpi READER = new WebPImageReaderSpi();
    private static final int RIFF = 0x46464952;
    private static final int WEBP = 0x50424557;
    private static final int VP8 = 0x20385056;
    private static final int VP8L = 0x4c385056;
    private static final int ANIM = 0x4d494e41;
    private static final int EXIF = 0x46495845;
    private static final byte[] EXIF_PREFIX = {'E', 'x', 'i', 'f', 0, 0};

    private WebpSource() {}

    static boolean matches(byte[] bytes) {
        return bytes.length >= 12 && Bytes.i32le(bytes, 0) == RIFF && Bytes.i32le(bytes, 8) == WEBP;
    }

    static RgbImage decode(byte[] bytes, ImageLimits limits) throws IOException {
        int end = riffEnd(bytes);
        Orientation orientation = Orientation.UPRIGHT;
        byte[] picture = new byte[0];
        for (int at = 12; at + 8 <= end; ) {
            int type = Bytes.i32le(bytes, at);
            int length = Bytes.i32le(bytes, at + 4);
            if (length < 0 || length > end - at - 8) {
                throw new BadImageException("truncated: a chunk of " + Integer.toUnsignedString(length)
                        + " bytes at byte " + at + " does not fit the file of " + end);
            }
            if (type == ANIM) {
                throw new BadImageException("animated WebP is not supported");
            }
            if ((type == VP8 || type == VP8L) && picture.length == 0) {
                checkSize(bytes, at + 8, length, type == VP8L, limits);
                picture = simpleFile(bytes, at, length);
            } else if (type == EXIF) {
                orientation = exif(Arrays.copyOfRange(bytes, at + 8, at + 8 + length));
            }
            at += 8 + length + (length & 1);
        }
        if (picture.length == 0) {
            throw new BadImageException("truncated: it has no picture");
        }
        return orientation.apply(Rasters.toRgb(Rasters.read(READER, picture, reader -> reader.read(0))));
    }

    private static int riffEnd(byte[] bytes) throws BadImageException {
        long end = 8 + Integer.toUnsignedLong(Bytes.i32le(bytes, 4));
        if (end > bytes.length) {
            throw new BadImageException("truncated: it has " + bytes.length + " bytes of " + end);
        }
        return (int) end;
    }

    private static Orientation exif(byte[] block) {
        boolean prefixed =
                block.length >= 6 && Arrays.equals(block, 0, 6, EXIF_PREFIX, 0, 6); // not in the standard, but written
        return Exif.orientation(prefixed ? Arrays.copyOfRange(block, 6, block.length) : block);
    }

    /** Reads the size from the bit stream itself: it is what the decoder allocates by. RFC 9649, sections 2.5 and 3.4; RFC 6386, 9.1. */
    private static void checkSize(byte[] bytes, int at, int length, boolean lossless, ImageLimits limits)
            throws BadImageException {
        if (length < 10) {
            throw new BadImageException("truncated: its picture has " + length + " bytes");
        }
        if (lossless) {
            if (Bytes.u8(bytes, at) != 0x2f) {
                throw new BadImageException("its lossless picture has signature " + Bytes.u8(bytes, at) + ", not 47");
            }
            int size = Bytes.i32le(bytes, at + 1);
            BadImageException.checkSize((size & 0x3fff) + 1, (size >>> 14 & 0x3fff) + 1, limits);
        } else {
            if ((Bytes.u8(bytes, at) & 1) != 0 || Bytes.u24le(bytes, at + 3) != 0x2a019d) {
                throw new BadImageException("its lossy picture does not begin with a key frame");
            }
            BadImageException.checkSize(
                    Bytes.u16le(bytes, at + 6) & 0x3fff, Bytes.u16le(bytes, at + 8) & 0x3fff, limits);
        }
    }

    private static byte[] simpleFile(byte[] bytes, int at, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 21);
        int padded = length + (length & 1);
        out.write(bytes, 0, 4);
        for (int shift = 0; shift < 32; shift += 8) {
            out.write((padded + 12) >>> shift);
        }
        out.write(bytes, 8, 4);
        out.write(bytes, at, length + 8);
        if (padded != length) {
            out.write(0);
        }
        return out.toByteArray();
    }
}

package org.lrcc.nn.data;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;

/**
 * JPEG: baseline, extended and progressive Huffman, 8 bits, grey, RGB, YCbCr, CMYK and YCCK.
 *
 * <p>Java's reader is libjpeg behind heuristics about colour (profiles, markers, subsampling) that differ from libjpeg's own. So the
 * markers are read here, which decides the colour model by libjpeg's rule ({@code jdapimin.c}, default_decompress_parms), and the
 * reader gets the file without its application segments and with the instruction to convert nothing; the conversion is libjpeg's
 * integer one ({@code jdcolor.c}), done below.
 */
final class JpegSource {
    private static final ImageReaderSpi READER = Rasters.platformReader("jpeg");

    /** Progressive files have about ten; thousands of scans over a large frame are an attack on our time. */
    private static final int MAX_SCANS = 100;

    /** In libjpeg's message of a scan whose coded data end before its last pixel. */
    private static final String DATA_MISSING = "premature end of data";

    private static final int SOI = 0xd8;
    private static final int EOI = 0xd9;
    private static final int SOS = 0xda;
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final int APP15 = 0xef;
    private static final int COM = 0xfe;
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] JFIF = "JFIF\0".getBytes(StandardCharsets.ISO_8859_1);

    /** An Adobe segment with transform 0: the components are RGB or CMYK as they stand, nothing is to be converted. */
    private static final byte[] CONVERT_NOTHING = {
        (byte) 0xff, (byte) APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
    };

    private final byte[] bytes;
    private final ByteArrayOutputStream pixelsOnly;
    private int width;
    private int height;
    private byte @Nullable [] componentIds;
    private int adobeTransform = -1;
    private boolean jfif;
    private int scans;
    private boolean ended;
    private Orientation orientation = Orientation.UPRIGHT;

    private JpegSource(byte[] bytes) {
        this.bytes = bytes;
        this.pixelsOnly = new ByteArrayOutputStream(bytes.length + CONVERT_NOTHING.length);
    }

    static boolean matches(byte[] bytes) {
        return bytes.length > 2 && (bytes[0] & 0xff) == 0xff && (bytes[1] & 0xff) == SOI && (bytes[2] & 0xff) == 0xff;
    }

    static RgbImage decode(byte[] bytes, ImageLimits limits) throws IOException {
        JpegSource source = new JpegSource(bytes);
        source.scan(limits);
        return source.decodeScanned();
    }

    private void scan(ImageLimits limits) throws BadImageException {
        copy(0, 2);
        pixelsOnly.write(CONVERT_NOTHING, 0, CONVERT_NOTHING.length);
        int at = 2;
        while (!ended) {
            at = nextMarker(at);
            if (at < 0) {
                break;
            }
            int marker = bytes[at] & 0xff;
            if (marker == EOI) {
                ended = true;
                copy(at - 1, at + 1);
                break;
            }
            if (marker == SOI || (marker >= 0xd0 && marker <= 0xd7) || marker == 0x01) {
                at++;
                continue;
            }
            int end = segmentEnd(at);
            segment(marker, at + 3, end, limits);
            if (marker == SOS) {
                int entropyEnd = entropyEnd(end);
                copy(at - 1, entropyEnd);
                at = entropyEnd;
            } else {
                if ((marker < APP0 || marker > APP15) && marker != COM) {
                    copy(at - 1, end);
                }
                at = end;
            }
        }
        if (componentIds == null || scans == 0) {
            throw new BadImageException("truncated: it ends before its picture begins");
        }
        if (!ended) {
            throw new BadImageException("truncated: its end marker is missing");
        }
    }

    private void copy(int from, int to) {
        pixelsOnly.write(bytes, from, to - from);
    }

    /** The position of the next marker's code, or -1; bytes that belong to nothing are skipped, as libjpeg does. */
    private int nextMarker(int at) {
        for (int i = at; i + 1 < bytes.length; i++) {
            int code = bytes[i + 1] & 0xff;
            if ((bytes[i] & 0xff) == 0xff && code != 0xff && code != 0) {
                return i + 1;
            }
        }
        return -1;
    }

    private int segmentEnd(int at) throws BadImageException {
        if (at + 2 >= bytes.length) {
            throw new BadImageException("truncated: a segment's length is missing at byte " + at);
        }
        int length = u16(at + 1);
        if (length < 2 || at + 1 + length > bytes.length) {
            throw new BadImageException(
                    "a segment of " + length + " bytes at byte " + at + " does not fit the file of " + bytes.length);
        }
        return at + 1 + length;
    }

    /** Where the scan's coded data ends: at a marker that is neither a stuffed byte nor a restart. */
    private int entropyEnd(int at) {
        for (int i = at; i + 1 < bytes.length; i++) {
            int code = bytes[i + 1] & 0xff;
            if ((bytes[i] & 0xff) == 0xff && code != 0 && code != 0xff && (code < 0xd0 || code > 0xd7)) {
                return i;
            }
        }
        return bytes.length;
    }

    private void segment(int marker, int from, int end, ImageLimits limits) throws BadImageException {
        boolean frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            frame(marker, from, end, limits);
        } else if (marker == SOS) {
            if (componentIds == null) {
                throw new BadImageException("a scan begins before its frame header");
            }
            if (++scans > MAX_SCANS) {
                throw new BadImageException("it has more than " + MAX_SCANS + " scans");
            }
        } else if (marker == APP0) {
            jfif |= startsWith(from, end, JFIF);
        } else if (marker == APP1 && startsWith(from, end, EXIF)) {
            orientation = Exif.orientation(Arrays.copyOfRange(bytes, from + EXIF.length, end));
        } else if (marker == APP14 && startsWith(from, end, ADOBE) && end - from >= 12) {
            adobeTransform = bytes[from + 11] & 0xff;
        }
    }

    private void frame(int marker, int from, int end, ImageLimits limits) throws BadImageException {
        if (componentIds != null) {
            throw new BadImageException("it has two frame headers");
        }
        if (marker > 0xc2) {
            throw new BadImageException("JPEG process SOF" + (marker - 0xc0)
                    + " is not supported (baseline, extended and progressive Huffman are)");
        }
        if (end - from < 6 || end - from < 6 + 3 * (bytes[from + 5] & 0xff)) {
            throw new BadImageException("its frame header has " + (end - from) + " bytes");
        }
        if (bytes[from] != 8) {
            throw new BadImageException(bytes[from] + " bits a sample are not supported (8 are)");
        }
        height = u16(from + 1);
        width = u16(from + 3);
        BadImageException.checkSize(width, height, limits);
        int components = bytes[from + 5] & 0xff;
        if (components != 1 && components != 3 && components != 4) {
            throw new BadImageException("it has " + components + " colour components (1, 3 and 4 are supported)");
        }
        componentIds = new byte[components];
        for (int i = 0; i < components; i++) {
            componentIds[i] = bytes[from + 6 + 3 * i];
        }
    }

    private boolean startsWith(int from, int end, byte[] prefix) {
        return end - from >= prefix.length
                && Arrays.equals(bytes, from, from + prefix.length, prefix, 0, prefix.length);
    }

    private int u16(int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    private RgbImage decodeScanned() throws IOException {
        boolean[] incomplete = new boolean[1];
        Raster raster = Rasters.read(READER, pixelsOnly.toByteArray(), reader -> {
            // libjpeg fills in what is missing with grey and only warns.
            reader.addIIOReadWarningListener((source, warning) -> incomplete[0] |= warning.contains(DATA_MISSING));
            return reader.readRaster(0, null);
        });
        if (incomplete[0]) {
            throw new BadImageException("truncated: its coded data ends before its last pixel");
        }
        byte[] samples = new byte[raster.getWidth() * raster.getHeight() * raster.getNumBands()];
        raster.getDataElements(0, 0, raster.getWidth(), raster.getHeight(), samples);
        return orientation.apply(new RgbImage(width, height, toRgb(samples, raster.getNumBands())));
    }

    private byte[] toRgb(byte[] samples, int bands) {
        boolean converted = bands == 4 ? adobeTransform == 2 : bands == 3 && isYcc();
        if (converted) {
            yccToRgb(samples, bands);
        }
        if (bands == 3) {
            return samples;
        }
        byte[] rgb = new byte[samples.length / bands * 3];
        for (int i = 0, at = 0; i < samples.length; i += bands, at += 3) {
            for (int c = 0; c < 3; c++) {
                rgb[at + c] = bands == 1 ? samples[i] : inkToLight(samples, i, c, converted);
            }
        }
        return rgb;
    }

    /** libjpeg's rule for three components. */
    private boolean isYcc() {
        if (jfif) {
            return true;
        }
        if (adobeTransform >= 0) {
            return adobeTransform != 0;
        }
        return componentIds == null || !Arrays.equals(componentIds, new byte[] {'R', 'G', 'B'});
    }

    /**
     * One channel of a CMYK pixel that is stored inverted, in Pillow's rounding ({@code Convert.c}, cmyk2rgb). The RGB half of YCCK is
     * the complement of the stored ink.
     */
    private static byte inkToLight(byte[] samples, int i, int c, boolean complement) {
        int stored = samples[i + c] & 0xff;
        int ink = complement ? stored : 255 - stored;
        int notBlack = samples[i + 3] & 0xff;
        int product = ink * notBlack + 128;
        return (byte) (notBlack - (((product >> 8) + product) >> 8));
    }

    private static void yccToRgb(byte[] samples, int bands) {
        final int half = 1 << 15;
        for (int i = 0; i < samples.length; i += bands) {
            int y = samples[i] & 0xff;
            int cb = (samples[i + 1] & 0xff) - 128;
            int cr = (samples[i + 2] & 0xff) - 128;
            samples[i] = clip(y + ((91881 * cr + half) >> 16)); // 1.40200 * 2^16
            samples[i + 1] = clip(y + ((-22554 * cb - 46802 * cr + half) >> 16)); // 0.34414, 0.71414
            samples[i + 2] = clip(y + ((116130 * cb + half) >> 16)); // 1.77200
        }
    }

    private static byte clip(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }
}

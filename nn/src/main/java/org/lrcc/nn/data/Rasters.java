package org.lrcc.nn.data;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Running an ImageIO reader over bytes, and taking samples out of what it returns without any colour management. */
final class Rasters {
    private Rasters() {}

    /** A use of a reader whose input is set. */
    interface Use<T> {
        T apply(ImageReader reader) throws IOException;
    }

    /** The JDK's own reader of a format, whatever other plug-ins are on the class path. */
    static ImageReaderSpi platformReader(String format) {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        while (readers.hasNext()) {
            ImageReaderSpi spi = readers.next().getOriginatingProvider();
            if (spi != null && spi.getClass().getName().startsWith("com.sun.imageio.")) {
                return spi;
            }
        }
        throw new IllegalStateException("this Java runtime has no " + format + " reader: is java.desktop missing?");
    }

    /** Opens a reader on bytes in memory (never a disk cache), uses it, and closes it. */
    static <T> T read(ImageReaderSpi spi, byte[] bytes, Use<T> use) throws IOException {
        ImageReader reader = spi.createReaderInstance();
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(in, true, true);
            return use.apply(reader);
        } finally {
            reader.dispose();
        }
    }

    /** The stored samples as RGB: palettes looked up, grey repeated, alpha dropped, 16 bits reduced to their high byte. */
    static RgbImage toRgb(BufferedImage image) {
        ColorModel model = image.getColorModel();
        if (model instanceof IndexColorModel palette) {
            return fromPalette(image.getRaster(), palette);
        }
        int[] bits = image.getSampleModel().getSampleSize();
        boolean plain = bits[0] == 8 || bits[0] == 16;
        return plain ? fromSamples(image.getRaster(), bits[0] - 8) : fromPacked(image);
    }

    private static RgbImage fromPalette(Raster raster, IndexColorModel palette) {
        int w = raster.getWidth();
        int[] colors = new int[palette.getMapSize()];
        palette.getRGBs(colors);
        RgbImage image = RgbImage.black(w, raster.getHeight());
        int[] row = new int[w];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, w, 1, 0, row);
            for (int index : row) {
                at = put(image.pixels(), at, index < colors.length ? colors[index] : 0);
            }
        }
        return image;
    }

    private static RgbImage fromSamples(Raster raster, int shift) {
        int w = raster.getWidth();
        int bands = raster.getNumBands();
        int green = bands >= 3 ? 1 : 0;
        int blue = bands >= 3 ? 2 : 0;
        RgbImage image = RgbImage.black(w, raster.getHeight());
        int[] row = new int[w * bands];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, w, 1, row);
            for (int i = 0; i < row.length; i += bands) {
                image.pixels()[at++] = (byte) (row[i] >> shift);
                image.pixels()[at++] = (byte) (row[i + green] >> shift);
                image.pixels()[at++] = (byte) (row[i + blue] >> shift);
            }
        }
        return image;
    }

    private static RgbImage fromPacked(BufferedImage source) {
        int w = source.getWidth();
        RgbImage image = RgbImage.black(w, source.getHeight());
        int[] row = new int[w];
        int at = 0;
        for (int y = 0; y < source.getHeight(); y++) {
            source.getRGB(0, y, w, 1, row, 0, w);
            for (int color : row) {
                at = put(image.pixels(), at, color);
            }
        }
        return image;
    }

    private static int put(byte[] pixels, int at, int color) {
        pixels[at] = (byte) (color >> 16);
        pixels[at + 1] = (byte) (color >> 8);
        pixels[at + 2] = (byte) color;
        return at + 3;
    }
}

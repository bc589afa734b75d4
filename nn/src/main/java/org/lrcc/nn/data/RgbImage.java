package org.lrcc.nn.data;

/**
 * An 8-bit RGB image in memory: rows from the top, pixels from the left, three bytes a pixel (red, green, blue).
 *
 * <p>The pixel array is shared, not copied: whoever holds an image must not write to it. Transforms return a new image or the same one.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param pixels {@code height * width * 3} unsigned bytes
 */
@SuppressWarnings("ArrayRecordComponent") // identity is what the cache wants: images are never compared by value
public record RgbImage(int width, int height, byte[] pixels) {
    public RgbImage {
        if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
            throw new IllegalArgumentException("image: " + width + " x " + height + " pixels need "
                    + 3L * width * height + " bytes, got " + pixels.length);
        }
    }

    /** A black image. */
    static RgbImage black(int width, int height) {
        return new RgbImage(width, height, new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)]);
    }

    /** The unsigned value of one channel (0 red, 1 green, 2 blue) of one pixel. */
    public int get(int x, int y, int channel) {
        return pixels[(y * width + x) * 3 + channel] & 0xff;
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + " x " + height + "]";
    }
}

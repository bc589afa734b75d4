package org.lrcc.nn.data;

/**
 * What a decoder accepts before it allocates anything for an image.
 *
 * @param maxPixels the largest width times height, in pixels
 * @param maxFileBytes the largest file, in bytes
 */
public record ImageLimits(long maxPixels, long maxFileBytes) {
    /** 100 megapixels and 256 MiB, well above any camera and well below what would exhaust a heap. */
    public static final ImageLimits DEFAULT = new ImageLimits(100_000_000L, 256L << 20);

    /** 2^31 bytes of three-byte pixels is where Java arrays end. */
    private static final long MOST_PIXELS = Integer.MAX_VALUE / 4;

    public ImageLimits {
        if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
            throw new IllegalArgumentException("maxPixels must be in [1, " + MOST_PIXELS + "], got " + maxPixels);
        }
        if (maxFileBytes < 1 || maxFileBytes > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException(
                    "maxFileBytes must be in [1, " + (Integer.MAX_VALUE - 16) + "], got " + maxFileBytes);
        }
    }
}

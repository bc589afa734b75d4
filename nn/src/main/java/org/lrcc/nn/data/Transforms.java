package org.lrcc.nn.data;

/**
 * Geometric transforms with torchvision's semantics on PIL images: the sizes, roundings and pixels are the ones its {@code Resize},
 * {@code CenterCrop} and {@code RandomHorizontalFlip} give.
 */
public final class Transforms {
    private Transforms() {}

    /** A rectangle within an image, in pixels. */
    public record Box(int left, int top, int width, int height) {}

    /**
     * Scales the image so that its short side has the given length; the long side is {@code int(shortSide * long / short)}.
     *
     * @param shortSide in pixels, at least 1
     */
    public static RgbImage resize(RgbImage image, int shortSide) {
        int w = image.width();
        int h = image.height();
        int shorter = Math.min(w, h);
        int longSide = Math.toIntExact((long) ((double) ((long) shortSide * Math.max(w, h)) / shorter));
        return w <= h ? resize(image, shortSide, longSide) : resize(image, longSide, shortSide);
    }

    /** Scales the image to exactly this size, antialiased bilinear. */
    public static RgbImage resize(RgbImage image, int width, int height) {
        if (image.width() == width && image.height() == height) {
            return image;
        }
        return Resampler.resize(image, 0, 0, image.width(), image.height(), width, height);
    }

    /** Cuts out a box, which must lie in the image, and scales it to size x size. */
    public static RgbImage resizedCrop(RgbImage image, Box box, int size) {
        if (box.left < 0
                || box.top < 0
                || box.width < 1
                || box.height < 1
                || box.left > image.width() - box.width
                || box.top > image.height() - box.height) {
            throw new IllegalArgumentException("crop: " + box + " is not within " + image);
        }
        return Resampler.resize(image, box.left, box.top, box.width, box.height, size, size);
    }

    /** Cuts size x size pixels out of the middle; an image that is smaller is padded with black on both sides first. */
    public static RgbImage centerCrop(RgbImage image, int size) {
        if (image.width() == size && image.height() == size) {
            return image;
        }
        int left = centerOffset(image.width(), size);
        int top = centerOffset(image.height(), size);
        RgbImage out = RgbImage.black(size, size);
        int fromX = Math.max(left, 0);
        int toX = Math.min(left + size, image.width());
        for (int y = Math.max(top, 0); y < Math.min(top + size, image.height()); y++) {
            System.arraycopy(
                    image.pixels(),
                    (y * image.width() + fromX) * 3,
                    out.pixels(),
                    ((y - top) * size + fromX - left) * 3,
                    (toX - fromX) * 3);
        }
        return out;
    }

    /** Where the crop starts: Python's {@code round((length - size) / 2)}, halves to even; minus the padding when smaller. */
    private static int centerOffset(int length, int size) {
        return length < size ? -((size - length) / 2) : (int) Math.rint((length - size) / 2.0);
    }

    /** Mirrors left and right. */
    public static RgbImage flip(RgbImage image) {
        int w = image.width();
        byte[] from = image.pixels();
        byte[] to = new byte[from.length];
        for (int y = 0; y < image.height(); y++) {
            int source = (y * w + w - 1) * 3;
            int at = y * w * 3;
            for (int x = 0; x < w; x++, source -= 3, at += 3) {
                to[at] = from[source];
                to[at + 1] = from[source + 1];
                to[at + 2] = from[source + 2];
            }
        }
        return new RgbImage(w, image.height(), to);
    }
}

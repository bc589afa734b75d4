package org.lrcc.nn.data;

import java.util.function.DoubleSupplier;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Transforms.Box;

/**
 * A random box of an image, by torchvision's {@code RandomResizedCrop.get_params}: ten tries of a random area and aspect ratio, then the
 * largest centred box of an allowed ratio.
 *
 * @param areaLow the smallest share of the image's area, above 0
 * @param areaHigh the largest share, usually 1
 * @param ratioLow the smallest width / height
 * @param ratioHigh the largest width / height; both 1 for squares
 */
public record RandomResizedCrop(double areaLow, double areaHigh, double ratioLow, double ratioHigh) {
    private static final int TRIES = 10;

    public RandomResizedCrop {
        if (!(areaLow > 0 && areaLow <= areaHigh && Double.isFinite(areaHigh))) {
            throw new InputException("random crop: areas must be 0 < low <= high, got " + areaLow + " to " + areaHigh);
        }
        if (!(ratioLow > 0 && ratioLow <= ratioHigh && Double.isFinite(ratioHigh))) {
            throw new InputException(
                    "random crop: ratios must be 0 < low <= high, got " + ratioLow + " to " + ratioHigh);
        }
    }

    /** Boxes of at least this share of the area, with ratios 3/4 to 4/3, as torchvision has it. */
    public static RandomResizedCrop ofArea(double low, double high) {
        return new RandomResizedCrop(low, high, 3.0 / 4.0, 4.0 / 3.0);
    }

    /** Square boxes. */
    public static RandomResizedCrop square(double low, double high) {
        return new RandomResizedCrop(low, high, 1, 1);
    }

    /** Draws a box; {@code uniform} gives numbers in [0, 1), of which two to forty are taken. */
    Box draw(int width, int height, DoubleSupplier uniform) {
        double logLow = Math.log(ratioLow);
        double logHigh = Math.log(ratioHigh);
        for (int i = 0; i < TRIES; i++) {
            double area = (double) width * height * (areaLow + (areaHigh - areaLow) * uniform.getAsDouble());
            double ratio = Math.exp(logLow + (logHigh - logLow) * uniform.getAsDouble());
            int w = (int) Math.rint(Math.sqrt(area * ratio));
            int h = (int) Math.rint(Math.sqrt(area / ratio));
            if (w > 0 && w <= width && h > 0 && h <= height) {
                int top = (int) (uniform.getAsDouble() * (height - h + 1));
                int left = (int) (uniform.getAsDouble() * (width - w + 1));
                return new Box(left, top, w, h);
            }
        }
        return fallback(width, height);
    }

    private Box fallback(int width, int height) {
        double ratio = (double) width / height;
        int w = width;
        int h = height;
        if (ratio < ratioLow) {
            h = (int) Math.rint(w / ratioLow);
        } else if (ratio > ratioHigh) {
            w = (int) Math.rint(h * ratioHigh);
        }
        // torchvision does not guard against rounding a thin image's box to nothing, or beyond the image.
        w = Math.max(1, Math.min(w, width));
        h = Math.max(1, Math.min(h, height));
        return new Box((width - w) / 2, (height - h) / 2, w, h);
    }
}

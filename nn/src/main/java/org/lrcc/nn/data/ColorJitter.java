package org.lrcc.nn.data;

import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;

/**
 * Random brightness, contrast, saturation and hue in random order, as torchvision's {@code ColorJitter} on PIL images. An amount a of
 * the first three draws a factor from [max(0, 1 - a), 1 + a]; an amount of hue draws a turn from [-a, a]. Zero leaves the property
 * alone.
 *
 * @param brightness at least 0
 * @param contrast at least 0
 * @param saturation at least 0
 * @param hue in [0, 0.5]
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue) {
    /** No change. */
    public static final ColorJitter NONE = new ColorJitter(0, 0, 0, 0);

    public ColorJitter {
        check("brightness", brightness, Double.MAX_VALUE);
        check("contrast", contrast, Double.MAX_VALUE);
        check("saturation", saturation, Double.MAX_VALUE);
        check("hue", hue, 0.5);
    }

    private static void check(String what, double amount, double most) {
        if (!(amount >= 0 && amount <= most)) {
            throw new InputException("colour jitter: " + what + " must be "
                    + (most == 0.5 ? "in [0, 0.5]" : "0 or more") + ", got " + amount);
        }
    }

    RgbImage apply(RgbImage image, Philox random) {
        if (equals(NONE)) {
            return image;
        }
        int[] order = {0, 1, 2, 3};
        Shuffle.shuffle(order, random);
        double brightnessFactor = factor(brightness, random);
        double contrastFactor = factor(contrast, random);
        double saturationFactor = factor(saturation, random);
        double turn = hue * (2 * random.nextDouble() - 1);
        RgbImage out = image;
        for (int step : order) {
            out = switch (step) {
                case 0 -> brightness == 0 ? out : ColorOps.brightness(out, brightnessFactor);
                case 1 -> contrast == 0 ? out : ColorOps.contrast(out, contrastFactor);
                case 2 -> saturation == 0 ? out : ColorOps.saturation(out, saturationFactor);
                default -> hue == 0 ? out : ColorOps.hue(out, turn);
            };
        }
        return out;
    }

    private static double factor(double amount, Philox random) {
        double low = Math.max(0, 1 - amount);
        return low + (1 + amount - low) * random.nextDouble();
    }
}

package org.lrcc.nn.data;

import java.util.List;
import org.lrcc.engine.InputException;

/**
 * How an image becomes a network's input: resized, cropped to a square, scaled to 0..1 and normalised per channel.
 *
 * @param size side of the square input, pixels
 * @param resize length of the short side before the crop, pixels; 0 for none
 * @param crop whether the centre is cropped (else the whole image is scaled to the square)
 * @param mean per channel, subtracted from values in 0..1
 * @param std per channel, divided by
 */
public record Preprocessing(int size, int resize, boolean crop, List<Float> mean, List<Float> std) {
    /** Checks the values. */
    public Preprocessing {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (size < 1 || resize < 0) {
            throw new InputException("preprocessing: size " + size + " and resize " + resize + " must be positive");
        }
        if (mean.size() != std.size() || mean.isEmpty() || std.stream().anyMatch(s -> !(s > 0))) {
            throw new InputException(
                    "preprocessing: mean " + mean + " and std " + std + " need one value a channel each, std above 0");
        }
    }

    /** ImageNet's: short side 256, centre crop 224, its mean and standard deviation. */
    public static Preprocessing imagenet() {
        return new Preprocessing(224, 256, true, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));
    }
}

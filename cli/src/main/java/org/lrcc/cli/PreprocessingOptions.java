package org.lrcc.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.nn.data.Preprocessing;
import picocli.CommandLine.Option;

/** How images become the network's input; what is not given is as the model's file says, else as for ImageNet. */
final class PreprocessingOptions {
    @Option(names = "--size", paramLabel = "N", description = "Side of the network's square input, in pixels.")
    private @Nullable Integer size;

    @Option(
            names = "--resize",
            paramLabel = "N",
            description = "Length of the short side before the crop, in pixels; 0 for none.")
    private @Nullable Integer resize;

    @Option(names = "--crop", description = "Crop the centre.")
    private boolean crop;

    @Option(names = "--no-crop", description = "Scale the whole image to the square instead, whatever its proportions.")
    private boolean whole;

    @Option(
            names = "--mean",
            paramLabel = "R,G,B",
            split = ",",
            hideParamSyntax = true,
            description = "Mean of the channels, in 0..1.")
    private List<Float> mean = List.of();

    @Option(
            names = "--std",
            paramLabel = "R,G,B",
            split = ",",
            hideParamSyntax = true,
            description = "Standard deviation of the channels, in 0..1.")
    private List<Float> std = List.of();

    /** Whether any was given. */
    boolean given() {
        return size != null || resize != null || crop || whole || !mean.isEmpty() || !std.isEmpty();
    }

    /** The model's own preprocessing with what was given on the command line. */
    Preprocessing over(Preprocessing own) {
        Preprocessing sized = size == null || size == own.size() ? own : resized(own, size);
        Preprocessing result = resize == null ? sized : sized.withResize(resize);
        result = crop || whole ? result.withCrop(!whole) : result;
        return mean.isEmpty() && std.isEmpty()
                ? result
                : result.withNormalization(mean.isEmpty() ? result.mean() : mean, std.isEmpty() ? result.std() : std);
    }

    /** Another size brings its own short side, in ImageNet's proportion. */
    private static Preprocessing resized(Preprocessing own, int size) {
        return Preprocessing.ofSize(size).withCrop(own.crop()).withNormalization(own.mean(), own.std());
    }
}

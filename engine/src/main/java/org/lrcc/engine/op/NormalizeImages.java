package org.lrcc.engine.op;

import java.util.List;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = (x / 255 - mean) / std: pixels as image files have them become a network's input.
 *
 * <p>Input x, U8 [N, H, W, 3], without a gradient; output F32 [N, 3, H, W].
 *
 * @param mean of each channel, in [0, 1]
 * @param std of each channel, in the same unit, above 0
 */
public record NormalizeImages(List<Float> mean, List<Float> std) implements Op {
    private static final int CHANNELS = 3;

    /** Checks the values. */
    public NormalizeImages {
        if (mean.size() != CHANNELS || std.size() != CHANNELS || !std.stream().allMatch(s -> s > 0)) {
            throw new InputException(
                    "normalizeImages: mean " + mean + " and std " + std + " must be of three channels, std above 0");
        }
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("normalizeImages", in, 1, 1);
        Rules.rank("normalizeImages", "x", 4, in[0]);
        if (in[0].size(3) != CHANNELS) {
            throw new InputException("normalizeImages: x " + in[0] + " must be [N,H,W,3]");
        }
        return Shape.of(in[0].size(0), CHANNELS, in[0].size(1), in[0].size(2));
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Rules.dtype("normalizeImages", "x", DType.U8, in[0]);
        Shape shape = infer(in[0].shape());
        Tensor y = Outputs.written(k, DType.F32, shape, out -> k.normalizeImages(in[0], array(mean), array(std), out));
        return Forward.of(y, Saved.of());
    }

    private static float[] array(List<Float> values) {
        return new float[] {values.get(0), values.get(1), values.get(2)};
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        // Bytes have no gradient, and nobody can ask for one.
    }
}

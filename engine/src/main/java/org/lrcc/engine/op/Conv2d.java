package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = activation(conv2d(x, w) + bias + residual), a cross-correlation as every framework's convolution is.
 *
 * <p>Inputs: x [N, C, H, W], w [M, C / groups, KH, KW], then bias [M], then residual [N, M, OH, OW]; the last two may
 * be left out. Output
 * [N, M, OH, OW].
 *
 * @param geometry stride, padding, dilation, groups
 * @param activation what is applied last
 */
public record Conv2d(ConvGeometry geometry, Activation activation) implements Op {
    private static final int X = 0;
    private static final int W = 1;
    private static final int BIAS = 2;
    private static final int RESIDUAL = 3;

    /** A convolution without an activation. */
    public Conv2d(ConvGeometry geometry) {
        this(geometry, Activation.NONE);
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("conv2d", in, 2, 4);
        Shape out = geometry.infer(in[X], in[W]);
        if (in.length > BIAS) {
            Rules.shape("conv2d", "bias", Shape.of(in[W].size(0)), in[BIAS]);
        }
        if (in.length > RESIDUAL) {
            Rules.shape("conv2d", "residual", out, in[RESIDUAL]);
        }
        return out;
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor x = in[X];
        Tensor w = in[W];
        boolean any = wants.wants(X) || wants.wants(W) || wantsFrom(BIAS, wants, in.length);
        try (Outputs outputs = new Outputs(k)) {
            Tensor y = outputs.allocate(x.dtype(), geometry.infer(x.shape(), w.shape()));
            k.conv2d(x, w, Rules.optional(in, BIAS), Rules.optional(in, RESIDUAL), activation, geometry, y);
            return outputs.done(Forward.of(
                    y,
                    Saved.of(
                            Rules.keep(wants.wants(W), x),
                            Rules.keep(wants.wants(X), w),
                            Rules.keep(any && activation.kind() != Activation.Kind.NONE, y))));
        }
    }

    private static boolean wantsFrom(int first, Wants wants, int inputs) {
        for (int i = first; i < inputs; i++) {
            if (wants.wants(i)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        try (Outputs inside = new Outputs(k)) {
            Tensor before = inside.own(Rules.beforeActivation(k, activation, saved.optional(2), grad));
            sink.write(X, dx -> k.conv2dInputGrad(before, saved.tensor(1), geometry, dx));
            sink.write(W, dw -> k.conv2dWeightGrad(saved.tensor(0), before, geometry, dw));
            if (sink.inputs() > BIAS) {
                sink.write(BIAS, dBias -> k.channelSum(before, dBias));
            }
            if (sink.inputs() > RESIDUAL) {
                sink.pass(RESIDUAL, before);
            }
        }
    }
}

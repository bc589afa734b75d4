package org.lrcc.nn.optim;

import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/** The norm of all gradients together, and clipping by it. */
public final class GradientNorm {
    private static final double EPS = 1e-6;

    private GradientNorm() {}

    /** Euclidean norm of a flat gradient; not finite where an element is not. */
    public static double of(Kernels k, Tensor gradient) {
        return Math.sqrt(k.sumOfSquares(gradient));
    }

    /** Scales the gradient, whose norm is {@code norm}, down to {@code limit} where it is longer (torch's clip_grad_norm_, its 1e-6 too). */
    public static void clip(Kernels k, Tensor gradient, double norm, double limit) {
        double factor = limit / (norm + EPS);
        if (factor < 1) {
            k.scale(factor, gradient);
        }
    }
}

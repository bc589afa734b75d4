package org.lrcc.nn.optim;

import java.util.List;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/**
 * Adam with decoupled weight decay (I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019), as torch defines it.
 *
 * @param beta1 decay of the gradient's mean, in [0, 1)
 * @param beta2 decay of its square's mean, in [0, 1)
 * @param eps added to the root, above 0
 * @param weightDecay parameters shrink by {@code rate * weightDecay} of themselves each step, 0 or more
 */
public record AdamW(double beta1, double beta2, double eps, double weightDecay) implements Optimizer {
    private static final List<String> SLOTS = List.of("m", "v");

    /** Checks the ranges. */
    public AdamW {
        Checks.within("adamw: beta1", beta1, 0, 1);
        Checks.within("adamw: beta2", beta2, 0, 1);
        Checks.positive("adamw: eps", eps);
        Checks.notNegative("adamw: weight decay", weightDecay);
    }

    /** torch's defaults: 0.9, 0.999, 1e-8, 0.01. */
    public static AdamW defaults() {
        return new AdamW(0.9, 0.999, 1e-8, 0.01);
    }

    @Override
    public List<String> slots() {
        return SLOTS;
    }

    @Override
    public void update(
            Kernels k,
            Tensor parameter,
            Tensor gradient,
            List<Tensor> slots,
            double rate,
            double weightDecay,
            int step) {
        k.adamW(parameter, gradient, slots.get(0), slots.get(1), rate, beta1, beta2, eps, weightDecay, step);
    }
}

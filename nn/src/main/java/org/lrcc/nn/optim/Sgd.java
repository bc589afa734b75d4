package org.lrcc.nn.optim;

import java.util.List;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/**
 * Stochastic gradient descent as torch defines it: {@code g += weightDecay p; v = momentum v + g} ({@code v = g} at the first step);
 * {@code p -= rate v}, with Nesterov's look-ahead {@code p -= rate (g + momentum v)}.
 *
 * @param momentum in [0, 1)
 * @param nesterov look ahead; needs momentum
 * @param weightDecay coefficient of the squared norm's gradient, 0 or more
 */
public record Sgd(double momentum, boolean nesterov, double weightDecay) implements Optimizer {
    private static final List<String> SLOTS = List.of("velocity");

    /** Checks the ranges. */
    public Sgd {
        Checks.within("sgd: momentum", momentum, 0, 1);
        Checks.notNegative("sgd: weight decay", weightDecay);
        if (nesterov && momentum == 0) {
            throw new InputException("sgd: Nesterov's look-ahead needs momentum above 0");
        }
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
        k.sgd(parameter, gradient, slots.get(0), rate, momentum, nesterov, weightDecay, step == 1);
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.tensor.Tensor;

/** Steps of optimizers: their rules in the floats that the loops take, on ranges of a parameter. */
final class OptimizerKernels {
    private final ThreadPool pool;
    private final Loops loops;

    OptimizerKernels(ThreadPool pool, Loops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    void sgd(
            Tensor parameter,
            Tensor gradient,
            Tensor velocity,
            double rate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            boolean first) {
        Loops.SgdRule rule = new Loops.SgdRule((float) rate, (float) momentum, nesterov, (float) weightDecay, first);
        Floats p = Floats.of(parameter);
        Floats g = Floats.of(gradient);
        Floats v = Floats.of(velocity);
        Ranges.each(
                pool,
                parameter.elements(),
                (i, n) -> loops.sgd(
                        p.array(), p.offset() + i, g.array(), g.offset() + i, v.array(), v.offset() + i, n, rule));
    }

    void adamW(
            Tensor parameter,
            Tensor gradient,
            Tensor m,
            Tensor v,
            double rate,
            double beta1,
            double beta2,
            double eps,
            double weightDecay,
            int step) {
        Loops.AdamRule rule = new Loops.AdamRule(
                (float) (rate / (1 - Math.pow(beta1, step))),
                (float) beta1,
                (float) (1 - beta1),
                (float) beta2,
                (float) (1 - beta2),
                (float) (1 / (1 - Math.pow(beta2, step))),
                (float) eps,
                (float) (1 - rate * weightDecay));
        Floats p = Floats.of(parameter);
        Floats g = Floats.of(gradient);
        Floats first = Floats.of(m);
        Floats second = Floats.of(v);
        Ranges.each(
                pool,
                parameter.elements(),
                (i, n) -> loops.adamW(
                        p.array(),
                        p.offset() + i,
                        g.array(),
                        g.offset() + i,
                        first.array(),
                        first.offset() + i,
                        second.array(),
                        second.offset() + i,
                        n,
                        rule));
    }
}

package org.lrcc.engine.reference;

import org.lrcc.engine.tensor.Tensor;

/** Steps of optimizers. */
final class ReferenceOptimizers {
    private ReferenceOptimizers() {}

    static void sgd(
            Tensor parameter,
            Tensor gradient,
            Tensor velocity,
            double rate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            boolean first) {
        double[] p = Values.read(parameter);
        double[] g = Values.read(gradient);
        double[] v = momentum == 0 || first ? new double[p.length] : Values.read(velocity);
        for (int i = 0; i < p.length; i++) {
            double slope = g[i] + weightDecay * p[i];
            v[i] = first ? slope : momentum * v[i] + slope;
            double step = momentum == 0 ? slope : nesterov ? slope + momentum * v[i] : v[i];
            p[i] -= rate * step;
        }
        Values.write(p, parameter);
        if (momentum != 0) {
            Values.write(v, velocity);
        }
    }

    static void adamW(
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
        double[] p = Values.read(parameter);
        double[] g = Values.read(gradient);
        double[] first = Values.read(m);
        double[] second = Values.read(v);
        double correction1 = 1 - Math.pow(beta1, step);
        double correction2 = 1 - Math.pow(beta2, step);
        for (int i = 0; i < p.length; i++) {
            first[i] = beta1 * first[i] + (1 - beta1) * g[i];
            second[i] = beta2 * second[i] + (1 - beta2) * g[i] * g[i];
            p[i] *= 1 - rate * weightDecay;
            p[i] -= rate * (first[i] / correction1) / (Math.sqrt(second[i] / correction2) + eps);
        }
        Values.write(p, parameter);
        Values.write(first, m);
        Values.write(second, v);
    }
}

package org.lrcc.engine.reference;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.tensor.Shape;

/** Per-channel sums and batch normalisation of [N, C, ...]. */
final class ReferenceNorm {
    /** Gradients; the array of what is not wanted is ignored by the caller. */
    record Gradients(double[] dx, double[] dGamma, double[] dBeta, double[] dResidual) {}

    private ReferenceNorm() {}

    /** The channel of an element. */
    private static int channel(Shape shape, int index) {
        return index / plane(shape) % shape.size(1);
    }

    private static int plane(Shape shape) {
        return shape.elements(2, shape.rank());
    }

    static double[] channelSum(double[] x, Shape shape) {
        double[] sum = new double[shape.size(1)];
        for (int i = 0; i < x.length; i++) {
            sum[channel(shape, i)] += x[i];
        }
        return sum;
    }

    static double[] mean(double[] x, Shape shape) {
        double[] mean = channelSum(x, shape);
        double count = (double) x.length / mean.length;
        for (int c = 0; c < mean.length; c++) {
            mean[c] /= count;
        }
        return mean;
    }

    /** Biased variance, in a second pass over the differences. */
    static double[] variance(double[] x, Shape shape, double[] mean) {
        double[] squares = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double difference = x[i] - mean[channel(shape, i)];
            squares[i] = difference * difference;
        }
        return mean(squares, shape);
    }

    static double[] forward(
            double[] x,
            Shape shape,
            double[] mean,
            double[] variance,
            double eps,
            double[] gamma,
            double[] beta,
            double @Nullable [] residual,
            Activation activation) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = channel(shape, i);
            double value = (x[i] - mean[c]) / Math.sqrt(variance[c] + eps) * gamma[c] + beta[c];
            y[i] = activation.f(residual == null ? value : value + residual[i]);
        }
        return y;
    }

    static Gradients backward(
            boolean batchStatistics,
            double[] x,
            Shape shape,
            double[] mean,
            double[] variance,
            double eps,
            double[] gamma,
            double @Nullable [] y,
            Activation activation,
            double[] dy) {
        double[] g = new double[x.length];
        double[] normal = new double[x.length];
        double[] product = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = channel(shape, i);
            g[i] = y == null ? dy[i] : dy[i] * activation.df(y[i]);
            normal[i] = (x[i] - mean[c]) / Math.sqrt(variance[c] + eps);
            product[i] = g[i] * normal[i];
        }
        double[] dBeta = channelSum(g, shape);
        double[] dGamma = channelSum(product, shape);
        double count = (double) x.length / dBeta.length;
        double[] dx = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = channel(shape, i);
            double throughStatistics = batchStatistics ? (dBeta[c] + normal[i] * dGamma[c]) / count : 0;
            dx[i] = gamma[c] / Math.sqrt(variance[c] + eps) * (g[i] - throughStatistics);
        }
        return new Gradients(dx, dGamma, dBeta, g);
    }
}

package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;

/**
 * Inner loops of the memory-bound kernels: each works on runs of {@code n} consecutive floats of one thread's chunk. Written once with the Vector API
 * and once as plain loops.
 *
 * <p>The derivative of an activation is given as bounds: where the value is above {@code low} and not at or above {@code high} (NaN: no upper
 * bound) the gradient passes, elsewhere it is multiplied by {@code outside}. That covers ReLU, clip and leaky ReLU.
 */
public interface Loops extends StridedRows {
    /** {@code out[0] += sum(x - shift)}, {@code out[1] += sum((x - shift)^2)}; blocks in float, their sums in double. {@code lanes}: scratch of 64 floats, here and below. */
    void moments(float[] x, int xo, int n, float shift, double[] out, float[] lanes);

    /** Sum of x. */
    double sum(float[] x, int xo, int n, float[] lanes);

    /** The means of {@code count} runs of {@code n} floats, one behind the other in x. */
    void means(float[] x, int xo, int n, int count, float[] y, int yo, float[] lanes);

    /** {@code y = min(high, max(low, a*x + b + residual))}; the residual may be absent; NaN stays NaN. */
    void affine(
            float[] x,
            int xo,
            int n,
            float a,
            float b,
            float @Nullable [] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo);

    /** Sums of the gradient g behind the activation: {@code out[0] += sum(g)}, {@code out[1] += sum(g*(x - mean))}; y may be absent. */
    void gradientMoments(
            float[] x,
            int xo,
            float @Nullable [] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float mean,
            Bounds bounds,
            double[] out,
            float[] lanes);

    /** {@code dx = a*g + b*x + c} with g the gradient behind the activation; g itself goes to {@code dr} where that is given. */
    void gradientAffine(
            float[] x,
            int xo,
            float @Nullable [] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float a,
            float b,
            float c,
            Bounds bounds,
            float[] dx,
            int dxo,
            float @Nullable [] dr,
            int dro);

    /** {@code y = min(high, max(low, x))}; may be in place. */
    void clamp(float[] x, int xo, int n, float low, float high, float[] y, int yo);

    /** {@code dx = dy} where y is within bounds, else {@code outside*dy}; dx may be dy. */
    void bounded(float[] y, int yo, float[] dy, int dyo, int n, Bounds bounds, float[] dx, int dxo);

    /** {@code y = a + sign*b}. */
    void add(float[] a, int ao, float[] b, int bo, int n, float sign, float[] y, int yo);

    /** {@code y = a*b}. */
    void multiply(float[] a, int ao, float[] b, int bo, int n, float[] y, int yo);

    /** {@code y += alpha*x}. */
    void axpy(float alpha, float[] x, int xo, int n, float[] y, int yo);

    /** SGD with momentum over a run; see {@code Kernels.sgd}. */
    void sgd(float[] p, int po, float[] g, int go, float[] v, int vo, int n, SgdRule rule);

    /** AdamW over a run; see {@code Kernels.adamW}. */
    void adamW(float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamRule rule);

    /**
     * Maxima of one output row: element i is the greatest of {@code x[xo + taps[t] + i]} over the taps, its tap's number goes to {@code winners} (as a float). The
     * first of equals wins, NaN wins over all. Reads and writes up to one vector beyond n.
     *
     * @return whether all maxima are surely finite
     */
    boolean maxima(float[] x, int xo, int[] taps, int n, float[] y, float[] winners);

    /** Where an activation's derivative is one. */
    record Bounds(float low, float high, float outside) {}

    /** Constants of a step of SGD. */
    record SgdRule(float rate, float momentum, boolean nesterov, float weightDecay, boolean first) {}

    /** Constants of a step of AdamW: {@code p = keep*p - rate*m / (sqrt(v*secondScale) + eps)}, the first moment's correction in the rate; gains
     * are {@code 1 - beta}, taken in double. */
    record AdamRule(
            float rate, float beta1, float gain1, float beta2, float gain2, float secondScale, float eps, float keep) {}
}

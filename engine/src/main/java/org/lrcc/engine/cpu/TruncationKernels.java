package org.lrcc.engine.cpu;

import org.lrcc.engine.tensor.Tensor;

/** What decompositions with outliers do element by element: thresholds, the sum that they lower, a histogram of magnitudes. */
final class TruncationKernels {
    private final ThreadPool pool;
    private final FactorLoops loops;

    TruncationKernels(ThreadPool pool, FactorLoops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    void target(Tensor w, Tensor low, Tensor previous, double inertia, double lambda, double mu, Tensor x) {
        Floats wanted = Floats.of(w);
        Floats at = Floats.of(low);
        Floats before = Floats.of(previous);
        Floats out = Floats.of(x);
        boolean hard = Double.isInfinite(mu);
        float scale = (float) (lambda * Math.sqrt(mu * (mu + 1)));
        Ranges.each(pool, x.elements(), (i, n) -> {
            int wo = wanted.offset() + i;
            int lo = at.offset() + i;
            int po = before.offset() + i;
            int oo = out.offset() + i;
            if (hard && inertia == 0) {
                loops.nearest(wanted.array(), wo, at.array(), lo, n, (float) lambda, out.array(), oo);
            } else if (hard) {
                harden(
                        wanted.array(),
                        wo,
                        at.array(),
                        lo,
                        before.array(),
                        po,
                        (float) inertia,
                        (float) lambda,
                        out.array(),
                        oo,
                        n);
            } else {
                soften(
                        wanted.array(),
                        wo,
                        at.array(),
                        lo,
                        before.array(),
                        po,
                        (float) inertia,
                        scale,
                        (float) mu,
                        out.array(),
                        oo,
                        n);
            }
        });
    }

    private static void soften(
            float[] w,
            int wo,
            float[] low,
            int lo,
            float[] previous,
            int po,
            float inertia,
            float scale,
            float mu,
            float[] x,
            int xo,
            int n) {
        for (int i = 0; i < n; i++) {
            float y = low[lo + i] + inertia * (low[lo + i] - previous[po + i]);
            float e = w[wo + i] - y;
            float weight = Math.min(1, Math.max(0, scale / Math.abs(e) - mu));
            x[xo + i] = y + weight * e;
        }
    }

    /** Without branches, half of which would be mispredicted. */
    private static void harden(
            float[] w,
            int wo,
            float[] low,
            int lo,
            float[] previous,
            int po,
            float inertia,
            float lambda,
            float[] x,
            int xo,
            int n) {
        int limit = Float.floatToRawIntBits(lambda);
        for (int i = 0; i < n; i++) {
            float y = low[lo + i] + inertia * (low[lo + i] - previous[po + i]);
            // Bits of floats that are not negative are in the floats' order.
            int below = (Float.floatToRawIntBits(Math.abs(w[wo + i] - y)) - limit) >> 31;
            x[xo + i] = Float.intBitsToFloat(
                    (Float.floatToRawIntBits(w[wo + i]) & below) | (Float.floatToRawIntBits(y) & ~below));
        }
    }

    double squares(Tensor w, Tensor low, double lambda) {
        Floats wanted = Floats.of(w);
        Floats at = Floats.of(low);
        return Ranges.sum(
                pool,
                w.elements(),
                (i, n) ->
                        squares(wanted.array(), wanted.offset() + i, at.array(), at.offset() + i, n, lambda * lambda));
    }

    /** In three sums so that additions need not wait for each other. */
    private static double squares(float[] w, int wo, float[] low, int lo, int n, double limit) {
        double a = 0;
        double b = 0;
        double c = 0;
        int i = 0;
        for (; i + 3 <= n; i += 3) {
            a += cost(w[wo + i] - low[lo + i], limit);
            b += cost(w[wo + i + 1] - low[lo + i + 1], limit);
            c += cost(w[wo + i + 2] - low[lo + i + 2], limit);
        }
        for (; i < n; i++) {
            a += cost(w[wo + i] - low[lo + i], limit);
        }
        return a + b + c;
    }

    private static double cost(float e, double limit) {
        return Math.min((double) e * e, limit);
    }

    /** On one thread: adding up counts of several would cost as much as it saves. */
    static void histogram(Tensor x, int shift, int prefix, Tensor counts) {
        Floats in = Floats.of(x);
        int[] found = Floats.ints(counts);
        int bins = counts.elements();
        int above = shift + Integer.numberOfTrailingZeros(bins);
        for (int i = in.offset(); i < in.offset() + x.elements(); i++) {
            int bits = Float.floatToRawIntBits(Math.abs(in.array()[i]));
            if (above > Integer.SIZE - 1 || bits >>> above == prefix) {
                found[counts.offset() + (bits >>> shift & bins - 1)]++;
            }
        }
    }
}

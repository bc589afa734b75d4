package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.Loops;

/**
 * Memory-bound loops with the Vector API.
 *
 * <p>C2 does not vectorise {@code y > 0 ? dy : 0} (4.2 ns an element against 0.3 with a mask) nor sums of floats; masks and explicit accumulators do.
 * One hot loop a small static method: inside a large lambda or method C2 gives up and batch norm takes 25 times as long.
 */
public final class VectorLoops implements Loops {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private static FloatVector load(float[] a, int i) {
        return FloatVector.fromArray(S, a, i);
    }

    private static FloatVector all(float v) {
        return FloatVector.broadcast(S, v);
    }

    @Override
    public void moments(float[] x, int xo, int n, float shift, double[] out, float[] lanes) {
        VectorNorm.moments(x, xo, n, shift, out, lanes);
    }

    @Override
    public double sum(float[] x, int xo, int n, float[] lanes) {
        return VectorNorm.sum(x, xo, n, lanes);
    }

    @Override
    public void means(float[] x, int xo, int n, int count, float[] y, int yo, float[] lanes) {
        VectorNorm.means(x, xo, n, count, y, yo, lanes);
    }

    @Override
    public void gradientMoments(
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
            float[] lanes) {
        VectorNorm.gradientMoments(x, xo, y, yo, dy, dyo, n, mean, bounds, out, lanes);
    }

    @Override
    public void gradientAffine(
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
            int dro) {
        VectorNorm.gradientAffine(x, xo, y, yo, dy, dyo, n, a, b, c, bounds, dx, dxo, dr, dro);
    }

    @Override
    public void affine(
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
            int yo) {
        if (residual != null) {
            affineResidual(x, xo, n, a, b, residual, ro, low, high, y, yo);
        } else if (high != Float.POSITIVE_INFINITY) {
            affineClamped(x, xo, n, a, b, low, high, y, yo);
        } else if (low != Float.NEGATIVE_INFINITY) {
            affineLow(x, xo, n, a, b, low, y, yo);
        } else {
            affinePlain(x, xo, n, a, b, y, yo);
        }
    }

    private static void affinePlain(float[] x, int xo, int n, float a, float b, float[] y, int yo) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(x, xo + i).fma(av, bv).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.fma(x[xo + i], a, b);
        }
    }

    private static void affineLow(float[] x, int xo, int n, float a, float b, float low, float[] y, int yo) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        FloatVector least = all(low);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(x, xo + i).fma(av, bv).max(least).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.max(low, Math.fma(x[xo + i], a, b));
        }
    }

    private static void affineClamped(
            float[] x, int xo, int n, float a, float b, float low, float high, float[] y, int yo) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        FloatVector least = all(low);
        FloatVector most = all(high);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(x, xo + i).fma(av, bv).max(least).min(most).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.min(high, Math.max(low, Math.fma(x[xo + i], a, b)));
        }
    }

    private static void affineResidual(
            float[] x, int xo, int n, float a, float b, float[] r, int ro, float low, float high, float[] y, int yo) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        FloatVector least = all(low);
        FloatVector most = all(high);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector v = load(x, xo + i).fma(av, bv).add(load(r, ro + i));
            v.max(least).min(most).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.min(high, Math.max(low, Math.fma(x[xo + i], a, b) + r[ro + i]));
        }
    }

    @Override
    public void clamp(float[] x, int xo, int n, float low, float high, float[] y, int yo) {
        FloatVector least = all(low);
        FloatVector most = all(high);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(x, xo + i).max(least).min(most).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.min(high, Math.max(low, x[xo + i]));
        }
    }

    @Override
    public void bounded(float[] y, int yo, float[] dy, int dyo, int n, Bounds bounds, float[] dx, int dxo) {
        passBounded(y, yo, dy, dyo, n, bounds, dx, dxo);
    }

    static void passBounded(float[] y, int yo, float[] dy, int dyo, int n, Bounds bounds, float[] dx, int dxo) {
        int i = VectorNorm.isRelu(bounds)
                ? reluVectors(y, yo, dy, dyo, n, dx, dxo)
                : boundedVectors(y, yo, dy, dyo, n, bounds.low(), bounds.high(), bounds.outside(), dx, dxo);
        for (; i < n; i++) {
            dx[dxo + i] = VectorNorm.pass(y[yo + i], dy[dyo + i], bounds);
        }
    }

    private static int reluVectors(float[] y, int yo, float[] dy, int dyo, int n, float[] dx, int dxo) {
        int i = 0;
        for (; i <= n - VL; i += VL) {
            VectorNorm.passPositive(load(y, yo + i), load(dy, dyo + i)).intoArray(dx, dxo + i);
        }
        return i;
    }

    private static int boundedVectors(
            float[] y, int yo, float[] dy, int dyo, int n, float low, float high, float outside, float[] dx, int dxo) {
        int i = 0;
        for (; i <= n - VL; i += VL) {
            VectorNorm.pass(load(y, yo + i), load(dy, dyo + i), low, high, outside)
                    .intoArray(dx, dxo + i);
        }
        return i;
    }

    @Override
    public void add(float[] a, int ao, float[] b, int bo, int n, float sign, float[] y, int yo) {
        FloatVector k = all(sign);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(b, bo + i).fma(k, load(a, ao + i)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = a[ao + i] + sign * b[bo + i];
        }
    }

    @Override
    public void multiply(float[] a, int ao, float[] b, int bo, int n, float[] y, int yo) {
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(a, ao + i).mul(load(b, bo + i)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = a[ao + i] * b[bo + i];
        }
    }

    @Override
    public void axpy(float alpha, float[] x, int xo, int n, float[] y, int yo) {
        FloatVector k = all(alpha);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(x, xo + i).fma(k, load(y, yo + i)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.fma(x[xo + i], alpha, y[yo + i]);
        }
    }

    @Override
    public void sgd(float[] p, int po, float[] g, int go, float[] v, int vo, int n, SgdRule rule) {
        VectorOptimizers.sgd(p, po, g, go, v, vo, n, rule);
    }

    @Override
    public void adamW(
            float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamRule rule) {
        VectorOptimizers.adamW(p, po, g, go, m, mo, v, vo, n, rule);
    }

    @Override
    public boolean maxima(float[] x, int xo, int[] taps, int n, float[] y, float[] winners) {
        return VectorPooling.maxima(x, xo, taps, n, y, winners);
    }

    @Override
    public void every(float[] x, int xo, int step, int n, float[] y, int yo) {
        VectorStrides.every(x, xo, step, n, y, yo);
    }
}

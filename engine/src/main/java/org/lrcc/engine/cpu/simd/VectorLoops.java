package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
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

    /** Floats summed in float before a sum goes to double. */
    private static final int BLOCK = 4096;

    private static FloatVector load(float[] a, int i) {
        return FloatVector.fromArray(S, a, i);
    }

    private static FloatVector all(float v) {
        return FloatVector.broadcast(S, v);
    }

    @Override
    public void moments(float[] x, int xo, int n, float shift, double[] out) {
        for (int i = 0; i < n; i += BLOCK) {
            momentsBlock(x, xo + i, Math.min(BLOCK, n - i), shift, out);
        }
    }

    private static void momentsBlock(float[] x, int o, int n, float shift, double[] out) {
        FloatVector k = all(shift);
        FloatVector s = FloatVector.zero(S);
        FloatVector q = s;
        FloatVector s2 = s;
        FloatVector q2 = s;
        int i = 0;
        for (; i <= n - 2 * VL; i += 2 * VL) {
            FloatVector v = load(x, o + i).sub(k);
            FloatVector u = load(x, o + i + VL).sub(k);
            s = s.add(v);
            q = v.fma(v, q);
            s2 = s2.add(u);
            q2 = u.fma(u, q2);
        }
        double sum = total(s.add(s2));
        double squares = total(q.add(q2));
        for (; i < n; i++) {
            float v = x[o + i] - shift;
            sum += v;
            squares += v * v;
        }
        out[0] += sum;
        out[1] += squares;
    }

    @Override
    public double sum(float[] x, int xo, int n) {
        double sum = 0;
        for (int i = 0; i < n; i += BLOCK) {
            sum += sumBlock(x, xo + i, Math.min(BLOCK, n - i));
        }
        return sum;
    }

    private static double sumBlock(float[] x, int o, int n) {
        FloatVector s = FloatVector.zero(S);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            s = s.add(load(x, o + i));
        }
        double sum = total(s);
        for (; i < n; i++) {
            sum += x[o + i];
        }
        return sum;
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

    /** The gradient behind the activation. */
    private static FloatVector pass(FloatVector y, FloatVector dy, float low, float high, float outside) {
        VectorMask<Float> in = y.compare(VectorOperators.GT, low).andNot(y.compare(VectorOperators.GE, high));
        return dy.mul(outside).blend(dy, in);
    }

    /** The gradient behind a ReLU. */
    private static FloatVector passPositive(FloatVector y, FloatVector dy) {
        return FloatVector.zero(S).blend(dy, y.compare(VectorOperators.GT, 0f));
    }

    private static float pass(float y, float dy, Bounds b) {
        return y > b.low() && !(y >= b.high()) ? dy : b.outside() == 0f ? 0f : b.outside() * dy;
    }

    private static boolean isRelu(Bounds b) {
        return b.low() == 0f && b.outside() == 0f && Float.isNaN(b.high());
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
            double[] out) {
        for (int i = 0; i < n; i += BLOCK) {
            int m = Math.min(BLOCK, n - i);
            if (y == null) {
                plainMoments(x, xo + i, dy, dyo + i, m, mean, out);
            } else if (isRelu(bounds)) {
                reluMoments(x, xo + i, y, yo + i, dy, dyo + i, m, mean, out);
            } else {
                boundedMoments(x, xo + i, y, yo + i, dy, dyo + i, m, mean, bounds, out);
            }
        }
    }

    private static void plainMoments(float[] x, int xo, float[] dy, int dyo, int n, float mean, double[] out) {
        FloatVector s = FloatVector.zero(S);
        FloatVector q = s;
        FloatVector k = all(mean);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = load(dy, dyo + i);
            s = s.add(g);
            q = load(x, xo + i).sub(k).fma(g, q);
        }
        double sum = total(s);
        double dot = total(q);
        for (; i < n; i++) {
            sum += dy[dyo + i];
            dot += dy[dyo + i] * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
    }

    private static void reluMoments(
            float[] x, int xo, float[] y, int yo, float[] dy, int dyo, int n, float mean, double[] out) {
        FloatVector s = FloatVector.zero(S);
        FloatVector q = s;
        FloatVector k = all(mean);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = passPositive(load(y, yo + i), load(dy, dyo + i));
            s = s.add(g);
            q = load(x, xo + i).sub(k).fma(g, q);
        }
        double sum = total(s);
        double dot = total(q);
        for (; i < n; i++) {
            float g = y[yo + i] > 0f ? dy[dyo + i] : 0f;
            sum += g;
            dot += g * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
    }

    private static void boundedMoments(
            float[] x, int xo, float[] y, int yo, float[] dy, int dyo, int n, float mean, Bounds b, double[] out) {
        FloatVector s = FloatVector.zero(S);
        FloatVector q = s;
        FloatVector k = all(mean);
        float low = b.low();
        float high = b.high();
        float outside = b.outside();
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = pass(load(y, yo + i), load(dy, dyo + i), low, high, outside);
            s = s.add(g);
            q = load(x, xo + i).sub(k).fma(g, q);
        }
        double sum = total(s);
        double dot = total(q);
        for (; i < n; i++) {
            float g = pass(y[yo + i], dy[dyo + i], b);
            sum += g;
            dot += g * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
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
        if (dr != null && y != null) {
            bounded(y, yo, dy, dyo, n, bounds, dr, dro);
            plainAffine(x, xo, dr, dro, n, a, b, c, dx, dxo);
        } else if (y == null) {
            plainAffine(x, xo, dy, dyo, n, a, b, c, dx, dxo);
            if (dr != null) {
                System.arraycopy(dy, dyo, dr, dro, n);
            }
        } else if (isRelu(bounds)) {
            reluAffine(x, xo, y, yo, dy, dyo, n, a, b, c, dx, dxo);
        } else {
            boundedAffine(x, xo, y, yo, dy, dyo, n, a, b, c, bounds, dx, dxo);
        }
    }

    private static void plainAffine(
            float[] x, int xo, float[] g, int go, int n, float a, float b, float c, float[] dx, int dxo) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        FloatVector cv = all(c);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            load(g, go + i).fma(av, load(x, xo + i).fma(bv, cv)).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            dx[dxo + i] = Math.fma(g[go + i], a, Math.fma(x[xo + i], b, c));
        }
    }

    private static void reluAffine(
            float[] x,
            int xo,
            float[] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float a,
            float b,
            float c,
            float[] dx,
            int dxo) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        FloatVector cv = all(c);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = passPositive(load(y, yo + i), load(dy, dyo + i));
            g.fma(av, load(x, xo + i).fma(bv, cv)).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            float g = y[yo + i] > 0f ? dy[dyo + i] : 0f;
            dx[dxo + i] = Math.fma(g, a, Math.fma(x[xo + i], b, c));
        }
    }

    private static void boundedAffine(
            float[] x,
            int xo,
            float[] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float a,
            float b,
            float c,
            Bounds bounds,
            float[] dx,
            int dxo) {
        for (int i = 0; i < n; i++) {
            float g = pass(y[yo + i], dy[dyo + i], bounds);
            dx[dxo + i] = Math.fma(g, a, Math.fma(x[xo + i], b, c));
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
        int i = isRelu(bounds)
                ? reluVectors(y, yo, dy, dyo, n, dx, dxo)
                : boundedVectors(y, yo, dy, dyo, n, bounds.low(), bounds.high(), bounds.outside(), dx, dxo);
        for (; i < n; i++) {
            dx[dxo + i] = pass(y[yo + i], dy[dyo + i], bounds);
        }
    }

    private static int reluVectors(float[] y, int yo, float[] dy, int dyo, int n, float[] dx, int dxo) {
        int i = 0;
        for (; i <= n - VL; i += VL) {
            passPositive(load(y, yo + i), load(dy, dyo + i)).intoArray(dx, dxo + i);
        }
        return i;
    }

    private static int boundedVectors(
            float[] y, int yo, float[] dy, int dyo, int n, float low, float high, float outside, float[] dx, int dxo) {
        int i = 0;
        for (; i <= n - VL; i += VL) {
            pass(load(y, yo + i), load(dy, dyo + i), low, high, outside).intoArray(dx, dxo + i);
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
    public void maxima(float[] x, int xo, int[] taps, int n, float[] y, float[] winners) {
        for (int i = 0; i < n; i += VL) {
            greatest(x, xo + i, taps, y, winners, i);
        }
    }

    private static void greatest(float[] x, int from, int[] taps, float[] y, float[] winners, int to) {
        FloatVector best = load(x, from + taps[0]);
        FloatVector winner = FloatVector.zero(S);
        for (int t = 1; t < taps.length; t++) {
            FloatVector v = load(x, from + taps[t]);
            // "not less or equal" lets NaN win; a NaN that has won stays.
            VectorMask<Float> wins = best.compare(VectorOperators.EQ, best).andNot(v.compare(VectorOperators.LE, best));
            best = best.blend(v, wins);
            winner = winner.blend(t, wins);
        }
        best.intoArray(y, to);
        winner.intoArray(winners, to);
    }

    /** Sum of the lanes, in their order: {@code reduceLanes} adds in another order once it is compiled, which would change bits between two calls. */
    private static double total(FloatVector v) {
        float[] lanes = new float[v.length()];
        v.intoArray(lanes, 0);
        double sum = 0;
        for (float lane : lanes) {
            sum += lane;
        }
        return sum;
    }
}

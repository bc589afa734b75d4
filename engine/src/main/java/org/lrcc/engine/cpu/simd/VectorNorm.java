package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.Loops.Bounds;

/**
 * Sums and gradients of batch normalisation with the Vector API, and the gradients of activations that they share with {@link VectorLoops}.
 *
 * <p>A sum of lanes is a tree over an array that the vector was stored to: {@code reduceLanes} adds in another order once it is compiled, which would change bits between two calls,
 * and a tree of shuffles is so large for the compiler that it gave up amid a loop and made objects of vectors, 1 MB in a step of ResNet18 with two images.
 */
final class VectorNorm {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    /** Floats summed in float before a sum goes to double. */
    private static final int BLOCK = 4096;

    private VectorNorm() {}

    private static FloatVector load(float[] a, int i) {
        return FloatVector.fromArray(S, a, i);
    }

    private static FloatVector all(float v) {
        return FloatVector.broadcast(S, v);
    }

    /**
     * Sum of the lanes of a vector that was stored to {@code l}: halves, quarters and so on are added. Each method is small enough to be inlined always, and no vector is handed
     * over: one that C2 does not inline because the method around it is full makes an object of each vector handed to it.
     */
    private static double total(float[] l) {
        return (fourth(l, 0) + fourth(l, 2)) + (fourth(l, 1) + fourth(l, 3));
    }

    private static float fourth(float[] l, int i) {
        return VL > 4 ? half(l, i) + half(l, i + 4) : l[i];
    }

    private static float half(float[] l, int i) {
        return VL > 8 ? l[i] + l[i + 8] : l[i];
    }

    static void moments(float[] x, int xo, int n, float shift, double[] out, float[] lanes) {
        for (int i = 0; i < n; i += BLOCK) {
            momentsBlock(x, xo + i, Math.min(BLOCK, n - i), shift, out, lanes);
        }
    }

    private static void momentsBlock(float[] x, int o, int n, float shift, double[] out, float[] lanes) {
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
        s.add(s2).intoArray(lanes, 0);
        double sum = total(lanes);
        q.add(q2).intoArray(lanes, 0);
        double squares = total(lanes);
        for (; i < n; i++) {
            float v = x[o + i] - shift;
            sum += v;
            squares += v * v;
        }
        out[0] += sum;
        out[1] += squares;
    }

    static double sum(float[] x, int xo, int n, float[] lanes) {
        double sum = 0;
        for (int i = 0; i < n; i += BLOCK) {
            sum += sumBlock(x, xo + i, Math.min(BLOCK, n - i), lanes);
        }
        return sum;
    }

    /**
     * A loop too large for C1 to inline it: from one outside, a caller that C1 compiles late comes to {@link #sum} itself instead of code of C2's that had it inlined, and until it is compiled once
     * more each vector is an object. A step's planes of 7 x 7 left 6.8 MB so, once, in a third of all processes.
     */
    static void means(float[] x, int xo, int n, int count, float[] y, int yo, float[] lanes) {
        for (int i = 0; i < count; i++) {
            y[yo + i] = (float) (sum(x, xo + i * n, n, lanes) / n);
        }
    }

    private static double sumBlock(float[] x, int o, int n, float[] lanes) {
        FloatVector s = FloatVector.zero(S);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            s = s.add(load(x, o + i));
        }
        s.intoArray(lanes, 0);
        double sum = total(lanes);
        for (; i < n; i++) {
            sum += x[o + i];
        }
        return sum;
    }

    /** The gradient behind the activation. */
    static FloatVector pass(FloatVector y, FloatVector dy, float low, float high, float outside) {
        VectorMask<Float> in = y.compare(VectorOperators.GT, low).andNot(y.compare(VectorOperators.GE, high));
        return dy.mul(outside).blend(dy, in);
    }

    /** The gradient behind a ReLU. */
    static FloatVector passPositive(FloatVector y, FloatVector dy) {
        return FloatVector.zero(S).blend(dy, y.compare(VectorOperators.GT, 0f));
    }

    static float pass(float y, float dy, Bounds b) {
        return y > b.low() && !(y >= b.high()) ? dy : b.outside() == 0f ? 0f : b.outside() * dy;
    }

    static boolean isRelu(Bounds b) {
        return b.low() == 0f && b.outside() == 0f && Float.isNaN(b.high());
    }

    static void gradientMoments(
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
        for (int i = 0; i < n; i += BLOCK) {
            int m = Math.min(BLOCK, n - i);
            if (y == null) {
                plainMoments(x, xo + i, dy, dyo + i, m, mean, out, lanes);
            } else if (isRelu(bounds)) {
                reluMoments(x, xo + i, y, yo + i, dy, dyo + i, m, mean, out, lanes);
            } else {
                boundedMoments(x, xo + i, y, yo + i, dy, dyo + i, m, mean, bounds, out, lanes);
            }
        }
    }

    private static void plainMoments(
            float[] x, int xo, float[] dy, int dyo, int n, float mean, double[] out, float[] lanes) {
        FloatVector s = FloatVector.zero(S);
        FloatVector q = s;
        FloatVector k = all(mean);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = load(dy, dyo + i);
            s = s.add(g);
            q = load(x, xo + i).sub(k).fma(g, q);
        }
        s.intoArray(lanes, 0);
        double sum = total(lanes);
        q.intoArray(lanes, 0);
        double dot = total(lanes);
        for (; i < n; i++) {
            sum += dy[dyo + i];
            dot += dy[dyo + i] * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
    }

    private static void reluMoments(
            float[] x, int xo, float[] y, int yo, float[] dy, int dyo, int n, float mean, double[] out, float[] lanes) {
        FloatVector s = FloatVector.zero(S);
        FloatVector q = s;
        FloatVector k = all(mean);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = passPositive(load(y, yo + i), load(dy, dyo + i));
            s = s.add(g);
            q = load(x, xo + i).sub(k).fma(g, q);
        }
        s.intoArray(lanes, 0);
        double sum = total(lanes);
        q.intoArray(lanes, 0);
        double dot = total(lanes);
        for (; i < n; i++) {
            float g = y[yo + i] > 0f ? dy[dyo + i] : 0f;
            sum += g;
            dot += g * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
    }

    private static void boundedMoments(
            float[] x,
            int xo,
            float[] y,
            int yo,
            float[] dy,
            int dyo,
            int n,
            float mean,
            Bounds b,
            double[] out,
            float[] lanes) {
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
        s.intoArray(lanes, 0);
        double sum = total(lanes);
        q.intoArray(lanes, 0);
        double dot = total(lanes);
        for (; i < n; i++) {
            float g = pass(y[yo + i], dy[dyo + i], b);
            sum += g;
            dot += g * (x[xo + i] - mean);
        }
        out[0] += sum;
        out[1] += dot;
    }

    static void gradientAffine(
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
        if (dr != null && y != null && isRelu(bounds)) {
            reluAffineAndResidual(x, xo, y, yo, dy, dyo, n, a, b, c, dx, dxo, dr, dro);
        } else if (dr != null && y != null) {
            VectorLoops.passBounded(y, yo, dy, dyo, n, bounds, dr, dro);
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

    /** As {@link #reluAffine}, and the gradient behind the ReLU to {@code dr}: a residual's. */
    private static void reluAffineAndResidual(
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
            int dxo,
            float[] dr,
            int dro) {
        FloatVector av = all(a);
        FloatVector bv = all(b);
        FloatVector cv = all(c);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector g = passPositive(load(y, yo + i), load(dy, dyo + i));
            g.intoArray(dr, dro + i);
            g.fma(av, load(x, xo + i).fma(bv, cv)).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            float g = y[yo + i] > 0f ? dy[dyo + i] : 0f;
            dr[dro + i] = g;
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
}

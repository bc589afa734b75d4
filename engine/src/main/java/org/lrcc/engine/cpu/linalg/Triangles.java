package org.lrcc.engine.cpu.linalg;

import java.util.Arrays;

/** Cholesky factors and their inverses, in double, row by row so that the compiler vectorizes all of it. */
final class Triangles {
    /** Squared distance of a column from the span of those before it, relative to its own length; below, the columns count as dependent. */
    static final double DEPENDENT = 1e-12;

    private Triangles() {}

    /** Cholesky in place, upper = R; returns the smallest pivot relative to its column's squared length, not above 0 where it broke down. */
    static double factor(double[] upper, int n) {
        double smallest = 1;
        for (int p = 0; p < n; p++) {
            int row = p * n;
            double length = upper[row + p];
            addRows(upper, row, p, n, -1, upper, p, n, upper, 0, n, p);
            double pivot = upper[row + p];
            double relative = pivot / length;
            if (!(relative > DEPENDENT)) {
                return 0;
            }
            smallest = Math.min(smallest, relative);
            double scale = 1 / Math.sqrt(pivot);
            for (int j = p; j < n; j++) {
                upper[row + j] *= scale;
            }
        }
        return smallest;
    }

    /** inverse = R⁻¹ of upper = R, its upper triangle. */
    static void invert(double[] upper, double[] inverse, int n) {
        for (int p = n - 1; p >= 0; p--) {
            int row = p * n;
            double scale = 1 / upper[row + p];
            Arrays.fill(inverse, row, row + n, 0);
            addRows(inverse, row, p + 1, n, -1, upper, row + p + 1, 1, inverse, row + n, n, n - p - 1);
            for (int j = p + 1; j < n; j++) {
                inverse[row + j] *= scale;
            }
            inverse[row + p] = scale;
        }
    }

    /** {@code c[cOffset + j] += sign * sum over t < count of a[aOffset + t aStride] * b[bOffset + t bStride + j]} for j from {@code from} to {@code to}. */
    static void addRows(
            double[] c,
            int cOffset,
            int from,
            int to,
            double sign,
            double[] a,
            int aOffset,
            int aStride,
            double[] b,
            int bOffset,
            int bStride,
            int count) {
        int t = 0;
        for (; t + 8 <= count; t += 8) {
            int at = aOffset + t * aStride;
            add8(
                    c,
                    cOffset,
                    from,
                    to,
                    sign * a[at],
                    sign * a[at + aStride],
                    sign * a[at + 2 * aStride],
                    sign * a[at + 3 * aStride],
                    sign * a[at + 4 * aStride],
                    sign * a[at + 5 * aStride],
                    sign * a[at + 6 * aStride],
                    sign * a[at + 7 * aStride],
                    b,
                    bOffset + t * bStride,
                    bStride);
        }
        for (; t < count; t++) {
            add1(c, cOffset, from, to, sign * a[aOffset + t * aStride], b, bOffset + t * bStride);
        }
    }

    private static void add8(
            double[] c,
            int cOffset,
            int from,
            int to,
            double a0,
            double a1,
            double a2,
            double a3,
            double a4,
            double a5,
            double a6,
            double a7,
            double[] b,
            int bOffset,
            int bStride) {
        int b1 = bOffset + bStride;
        int b2 = b1 + bStride;
        int b3 = b2 + bStride;
        int b4 = b3 + bStride;
        int b5 = b4 + bStride;
        int b6 = b5 + bStride;
        int b7 = b6 + bStride;
        for (int j = from; j < to; j++) {
            double low = Math.fma(a0, b[bOffset + j], Math.fma(a1, b[b1 + j], Math.fma(a2, b[b2 + j], a3 * b[b3 + j])));
            double high = Math.fma(a4, b[b4 + j], Math.fma(a5, b[b5 + j], Math.fma(a6, b[b6 + j], a7 * b[b7 + j])));
            c[cOffset + j] += low + high;
        }
    }

    private static void add1(double[] c, int cOffset, int from, int to, double a0, double[] b, int bOffset) {
        for (int j = from; j < to; j++) {
            c[cOffset + j] = Math.fma(a0, b[bOffset + j], c[cOffset + j]);
        }
    }
}

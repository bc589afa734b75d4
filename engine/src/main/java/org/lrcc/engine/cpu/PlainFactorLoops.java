package org.lrcc.engine.cpu;

/** Loops that C2 vectorizes as far as it can. */
final class PlainFactorLoops implements FactorLoops {
    @Override
    public void multiplyAdd(
            int rows,
            int columns,
            int depth,
            double sign,
            double[] a,
            int aOffset,
            int aStep,
            int aRow,
            double[] b,
            int bOffset,
            int ldb,
            double[] c,
            int cOffset,
            int ldc) {
        for (int i = 0; i < rows; i++) {
            int t = 0;
            for (; t + 4 <= depth; t += 4) {
                int at = aOffset + t * aStep + i * aRow;
                four(
                        columns,
                        sign * a[at],
                        sign * a[at + aStep],
                        sign * a[at + 2 * aStep],
                        sign * a[at + 3 * aStep],
                        b,
                        bOffset + t * ldb,
                        ldb,
                        c,
                        cOffset + i * ldc);
            }
            for (; t < depth; t++) {
                one(columns, sign * a[aOffset + t * aStep + i * aRow], b, bOffset + t * ldb, c, cOffset + i * ldc);
            }
        }
    }

    private static void four(
            int columns, double a0, double a1, double a2, double a3, double[] b, int bo, int ldb, double[] c, int co) {
        int b1 = bo + ldb;
        int b2 = b1 + ldb;
        int b3 = b2 + ldb;
        for (int j = 0; j < columns; j++) {
            c[co + j] += Math.fma(a0, b[bo + j], a1 * b[b1 + j]) + Math.fma(a2, b[b2 + j], a3 * b[b3 + j]);
        }
    }

    private static void one(int columns, double a0, double[] b, int bo, double[] c, int co) {
        for (int j = 0; j < columns; j++) {
            c[co + j] = Math.fma(a0, b[bo + j], c[co + j]);
        }
    }

    @Override
    public void nearest(float[] x, int xo, float[] y, int yo, int n, float distance, float[] out, int oo) {
        int bound = Float.floatToRawIntBits(distance);
        for (int i = 0; i < n; i++) {
            // Half of the branches would be mispredicted. Bits of floats that are not negative are in the floats'
            // order.
            int near = (Float.floatToRawIntBits(Math.abs(x[xo + i] - y[yo + i])) - bound) >> 31;
            out[oo + i] = Float.intBitsToFloat(
                    (Float.floatToRawIntBits(x[xo + i]) & near) | (Float.floatToRawIntBits(y[yo + i]) & ~near));
        }
    }
}

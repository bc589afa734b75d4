package org.lrcc.engine.cpu;

/** The inner loops of matrix factorizations, in the instructions that the CPU backend has chosen. */
public interface FactorLoops {
    /** Matrices of doubles are padded to rows of a multiple of this, which products may read and write. */
    int PAD = 16;

    /** The loops of this process. */
    static FactorLoops get() {
        return Instructions.get().factorLoops();
    }

    /**
     * {@code c[i, j] += sign * sum over t < depth of a[aOffset + t aStep + i aRow] * b[t, j]} for matrices of doubles with rows of {@code ldb} and
     * {@code ldc} elements. Columns are rounded up to {@link #PAD}.
     */
    void multiplyAdd(
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
            int ldc);

    /** {@code out[oo + i] = |x[xo + i] - y[yo + i]| < distance ? x[xo + i] : y[yo + i]} for i below n. */
    void nearest(float[] x, int xo, float[] y, int yo, int n, float distance, float[] out, int oo);
}

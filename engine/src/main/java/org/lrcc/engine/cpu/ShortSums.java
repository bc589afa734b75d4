package org.lrcc.engine.cpu;

/** The inner loops of {@link ShortSumProduct}. */
public interface ShortSums {
    /**
     * Two rows of a product of four terms: {@code c[c_r + j]} is the sum of {@code a[a_r + p] * b[b0 + p*ldb + j]} over {@code p < 4}, for {@code j < n}. The rows may be the same.
     *
     * @param n a multiple of {@link Tiles#lanes()}
     */
    void fourTerms(int n, float[] a, int a0, int a1, float[] b, int b0, int ldb, float[] c, int c0, int c1);

    /** As {@link #fourTerms}, added to {@code d[d_r + j]}, one term after the other. D may be C. */
    void addFourTerms(
            int n,
            float[] a,
            int a0,
            int a1,
            float[] b,
            int b0,
            int ldb,
            float[] d,
            int d0,
            int d1,
            float[] c,
            int c0,
            int c1);

    /** A vector of columns of a product of eight terms: {@code c[co + i*ldc + j]} is the sum of {@code a[ao + i*lda + p] * b[bo + p*ldb + j]} over {@code p < 8}, for {@code i < rows} and {@code j < lanes()}. */
    void eightTerms(int rows, float[] a, int ao, int lda, float[] b, int bo, int ldb, float[] c, int co, int ldc);

    /** As {@link #eightTerms}, added to {@code d[from + i*ldd + j]}, one term after the other. D may be C. */
    void addEightTerms(
            int rows,
            float[] a,
            int ao,
            int lda,
            float[] b,
            int bo,
            int ldb,
            float[] d,
            int from,
            int ldd,
            float[] c,
            int co,
            int ldc);
}

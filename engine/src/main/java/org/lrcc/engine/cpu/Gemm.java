package org.lrcc.engine.cpu;

/** Single precision matrix product. */
public interface Gemm {
    /**
     * {@code C = alpha*op(A)*op(B) + beta*C}, all row-major; {@code op(A)} is {@code [m,k]}, {@code op(B)} {@code [k,n]}, {@code C} {@code [m,n]}.
     * With {@code beta} zero, C is not read. The result does not depend on the number of threads.
     *
     * @param transposeA A is stored {@code [k,m]}
     * @param transposeB B is stored {@code [n,k]}
     * @param lda floats between rows of A as stored; {@code ldb} and {@code ldc} likewise
     */
    void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            float[] a,
            int ao,
            int lda,
            float[] b,
            int bo,
            int ldb,
            float beta,
            float[] c,
            int co,
            int ldc);

    /** {@code C = D + alpha*A*B}, all row-major without gaps; A is {@code [m,k]}, B {@code [k,n]}, C and D {@code [m,n]}. D is read once and C written once. */
    default void multiplyPlus(int m, int n, int k, float alpha, Floats a, Floats b, Floats d, Floats c) {
        System.arraycopy(d.array(), d.offset(), c.array(), c.offset(), m * n);
        multiply(
                false,
                false,
                m,
                n,
                k,
                alpha,
                a.array(),
                a.offset(),
                k,
                b.array(),
                b.offset(),
                n,
                1f,
                c.array(),
                c.offset(),
                n);
    }
}

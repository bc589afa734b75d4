package org.lrcc.kernels.cuda;

/** What the backend asks of cuBLAS, of a {@link GpuDriver} and under its rules. Matrices are column-major, sizes and strides in floats. */
public interface GpuProducts {
    /** Whether a stream's products may round their factors to TF32; off at the start. */
    void allowTf32(long stream, boolean allowed);

    /** c [m, n] = alpha op(a) op(b) + beta c, with op(a) [m, k] and op(b) [k, n]. c is not read where beta is 0. */
    void gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long b,
            int ldb,
            float beta,
            long c,
            int ldc,
            long stream);

    /** {@code count} products as {@link #gemm}, the i-th with matrices i strides (in floats) further; a stride may be 0 for a and b. */
    void gemmStridedBatched(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long strideA,
            long b,
            int ldb,
            long strideB,
            float beta,
            long c,
            int ldc,
            long strideC,
            int count,
            long stream);
}

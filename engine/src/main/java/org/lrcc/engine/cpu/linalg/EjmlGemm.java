package org.lrcc.engine.cpu.linalg;

import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.lrcc.engine.cpu.Gemm;

/**
 * Matrix products with EJML's single-threaded float matrices. Operands are copied into matrices of their own, since EJML knows neither offsets nor leading
 * dimensions; beside a product that is cheap.
 */
public final class EjmlGemm implements Gemm {
    @Override
    public void multiply(
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
            int ldc) {
        FMatrixRMaj left = copy(transposeA ? k : m, transposeA ? m : k, a, ao, lda);
        FMatrixRMaj right = copy(transposeB ? n : k, transposeB ? k : n, b, bo, ldb);
        FMatrixRMaj product = new FMatrixRMaj(m, n);
        if (transposeA && transposeB) {
            CommonOps_FDRM.multTransAB(alpha, left, right, product);
        } else if (transposeA) {
            CommonOps_FDRM.multTransA(alpha, left, right, product);
        } else if (transposeB) {
            CommonOps_FDRM.multTransB(alpha, left, right, product);
        } else {
            CommonOps_FDRM.mult(alpha, left, right, product);
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float v = product.data[i * n + j];
                int at = co + i * ldc + j;
                c[at] = beta == 0f ? v : v + beta * c[at];
            }
        }
    }

    private static FMatrixRMaj copy(int rows, int columns, float[] x, int xo, int ldx) {
        FMatrixRMaj matrix = new FMatrixRMaj(rows, columns);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(x, xo + i * ldx, matrix.data, i * columns, columns);
        }
        return matrix;
    }
}

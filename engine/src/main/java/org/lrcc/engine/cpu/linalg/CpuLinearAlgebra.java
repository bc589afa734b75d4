package org.lrcc.engine.cpu.linalg;

import java.util.Arrays;
import java.util.Comparator;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;

/** The processor's factorizations: {@link ThinQr} and {@link ProductQr}, and the eigenvalues of Gram matrices in double by EJML. */
public final class CpuLinearAlgebra implements LinearAlgebra {
    private final Kernels kernels;
    private @Nullable ThinQr exact;
    private @Nullable ProductQr rough;

    /** For one session, whose tensors lie on the heap. */
    public CpuLinearAlgebra(Kernels kernels) {
        this.kernels = kernels;
    }

    private static float[] array(Tensor tensor) {
        return (float[]) ((HeapStorage) tensor.storage()).array();
    }

    @Override
    public void orthonormalize(Tensor y, Tensor q) {
        int rows = y.shape().size(0);
        int columns = y.shape().size(1);
        exact(rows, columns).orthonormalize(array(y), y.offset(), rows, columns, array(q), q.offset());
    }

    /** Work space that grows: callers come with more columns each time. */
    private ThinQr exact(int rows, int columns) {
        ThinQr known = exact;
        if (known == null || !known.fits(rows, columns)) {
            known = known == null ? new ThinQr(rows, columns) : known.larger(rows, columns);
            exact = known;
        }
        return known;
    }

    @Override
    public void orthonormalizeRoughly(Tensor y, Tensor q) {
        int columns = y.shape().size(1);
        ProductQr known = rough;
        if (known == null || !known.fits(columns)) {
            known = new ProductQr(kernels, this, columns);
            rough = known;
        }
        known.orthonormalize(y, q);
    }

    /** By the eigenvectors E of the smaller Gram matrix: of a aᵀ, u = E and v = Eᵀ a, scaled; of aᵀ a, v = Eᵀ and u = a E, scaled. */
    @Override
    public double[] svd(Tensor a, Tensor u, Tensor v) {
        boolean wide = a.shape().size(0) <= a.shape().size(1);
        int n = Math.min(a.shape().size(0), a.shape().size(1));
        int rank = u.shape().size(1);
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(gram(a, wide), true);
        Integer[] order = order(eigen, n);
        float[] rotation = new float[n * rank];
        double[] values = new double[rank];
        for (int j = 0; j < rank; j++) {
            DMatrixRMaj vector = eigen.getEigenVector(order[j]);
            values[j] = value(eigen, order[j]);
            for (int i = 0; i < n; i++) {
                rotation[i * rank + j] = (float) vector.data[i];
            }
        }
        Tensor turn = Tensor.over(rotation, n, rank);
        if (wide) {
            kernels.copy(turn, u);
            kernels.gemm(true, false, 1, turn, a, 0, v);
            divideRows(v, values);
        } else {
            kernels.permute(turn, new int[] {1, 0}, v);
            kernels.gemm(false, false, 1, a, turn, 0, u);
            divideColumns(u, values);
        }
        return values;
    }

    private static void divideRows(Tensor v, double[] values) {
        float[] array = array(v);
        int columns = v.shape().size(1);
        for (int i = 0; i < v.elements(); i++) {
            array[v.offset() + i] = quotient(array[v.offset() + i], values[i / columns]);
        }
    }

    private static void divideColumns(Tensor u, double[] values) {
        float[] array = array(u);
        for (int i = 0; i < u.elements(); i++) {
            array[u.offset() + i] = quotient(array[u.offset() + i], values[i % values.length]);
        }
    }

    /** An element of a unit vector. The inverse of a tiny value would be no float; and beside much larger ones it is rounding, whose quotient has no bound. */
    private static float quotient(float element, double value) {
        return value == 0 ? 0 : (float) Math.max(-1, Math.min(1, element / value));
    }

    private static DMatrixRMaj gram(Tensor a, boolean wide) {
        DMatrixRMaj matrix = new DMatrixRMaj(a.shape().size(0), a.shape().size(1));
        float[] array = array(a);
        for (int i = 0; i < a.elements(); i++) {
            matrix.data[i] = array[a.offset() + i];
        }
        int n = Math.min(matrix.numRows, matrix.numCols);
        DMatrixRMaj gram = new DMatrixRMaj(n, n);
        if (wide) {
            CommonOps_DDRM.multTransB(matrix, matrix, gram);
        } else {
            CommonOps_DDRM.multTransA(matrix, matrix, gram);
        }
        return gram;
    }

    @Override
    public double[] singularValues(Tensor a) {
        int rows = a.shape().size(0);
        int columns = a.shape().size(1);
        int n = Math.min(rows, columns);
        float[] product = new float[n * n];
        kernels.gemm(rows > columns, rows <= columns, 1, a, a, 0, Tensor.over(product, n, n));
        DMatrixRMaj gram = new DMatrixRMaj(n, n);
        for (int i = 0; i < n * n; i++) {
            gram.data[i] = product[i];
        }
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(gram, false);
        return Arrays.stream(order(eigen, n)).mapToDouble(i -> value(eigen, i)).toArray();
    }

    private static double value(EigenDecomposition_F64<DMatrixRMaj> eigen, int i) {
        return Math.sqrt(Math.max(0, eigen.getEigenvalue(i).getReal()));
    }

    private static EigenDecomposition_F64<DMatrixRMaj> decompose(DMatrixRMaj symmetric, boolean vectors) {
        int n = symmetric.numRows;
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, vectors, true);
        if (!eigen.decompose(symmetric)) {
            throw new FailureException("svd: the eigenvalues of a " + n + " x " + n + " matrix did not converge");
        }
        return eigen;
    }

    private static Integer[] order(EigenDecomposition_F64<DMatrixRMaj> eigen, int n) {
        Integer[] order = new Integer[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        Arrays.sort(
                order,
                Comparator.comparingDouble((Integer i) -> eigen.getEigenvalue(i).getReal())
                        .reversed());
        return order;
    }
}

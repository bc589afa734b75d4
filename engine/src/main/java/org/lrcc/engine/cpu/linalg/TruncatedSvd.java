package org.lrcc.engine.cpu.linalg;

import java.util.Arrays;
import java.util.Comparator;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/**
 * The leading singular vectors and values of a matrix, by randomized subspace iteration: Q spans W times a random matrix of some more columns than asked for,
 * and is multiplied by W Wᵀ and made orthonormal until the part of |W|² that it captures no longer grows; then QᵀW is small enough to be taken apart in double.
 *
 * <p>Source: N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53 (2011), algorithms 4.4 and 5.1.
 *
 * @param rank number of singular values
 * @param u {@code [rows, rank]}, orthonormal columns
 * @param values the singular values, falling
 * @param v {@code [rank, columns]}, orthonormal rows
 */
public record TruncatedSvd(int rank, float[] u, double[] values, float[] v) {
    private static final long START = 0x5eed_0003;
    private static final int MOST_ITERATIONS = 200;

    /**
     * Takes W apart.
     *
     * @param kernels with heap storage
     * @param w {@code [rows, columns]}, finite
     * @param rank from 1 to min(rows, columns)
     * @param tolerance the iteration ends when what it captures of |W|² grows by less than this part of it
     * @param seed of the random start
     */
    public static TruncatedSvd of(
            Kernels kernels, float[] w, int rows, int columns, int rank, double tolerance, long seed) {
        int limit = Math.min(rows, columns);
        if (rank < 1 || rank > limit) {
            throw new InputException(
                    "svd: rank " + rank + " of a " + rows + " x " + columns + " matrix must be from 1 to " + limit);
        }
        int width = Math.min(limit, rank + Math.max(8, rank / 8));
        float[] q = new float[rows * width];
        float[] b = new float[width * columns];
        iterate(kernels, Tensor.over(w, rows, columns), width, tolerance, seed, q, b);
        return small(kernels, q, b, rows, columns, width, rank);
    }

    /** Leaves a basis {@code [rows, width]} of the leading column space in q and qᵀw in b. */
    private static void iterate(
            Kernels kernels, Tensor w, int width, double tolerance, long seed, float[] q, float[] b) {
        int rows = w.shape().size(0);
        int columns = w.shape().size(1);
        ThinQr qr = new ThinQr(Math.max(rows, columns), width);
        float[] start = new float[columns * width];
        Philox random = new Philox(seed, Philox.stream(START, rows, columns));
        for (int i = 0; i < start.length; i++) {
            start[i] = (float) random.nextGaussian();
        }
        Tensor basis = Tensor.over(q, rows, width);
        Tensor other = Tensor.over(b, width, columns);
        Tensor across = Tensor.over(start, columns, width);
        double captured = 0;
        for (int i = 0; i < MOST_ITERATIONS; i++) {
            kernels.gemm(false, false, 1, w, across, 0, basis);
            qr.orthonormalize(q, 0, rows, width, q, 0);
            kernels.gemm(true, false, 1, basis, w, 0, other);
            double before = captured;
            captured = squares(b);
            if (captured - before <= tolerance * captured) {
                return;
            }
            kernels.permute(other, new int[] {1, 0}, across);
            qr.orthonormalize(start, 0, columns, width, start, 0);
        }
    }

    private static double squares(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return sum;
    }

    /** From W ~ q b: the eigenvectors E of b bᵀ make u = q E and v = Eᵀ b, scaled. */
    private static TruncatedSvd small(
            Kernels kernels, float[] q, float[] b, int rows, int columns, int width, int rank) {
        DMatrixRMaj wide = new DMatrixRMaj(width, columns);
        for (int i = 0; i < b.length; i++) {
            wide.data[i] = b[i];
        }
        DMatrixRMaj gram = new DMatrixRMaj(width, width);
        CommonOps_DDRM.multTransB(wide, wide, gram);
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(gram, true);
        Integer[] order = order(eigen, width);
        float[] rotation = new float[width * rank];
        double[] values = new double[rank];
        for (int j = 0; j < rank; j++) {
            DMatrixRMaj vector = eigen.getEigenVector(order[j]);
            values[j] = Math.sqrt(Math.max(0, eigen.getEigenvalue(order[j]).getReal()));
            for (int i = 0; i < width; i++) {
                rotation[i * rank + j] = (float) vector.data[i];
            }
        }
        float[] u = new float[rows * rank];
        float[] v = new float[rank * columns];
        Tensor turn = Tensor.over(rotation, width, rank);
        kernels.gemm(false, false, 1, Tensor.over(q, rows, width), turn, 0, Tensor.over(u, rows, rank));
        kernels.gemm(true, false, 1, turn, Tensor.over(b, width, columns), 0, Tensor.over(v, rank, columns));
        for (int i = 0; i < rank; i++) {
            float inverse = values[i] == 0 ? 0 : (float) (1 / values[i]);
            for (int j = 0; j < columns; j++) {
                v[i * columns + j] *= inverse;
            }
        }
        return new TruncatedSvd(rank, u, values, v);
    }

    /** All singular values of W {@code [rows, columns]}, falling; those below about 1e-4 of the largest are not to be relied on. */
    public static double[] singularValues(Kernels kernels, float[] w, int rows, int columns) {
        int n = Math.min(rows, columns);
        float[] product = new float[n * n];
        Tensor matrix = Tensor.over(w, rows, columns);
        kernels.gemm(rows > columns, rows <= columns, 1, matrix, matrix, 0, Tensor.over(product, n, n));
        DMatrixRMaj gram = new DMatrixRMaj(n, n);
        for (int i = 0; i < n * n; i++) {
            gram.data[i] = product[i];
        }
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(gram, false);
        double[] values = new double[n];
        Integer[] order = order(eigen, n);
        for (int i = 0; i < n; i++) {
            values[i] = Math.sqrt(Math.max(0, eigen.getEigenvalue(order[i]).getReal()));
        }
        return values;
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

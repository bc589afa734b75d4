package org.lrcc.engine.linalg;

import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The leading singular vectors and values of a matrix, by randomized subspace iteration: Q spans W times a random matrix of some more columns than asked for,
 * and is multiplied by W Wᵀ and made orthonormal until the part of |W|² that it captures no longer grows; then QᵀW is small enough for the backend's own
 * decomposition.
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
     * @param w {@code [rows, columns]}, finite, in the session's memory
     * @param rank from 1 to min(rows, columns)
     * @param tolerance the iteration ends when what it captures of |W|² grows by less than this part of it
     * @param seed of the random start
     */
    public static TruncatedSvd of(Kernels kernels, Tensor w, int rank, double tolerance, long seed) {
        int rows = w.shape().size(0);
        int columns = w.shape().size(1);
        int limit = Math.min(rows, columns);
        if (rank < 1 || rank > limit) {
            throw new InputException(
                    "svd: rank " + rank + " of a " + rows + " x " + columns + " matrix must be from 1 to " + limit);
        }
        int width = Math.min(limit, rank + Math.max(8, rank / 8));
        try (Scope scope = Scope.open()) {
            Tensor q = kernels.allocate(DType.F32, Shape.of(rows, width));
            Tensor b = kernels.allocate(DType.F32, Shape.of(width, columns));
            iterate(kernels, w, tolerance, seed, q, b);
            // W is near to Q B, and B = u diag(values) v.
            Tensor turn = kernels.allocate(DType.F32, Shape.of(width, rank));
            Tensor v = kernels.allocate(DType.F32, Shape.of(rank, columns));
            double[] values = kernels.linearAlgebra().svd(b, turn, v);
            Tensor u = kernels.allocate(DType.F32, Shape.of(rows, rank));
            kernels.gemm(false, false, 1, q, turn, 0, u);
            return new TruncatedSvd(rank, u.toFloats(), values, v.toFloats());
        }
    }

    /** Leaves a basis {@code [rows, width]} of the leading column space in q and qᵀw in b. */
    private static void iterate(Kernels kernels, Tensor w, double tolerance, long seed, Tensor q, Tensor b) {
        int rows = w.shape().size(0);
        int columns = w.shape().size(1);
        int width = q.shape().size(1);
        LinearAlgebra algebra = kernels.linearAlgebra();
        float[] start = new float[columns * width];
        Philox random = new Philox(seed, Philox.stream(START, rows, columns));
        for (int i = 0; i < start.length; i++) {
            start[i] = (float) random.nextGaussian();
        }
        Tensor across = kernels.upload(Tensor.over(start, columns, width));
        double captured = 0;
        for (int i = 0; i < MOST_ITERATIONS; i++) {
            kernels.gemm(false, false, 1, w, across, 0, q);
            algebra.orthonormalize(q, q);
            kernels.gemm(true, false, 1, q, w, 0, b);
            double before = captured;
            captured = kernels.sumOfSquares(b);
            if (captured - before <= tolerance * captured) {
                return;
            }
            kernels.permute(b, new int[] {1, 0}, across);
            algebra.orthonormalize(across, across);
        }
    }
}

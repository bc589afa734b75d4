package org.lrcc.lowrank;

import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The original tool's loop. V begins as one random row; for each rank, S = 0 anew, then {@code steps} times
 * {U = orthonormal basis of (W - S)Vᵀ; V = Uᵀ(W - S); S = W - UV where that is at least lambda}; then, unless this was the last rank, the first row of R
 * of qr(W - UV - S) is appended to V.
 *
 * <p>Two things are done otherwise without changing what is computed. Only the span of V's rows and U's columns counts, so any orthonormal basis serves
 * for the original's Householder factor. And R's first row is the residual's first column, normalised, times the residual: no QR is needed for it.
 */
public final class GreedyFactorizer implements Factorizer {
    private static final long FIRST_ROW = 0x5eed_0001;

    @Override
    public String name() {
        return "greedy";
    }

    // Who changes the arithmetic raises CachedFactorizer.FORMAT.
    @Override
    public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
        try (Scope scope = Scope.open()) {
            return new Run(Scaling.of(problem), kernels, progress).run();
        }
    }

    /** Work space of one factorization, in the session's memory, under the scope around it. */
    private static final class Run {
        private final Scaling scaling;
        private final Problem problem;
        private final Kernels kernels;
        private final LinearAlgebra algebra;
        private final Progress progress;
        private final int rows;
        private final int columns;
        private final Tensor w;
        /** W - S. */
        private final Tensor target;

        private final Tensor product;
        private final Tensor u;
        private final Tensor v;
        private final Tensor y;

        Run(Scaling scaling, Kernels kernels, Progress progress) {
            this.scaling = scaling;
            this.problem = scaling.problem();
            this.kernels = kernels;
            this.algebra = kernels.linearAlgebra();
            this.progress = progress;
            this.rows = problem.rows();
            this.columns = problem.columns();
            this.w = Matrices.of(kernels, problem.matrix(), rows, columns);
            this.target = Matrices.empty(kernels, rows, columns);
            this.product = Matrices.empty(kernels, rows, columns);
            this.u = Matrices.empty(kernels, rows, problem.rank());
            this.v = Matrices.empty(kernels, problem.rank(), columns);
            this.y = Matrices.empty(kernels, rows, problem.rank());
        }

        Factorization run() {
            firstRow();
            double done = 0;
            double work = 0.5 * problem.rank() * (problem.rank() + 1.0) * problem.steps();
            for (int rank = 1; rank <= problem.rank(); rank++) {
                for (int step = 0; step < problem.steps(); step++) {
                    step(rank, step == 0 || problem.noSparse());
                    done += rank;
                    progress.at(done / work);
                }
                if (rank < problem.rank()) {
                    appendRow(rank);
                }
            }
            return scaling.factorization(u.toFloats(), v.toFloats(), product.toFloats());
        }

        private void firstRow() {
            float[] row = problem.firstRow();
            if (row == null) {
                Philox random = new Philox(problem.seed(), Philox.stream(FIRST_ROW, problem.stream()));
                row = new float[columns];
                for (int j = 0; j < columns; j++) {
                    row[j] = (float) random.nextGaussian();
                }
            }
            kernels.copy(Matrices.of(kernels, row, 1, columns), rows(v, 0, 1));
        }

        /** Rows of a matrix. */
        private static Tensor rows(Tensor matrix, int from, int count) {
            int width = matrix.shape().size(1);
            return matrix.slice(from * width, Shape.of(count, width));
        }

        /** Room for so many columns. */
        private Tensor narrow(Tensor matrix, int rank) {
            return matrix.slice(0, Shape.of(rows, rank));
        }

        private void step(int rank, boolean dense) {
            Tensor x = dense ? w : target;
            Tensor basis = narrow(u, rank);
            Tensor right = rows(v, 0, rank);
            Tensor onto = narrow(y, rank);
            kernels.gemm(false, true, 1, x, right, 0, onto);
            algebra.orthonormalize(onto, basis);
            kernels.gemm(true, false, 1, basis, x, 0, right);
            kernels.gemm(false, false, 1, basis, right, 0, product);
            if (!problem.noSparse()) {
                // target = W - S: W where the deviation is below lambda, else UV.
                kernels.truncatedTarget(w, product, product, 0, problem.lambda(), Double.POSITIVE_INFINITY, target);
            }
        }

        /** Appends the first row of R of qr(E) to V, E = W - UV - S. */
        private void appendRow(int rank) {
            try (Scope scope = Scope.open()) {
                Tensor e = Matrices.empty(kernels, rows, columns);
                kernels.binary(Kernels.Binary.SUB, problem.noSparse() ? w : target, product, e);
                Tensor first = Matrices.empty(kernels, rows, 1);
                kernels.copyBlock(e, 0, columns, first, 0, 1, rows, 1);
                double length = Math.sqrt(kernels.sumOfSquares(first));
                Tensor row = rows(v, rank, 1);
                if (length < Float.MIN_NORMAL) {
                    // A column of zeros gives no reflection: R's first row is then E's. And 1 / length is to be a
                    // float.
                    kernels.copy(rows(e, 0, 1), row);
                } else {
                    kernels.gemm(true, false, 1 / length, first, e, 0, row);
                }
            }
        }
    }
}

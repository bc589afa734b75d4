package org.lrcc.lowrank;

import org.lrcc.engine.cpu.FactorLoops;
import org.lrcc.engine.cpu.linalg.ThinQr;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
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

    @Override
    public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
        return new Run(problem, kernels, progress).run();
    }

    /** Work space of one factorization. Tensors' arrays are read and written directly: kernels must use heap storage. */
    private static final class Run {
        private final Problem problem;
        private final Kernels kernels;
        private final Progress progress;
        private final int rows;
        private final int columns;
        private final Tensor w;
        /** W - S. */
        private final float[] target;

        private final float[] product;
        private final float[] u;
        private final float[] v;
        private final float[] y;
        private final ThinQr qr;
        private final FactorLoops loops = FactorLoops.get();

        Run(Problem problem, Kernels kernels, Progress progress) {
            this.problem = problem;
            this.kernels = kernels;
            this.progress = progress;
            this.rows = problem.rows();
            this.columns = problem.columns();
            this.w = Tensor.over(problem.matrix(), rows, columns);
            this.target = new float[rows * columns];
            this.product = new float[rows * columns];
            this.u = new float[rows * problem.rank()];
            this.v = new float[problem.rank() * columns];
            this.y = new float[rows * problem.rank()];
            this.qr = new ThinQr(rows, problem.rank());
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
            return Factorization.of(problem, u, v, product);
        }

        private void firstRow() {
            float[] given = problem.firstRow();
            Philox random = new Philox(problem.seed(), Philox.stream(FIRST_ROW, problem.stream()));
            for (int j = 0; j < columns; j++) {
                v[j] = given != null ? given[j] : (float) random.nextGaussian();
            }
        }

        private void step(int rank, boolean dense) {
            Tensor x = dense ? w : Tensor.over(target, rows, columns);
            Tensor basis = Tensor.over(u, rows, rank);
            Tensor right = Tensor.over(v, rank, columns);
            kernels.gemm(false, true, 1, x, right, 0, Tensor.over(y, rows, rank));
            qr.orthonormalize(y, 0, rows, rank, u, 0);
            kernels.gemm(true, false, 1, basis, x, 0, right);
            kernels.gemm(false, false, 1, basis, right, 0, Tensor.over(product, rows, columns));
            if (!problem.noSparse()) {
                // target = W - S: W where the deviation is below lambda, else UV.
                loops.nearest(problem.matrix(), product, (float) problem.lambda(), target);
            }
        }

        /** Appends the first row of R of qr(E) to V, E = W - UV - S. */
        private void appendRow(int rank) {
            double[] row = new double[columns];
            double length = 0;
            for (int i = 0; i < rows; i++) {
                float first = residual(i * columns);
                length += (double) first * first;
                for (int j = 0; j < columns && first != 0; j++) {
                    row[j] += (double) first * residual(i * columns + j);
                }
            }
            for (int j = 0; j < columns; j++) {
                // A column of zeros gives no reflection: R's first row is then E's.
                v[rank * columns + j] = length == 0 ? residual(j) : (float) (row[j] / Math.sqrt(length));
            }
        }

        private float residual(int i) {
            float e = problem.matrix()[i] - product[i];
            return problem.noSparse() || Math.abs(e) < (float) problem.lambda() ? e : 0;
        }
    }
}

package org.lrcc.lowrank;

import org.lrcc.engine.InputException;
import org.lrcc.engine.linalg.TruncatedSvd;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Tensor;

/**
 * Lowers F with iterations at full rank instead of growing the rank: from a randomized SVD on, X = Y + w (W - Y) for a point Y that is L = UV carried on by
 * momentum, U = orthonormal basis of X Vᵀ, V = UᵀX. With w = 1 where the deviation is below lambda, else 0, this is the proximal gradient step of F over
 * matrices of rank r; the momentum starts anew whenever F rises.
 *
 * <p>F has many local minima, and which elements count as outliers is decided early. So w begins soft: it is that of a surrogate of F which is nearly convex
 * at first (deviations up to six times lambda still pull) and becomes F step by step (graduated non-convexity, the truncated least squares of Yang et al.). On
 * convolutions this ends far below annealing a hard threshold.
 *
 * <p>How slowly to anneal is found by tolerance: after each pass at half the pace of the one before, beginning from the best point so far, it ends where the
 * pass lowered F by less than {@code tolerance}; within a pass the last iterations go on while F falls by a tenth of that. {@code steps} is not used.
 *
 * <p>Sources: H. Yang, P. Antonante, V. Tzoumas, L. Carlone, "Graduated non-convexity for robust spatial perception", IEEE RA-L 5 (2020); B. O'Donoghue,
 * E. Candès, "Adaptive restart for accelerated gradient schemes", Found. Comput. Math. 15 (2015).
 */
public final class AcceleratedFactorizer implements Factorizer {
    /** The surrogate's parameter at first: at 0.03 deviations from 0.17 to 5.9 lambda pull less and less, in proportion to 1 / deviation. */
    private static final double SOFTEST = 0.03;
    /** And when F itself takes over. */
    private static final double HARDEST = 1;
    /** Iterations of the first annealing. */
    private static final int FIRST_PACE = 20;
    /** Iterations in a row without gain that end a pass. */
    private static final int PATIENCE = 2;

    private final double tolerance;

    /** With a tolerance of 0.01. */
    public AcceleratedFactorizer() {
        this(0.01);
    }

    /** Ends where annealing half as fast lowers F by less than this part; above 0, below 1. */
    public AcceleratedFactorizer(double tolerance) {
        if (!(tolerance > 0 && tolerance < 1)) {
            throw new InputException(
                    "accelerated decomposition: tolerance must be above 0 and below 1, got " + tolerance);
        }
        this.tolerance = tolerance;
    }

    @Override
    public String name() {
        return "accelerated";
    }

    // Who changes the arithmetic raises CachedFactorizer.FORMAT.
    @Override
    public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
        if (problem.noSparse() || problem.lambda() == 0) {
            // Without S, and where S takes all, there is nothing but W to come near to.
            return new SvdFactorizer().factorize(problem, kernels, progress);
        }
        try (Scope scope = Scope.open()) {
            return new Run(Scaling.of(problem), kernels, progress).run();
        }
    }

    /** Work space of one factorization, in the session's memory, under the scope around it. */
    private final class Run {
        private final Scaling scaling;
        private final Problem problem;
        private final Kernels kernels;
        private final LinearAlgebra algebra;
        private final Progress progress;
        private final int rows;
        private final int columns;
        private final int rank;
        private final Tensor w;
        private final Tensor target;
        private final Tensor y;
        private final Tensor u;
        private final Tensor v;
        private final Tensor bestU;
        private final Tensor bestV;
        private Tensor low;
        private Tensor previous;
        private double momentum = 1;
        private double best;
        private int iterations;

        Run(Scaling scaling, Kernels kernels, Progress progress) {
            this.scaling = scaling;
            this.problem = scaling.problem();
            this.kernels = kernels;
            this.algebra = kernels.linearAlgebra();
            this.progress = progress;
            this.rows = problem.rows();
            this.columns = problem.columns();
            this.rank = problem.rank();
            this.w = Matrices.of(kernels, problem.matrix(), rows, columns);
            this.target = Matrices.empty(kernels, rows, columns);
            this.low = Matrices.empty(kernels, rows, columns);
            this.previous = Matrices.empty(kernels, rows, columns);
            this.y = Matrices.empty(kernels, rows, rank);
            this.u = Matrices.empty(kernels, rows, rank);
            this.v = Matrices.empty(kernels, rank, columns);
            this.bestU = Matrices.empty(kernels, rows, rank);
            this.bestV = Matrices.empty(kernels, rank, columns);
        }

        Factorization run() {
            start();
            double before;
            int pace = FIRST_PACE;
            do {
                before = best;
                restore();
                for (int i = 0; i < pace; i++) {
                    anneal((double) i / pace);
                }
                settle();
                pace *= 2;
            } while (best < before * (1 - tolerance));
            restore();
            polish();
            progress.at(1);
            return scaling.factorization(u.toFloats(), v.toFloats(), low.toFloats());
        }

        private void start() {
            TruncatedSvd svd = TruncatedSvd.of(kernels, w, rank, 1e-3, problem.seed() ^ problem.stream());
            float[] scaled = svd.v().clone();
            for (int i = 0; i < scaled.length; i++) {
                scaled[i] *= (float) svd.values()[i / columns];
            }
            kernels.copy(Matrices.of(kernels, svd.u(), rows, rank), bestU);
            kernels.copy(Matrices.of(kernels, scaled, rank, columns), bestV);
            restore();
            best = objective();
        }

        /** Goes back to the best point, at rest. */
        private void restore() {
            kernels.copy(bestU, u);
            kernels.copy(bestV, v);
            multiply();
            kernels.copy(low, previous);
            momentum = 1;
        }

        /** An iteration on the surrogate; {@code time} from 0, at its softest, to 1. */
        private void anneal(double time) {
            double mu = SOFTEST * Math.pow(HARDEST / SOFTEST, time);
            step(mu);
        }

        /** Iterations on F, until it no longer falls. */
        private void settle() {
            double last = Double.POSITIVE_INFINITY;
            int idle = 0;
            while (idle < PATIENCE) {
                step(Double.POSITIVE_INFINITY);
                double now = objective();
                if (now > last) {
                    momentum = 1;
                }
                last = now;
                idle = now < best * (1 - 0.1 * tolerance) ? 0 : idle + 1;
                if (now < best) {
                    best = now;
                    kernels.copy(u, bestU);
                    kernels.copy(v, bestV);
                }
            }
        }

        /** How far Y lies beyond L, in steps. */
        private double inertia() {
            double next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
            double inertia = (momentum - 1) / next;
            momentum = next;
            return inertia;
        }

        /** One step of subspace iteration on the target. */
        private void step(double mu) {
            kernels.truncatedTarget(w, low, previous, inertia(), problem.lambda(), mu, target);
            kernels.gemm(false, true, 1, target, v, 0, y);
            algebra.orthonormalizeRoughly(y, u);
            kernels.gemm(true, false, 1, u, target, 0, v);
            Tensor swap = previous;
            previous = low;
            low = swap;
            multiply();
            iterations++;
            progress.at(iterations / (iterations + 2.0 * FIRST_PACE));
        }

        /** low = UV. */
        private void multiply() {
            kernels.gemm(false, false, 1, u, v, 0, low);
        }

        private double objective() {
            return kernels.truncatedSquares(w, low, problem.lambda());
        }

        /** The iterations' basis is orthonormal to 1e-5 only: U becomes so to rounding, V = UᵀL. */
        private void polish() {
            algebra.orthonormalize(u, u);
            kernels.gemm(true, false, 1, u, low, 0, v);
            multiply();
        }
    }
}

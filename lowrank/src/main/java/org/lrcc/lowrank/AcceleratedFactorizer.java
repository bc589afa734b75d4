package org.lrcc.lowrank;

import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.linalg.ProductQr;
import org.lrcc.engine.cpu.linalg.ThinQr;
import org.lrcc.engine.cpu.linalg.TruncatedSvd;
import org.lrcc.engine.spi.Kernels;
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

    @Override
    public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
        if (problem.noSparse() || problem.lambda() == 0) {
            // Without S, and where S takes all, there is nothing but W to come near to.
            return new SvdFactorizer().factorize(problem, kernels, progress);
        }
        return new Run(problem, kernels, progress).run();
    }

    /** Work space of one factorization. Tensors' arrays are read and written directly: kernels must use heap storage. */
    private final class Run {
        private final Problem problem;
        private final Kernels kernels;
        private final Progress progress;
        private final int rows;
        private final int columns;
        private final int rank;
        private final float[] target;
        private final float[] y;
        private final float[] u;
        private final float[] v;
        private final float[] bestU;
        private final float[] bestV;
        private final ProductQr qr;
        private float[] low;
        private float[] previous;
        private double momentum = 1;
        private double best;
        private int iterations;

        Run(Problem problem, Kernels kernels, Progress progress) {
            this.problem = problem;
            this.kernels = kernels;
            this.progress = progress;
            this.rows = problem.rows();
            this.columns = problem.columns();
            this.rank = problem.rank();
            this.target = new float[rows * columns];
            this.low = new float[rows * columns];
            this.previous = new float[rows * columns];
            this.y = new float[rows * rank];
            this.u = new float[rows * rank];
            this.v = new float[rank * columns];
            this.bestU = new float[rows * rank];
            this.bestV = new float[rank * columns];
            this.qr = new ProductQr(kernels, rows, rank);
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
            return Factorization.of(problem, u, v, low);
        }

        private void start() {
            TruncatedSvd svd = TruncatedSvd.of(
                    kernels, problem.matrix(), rows, columns, rank, 1e-3, problem.seed() ^ problem.stream());
            System.arraycopy(svd.u(), 0, bestU, 0, bestU.length);
            for (int i = 0; i < bestV.length; i++) {
                bestV[i] = (float) (svd.v()[i] * svd.values()[i / columns]);
            }
            restore();
            best = objective();
        }

        /** Goes back to the best point, at rest. */
        private void restore() {
            System.arraycopy(bestU, 0, u, 0, u.length);
            System.arraycopy(bestV, 0, v, 0, v.length);
            multiply();
            System.arraycopy(low, 0, previous, 0, low.length);
            momentum = 1;
        }

        /** An iteration on the surrogate; {@code time} from 0, at its softest, to 1. */
        private void anneal(double time) {
            double mu = SOFTEST * Math.pow(HARDEST / SOFTEST, time);
            float scale = (float) (problem.lambda() * Math.sqrt(mu * (mu + 1)));
            soften(problem.matrix(), low, previous, inertia(), scale, (float) mu, target);
            step();
        }

        /** Iterations on F, until it no longer falls. */
        private void settle() {
            double last = Double.POSITIVE_INFINITY;
            int idle = 0;
            while (idle < PATIENCE) {
                harden(problem.matrix(), low, previous, inertia(), (float) problem.lambda(), target);
                step();
                double now = objective();
                if (now > last) {
                    momentum = 1;
                }
                last = now;
                idle = now < best * (1 - 0.1 * tolerance) ? 0 : idle + 1;
                if (now < best) {
                    best = now;
                    System.arraycopy(u, 0, bestU, 0, u.length);
                    System.arraycopy(v, 0, bestV, 0, v.length);
                }
            }
        }

        /** How far Y lies beyond L, in steps. */
        private float inertia() {
            double next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
            double inertia = (momentum - 1) / next;
            momentum = next;
            return (float) inertia;
        }

        /** One step of subspace iteration on the target. */
        private void step() {
            Tensor x = Tensor.over(target, rows, columns);
            Tensor right = Tensor.over(v, rank, columns);
            kernels.gemm(false, true, 1, x, right, 0, Tensor.over(y, rows, rank));
            qr.orthonormalize(y, rows, rank, u);
            kernels.gemm(true, false, 1, Tensor.over(u, rows, rank), x, 0, right);
            float[] swap = previous;
            previous = low;
            low = swap;
            multiply();
            iterations++;
            progress.at(iterations / (iterations + 2.0 * FIRST_PACE));
        }

        /** low = UV. */
        private void multiply() {
            kernels.gemm(
                    false,
                    false,
                    1,
                    Tensor.over(u, rows, rank),
                    Tensor.over(v, rank, columns),
                    0,
                    Tensor.over(low, rows, columns));
        }

        private double objective() {
            return objectiveOf(problem.matrix(), low, problem.lambda());
        }

        /** The iterations' basis is orthonormal to 1e-5 only: U becomes so to rounding, V = UᵀL. */
        private void polish() {
            System.arraycopy(u, 0, y, 0, u.length);
            new ThinQr(rows, rank).orthonormalize(y, 0, rows, rank, u, 0);
            kernels.gemm(
                    true,
                    false,
                    1,
                    Tensor.over(u, rows, rank),
                    Tensor.over(low, rows, columns),
                    0,
                    Tensor.over(v, rank, columns));
            multiply();
        }
    }

    /** x = y + w (W - y), y = low + inertia (low - previous), w = scale / |W - y| - mu within 0 and 1. */
    private static void soften(
            float[] matrix, float[] low, float[] previous, float inertia, float scale, float mu, float[] x) {
        for (int i = 0; i < x.length; i++) {
            float y = low[i] + inertia * (low[i] - previous[i]);
            float e = matrix[i] - y;
            float weight = Math.min(1, Math.max(0, scale / Math.abs(e) - mu));
            x[i] = y + weight * e;
        }
    }

    /** x = W where |W - y| is below lambda, else y; without branches, half of which would be mispredicted. */
    private static void harden(float[] matrix, float[] low, float[] previous, float inertia, float lambda, float[] x) {
        int limit = Float.floatToRawIntBits(lambda);
        for (int i = 0; i < x.length; i++) {
            float y = low[i] + inertia * (low[i] - previous[i]);
            // Bits of floats that are not negative are in the floats' order.
            int below = (Float.floatToRawIntBits(Math.abs(matrix[i] - y)) - limit) >> 31;
            x[i] = Float.intBitsToFloat(
                    (Float.floatToRawIntBits(matrix[i]) & below) | (Float.floatToRawIntBits(y) & ~below));
        }
    }

    /** F, in three sums so that additions need not wait for each other. */
    private static double objectiveOf(float[] matrix, float[] low, double lambda) {
        double limit = lambda * lambda;
        double a = 0;
        double b = 0;
        double c = 0;
        int i = 0;
        for (; i + 3 <= matrix.length; i += 3) {
            a += cost(matrix[i] - low[i], limit);
            b += cost(matrix[i + 1] - low[i + 1], limit);
            c += cost(matrix[i + 2] - low[i + 2], limit);
        }
        for (; i < matrix.length; i++) {
            a += cost(matrix[i] - low[i], limit);
        }
        return a + b + c;
    }

    private static double cost(float e, double limit) {
        return Math.min((double) e * e, limit);
    }
}

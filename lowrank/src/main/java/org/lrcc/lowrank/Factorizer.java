package org.lrcc.lowrank;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;

/**
 * Finds U·V + S near a matrix W: of rank r, with S holding what deviates by lambda or more. What is minimised is
 * F = sum over all elements of min((W - UV)², lambda²): an element costs its squared deviation, or lambda² once it is put into S.
 */
public interface Factorizer {
    /** The method's name in files and on the command line. */
    String name();

    /**
     * Factorizes one matrix, on one thread. The result depends on the problem alone.
     *
     * @param kernels a session of any backend, in whose memory the work is done; stays open
     * @param progress told how far it is; may throw to stop the work
     */
    Factorization factorize(Problem problem, Kernels kernels, Progress progress);

    /** Hears how far one factorization is; called a few times to a few thousand times, on the working thread. */
    @FunctionalInterface
    interface Progress {
        /** Nobody listens. */
        Progress NONE = fraction -> {};

        /** {@code fraction} of the work is done, from 0 to 1. */
        void at(double fraction);
    }

    /**
     * One matrix to factorize.
     *
     * @param matrix W, {@code [rows, columns]} row-major, finite
     * @param rank of U·V, from 1 to min(rows, columns)
     * @param steps inner iterations of an iterative method, at least 1
     * @param lambda deviations of at least this go into S; at least 0
     * @param noSparse S is zero and nothing goes into it
     * @param seed of what is random, with {@code stream} to tell matrices apart
     * @param firstRow the row that {@code greedy} begins V with, {@code [columns]}; drawn from a normal distribution where null
     */
    record Problem(
            float[] matrix,
            int rows,
            int columns,
            int rank,
            int steps,
            double lambda,
            boolean noSparse,
            long seed,
            long stream,
            float @Nullable [] firstRow) {
        /** Checks sizes, ranges and that W is finite. */
        public Problem {
            if (matrix.length != (long) rows * columns) {
                throw new InputException(
                        "decomposition: " + matrix.length + " values are no " + rows + " x " + columns + " matrix");
            }
            if (rank < 1 || rank > Math.min(rows, columns)) {
                throw new InputException("decomposition: rank " + rank + " of a " + rows + " x " + columns
                        + " matrix must be from 1 to " + Math.min(rows, columns));
            }
            if (steps < 1) {
                throw new InputException("decomposition: steps " + steps + " must be at least 1");
            }
            if (!(lambda >= 0) || Double.isInfinite(lambda)) {
                throw new InputException("decomposition: lambda " + lambda + " must be at least 0");
            }
            if (firstRow != null && firstRow.length != columns) {
                throw new InputException(
                        "decomposition: first row of " + firstRow.length + " values for " + columns + " columns");
            }
            for (int i = 0; i < matrix.length; i++) {
                if (!Float.isFinite(matrix[i])) {
                    throw new InputException("decomposition: weight element " + i + " is " + matrix[i]);
                }
            }
        }

        /** With a random first row. */
        public Problem(
                float[] matrix,
                int rows,
                int columns,
                int rank,
                int steps,
                double lambda,
                boolean noSparse,
                long seed,
                long stream) {
            this(matrix, rows, columns, rank, steps, lambda, noSparse, seed, stream, null);
        }

        /** The same of another matrix of the same size, with another threshold. */
        Problem with(float[] matrix, double lambda) {
            return new Problem(matrix, rows, columns, rank, steps, lambda, noSparse, seed, stream, firstRow);
        }

        /** The same with another threshold. */
        Problem withLambda(double other) {
            return new Problem(matrix, rows, columns, rank, steps, other, noSparse, seed, stream, firstRow);
        }

        /** The same with another rank. */
        Problem withRank(int other) {
            return new Problem(matrix, rows, columns, other, steps, lambda, noSparse, seed, stream, firstRow);
        }
    }
}

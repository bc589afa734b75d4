package org.lrcc.engine.reference;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.Tensor;

/** Gram and Schmidt twice over, and Jacobi's rotations of columns, in double and as they stand in the books. */
final class ReferenceLinearAlgebra implements LinearAlgebra {
    private static final int MOST_SWEEPS = 60;
    private static final double ORTHOGONAL = 1e-15;
    /** What is left of a column, relative to it, where it depends on those before it. */
    private static final double DEPENDENT = 1e-12;

    @Override
    public void orthonormalize(Tensor y, Tensor q) {
        double[][] columns = columns(y);
        for (int j = 0; j < columns.length; j++) {
            double before = length(columns[j]);
            project(columns, j);
            // Any direction does where none is left: some unit vector stands well apart from fewer columns than rows.
            double apart = Math.sqrt(0.5 * (columns[j].length - j) / columns[j].length);
            boolean found = length(columns[j]) > DEPENDENT * before;
            for (int i = 0; !found; i++) {
                Arrays.fill(columns[j], 0);
                columns[j][i] = 1;
                project(columns, j);
                found = length(columns[j]) >= apart;
            }
            divide(columns[j], length(columns[j]));
        }
        write(columns, columns.length, q);
    }

    private static void project(double[][] columns, int j) {
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < j; i++) {
                double dot = dot(columns[i], columns[j]);
                for (int k = 0; k < columns[j].length; k++) {
                    columns[j][k] -= dot * columns[i][k];
                }
            }
        }
    }

    @Override
    public double[] svd(Tensor a, Tensor u, Tensor v) {
        int rank = u.shape().size(1);
        double[][] work = columns(a);
        double[][] turned = new double[work.length][work.length];
        for (int i = 0; i < work.length; i++) {
            turned[i][i] = 1;
        }
        rotate(work, turned);
        double[] values =
                Arrays.stream(work).mapToDouble(ReferenceLinearAlgebra::length).toArray();
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -values[i]))
                .limit(rank)
                .mapToInt(i -> i)
                .toArray();
        double[][] left = new double[rank][];
        double[] right = new double[rank * work.length];
        double[] largest = new double[rank];
        for (int r = 0; r < rank; r++) {
            largest[r] = values[order[r]];
            left[r] = work[order[r]];
            divide(left[r], largest[r] == 0 ? 1 : largest[r]);
            System.arraycopy(turned[order[r]], 0, right, r * work.length, work.length);
        }
        write(left, rank, u);
        Values.write(right, v);
        return largest;
    }

    @Override
    public double[] singularValues(Tensor a) {
        double[][] work = columns(a);
        rotate(work, new double[work.length][0]);
        double[] values = Arrays.stream(work)
                .mapToDouble(ReferenceLinearAlgebra::length)
                .map(value -> -value)
                .sorted()
                .map(value -> -value)
                .toArray();
        return Arrays.copyOf(values, Math.min(values.length, a.shape().size(0)));
    }

    /** Rotates pairs of columns, and those of {@code turned} with them, until all are orthogonal. */
    private static void rotate(double[][] work, double[][] turned) {
        double all =
                Arrays.stream(work).mapToDouble(column -> dot(column, column)).sum();
        for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
            boolean moved = false;
            for (int p = 0; p < work.length; p++) {
                for (int q = p + 1; q < work.length; q++) {
                    moved |= rotate(work, turned, p, q, all);
                }
            }
            if (!moved) {
                return;
            }
        }
        throw new FailureException("svd: " + MOST_SWEEPS + " sweeps over " + work.length + " columns do not converge");
    }

    private static boolean rotate(double[][] work, double[][] turned, int p, int q, double all) {
        double both = dot(work[p], work[q]);
        double first = dot(work[p], work[p]);
        double second = dot(work[q], work[q]);
        if (Math.abs(both) <= ORTHOGONAL * Math.max(Math.sqrt(first * second), ORTHOGONAL * all)) {
            return false;
        }
        double zeta = (second - first) / (2 * both);
        double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        double cosine = 1 / Math.sqrt(1 + tangent * tangent);
        turn(work[p], work[q], cosine, cosine * tangent);
        turn(turned[p], turned[q], cosine, cosine * tangent);
        return true;
    }

    private static void turn(double[] x, double[] y, double cosine, double sine) {
        for (int i = 0; i < x.length; i++) {
            double old = x[i];
            x[i] = cosine * old - sine * y[i];
            y[i] = sine * old + cosine * y[i];
        }
    }

    private static double[][] columns(Tensor a) {
        double[] values = Values.read(a);
        double[][] columns = new double[a.shape().size(1)][a.shape().size(0)];
        for (int i = 0; i < values.length; i++) {
            columns[i % columns.length][i / columns.length] = values[i];
        }
        return columns;
    }

    private static void write(double[][] columns, int count, Tensor to) {
        double[] values = new double[to.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = columns[i % count][i / count];
        }
        Values.write(values, to);
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static double length(double[] x) {
        return Math.sqrt(dot(x, x));
    }

    private static void divide(double[] x, double by) {
        for (int i = 0; i < x.length; i++) {
            x[i] /= by;
        }
    }
}

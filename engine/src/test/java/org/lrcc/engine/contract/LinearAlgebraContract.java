package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Every backend's factorizations, and what decompositions do element by element, beside the reference: tall, wide and square matrices, some of them of less
 * than full rank, in {@code rows, columns, rank, wanted}.
 */
public abstract class LinearAlgebraContract extends KernelsSession {
    private static final double CLOSE = 2e-5;

    /** Of so much rank, with singular values that fall from 1 by a fifth each. */
    private static double[] matrix(int rows, int columns, int rank) {
        double[] a = new double[rows * columns];
        double[] left = values(11, rows * rank);
        double[] right = values(12, rank * columns);
        double scale = 1;
        for (int r = 0; r < rank; r++, scale *= 0.8) {
            for (int i = 0; i < a.length; i++) {
                a[i] += scale * left[i / columns * rank + r] * right[r * columns + i % columns];
            }
        }
        // As the backends get it.
        return Arrays.stream(a).map(v -> (float) v).toArray();
    }

    private static void assertOrthonormal(String what, double[] q, int rows, int columns, int count, double tolerance) {
        for (int a = 0; a < count; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = 0;
                for (int i = 0; i < rows; i++) {
                    dot += q[i * columns + a] * q[i * columns + b];
                }
                assertThat(dot).as("%s %d and %d", what, a, b).isCloseTo(a == b ? 1 : 0, within(tolerance));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "5,1,1", "7,7,7", "40,12,12", "33,33,5", "65,20,7"})
    void basesSpanTheColumns(int rows, int columns, int rank) {
        double[] y = matrix(rows, columns, rank);
        for (int way = 0; way < 3; way++) {
            Tensor in = real(y, rows, columns);
            Tensor q = way == 0 ? in : k.allocate(DType.F32, Shape.of(rows, columns));
            if (way == 2) {
                k.linearAlgebra().orthonormalizeRoughly(in, q);
            } else {
                k.linearAlgebra().orthonormalize(in, q);
            }
            double[] basis = read(q);
            assertOrthonormal("columns", basis, rows, columns, columns, CLOSE);
            double most = Arrays.stream(y).map(Math::abs).max().orElse(0);
            for (int j = 0; j < columns; j++) {
                double[] left = new double[rows];
                for (int i = 0; i < rows; i++) {
                    left[i] = y[i * columns + j];
                }
                for (int b = 0; b < columns; b++) {
                    double dot = 0;
                    for (int i = 0; i < rows; i++) {
                        dot += basis[i * columns + b] * y[i * columns + j];
                    }
                    for (int i = 0; i < rows; i++) {
                        left[i] -= dot * basis[i * columns + b];
                    }
                }
                assertThat(left)
                        .as("of column %d beside the basis", j)
                        .containsOnly(new double[] {0}, within(CLOSE * most * rows));
            }
        }
    }

    @Test
    void zerosHaveABasisToo() {
        Tensor q = k.allocate(DType.F32, Shape.of(6, 3));
        k.linearAlgebra().orthonormalize(real(new double[18], 6, 3), q);
        assertOrthonormal("columns", read(q), 6, 3, 3, CLOSE);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,1", "1,6,1,1", "6,1,1,1", "12,12,12,12", "30,9,9,9", "9,30,9,4", "24,24,6,10", "17,40,5,5"})
    void singularValuesAreTheReferences(int rows, int columns, int rank, int wanted) {
        double[] a = matrix(rows, columns, rank);
        Tensor u = k.allocate(DType.F32, Shape.of(rows, wanted));
        Tensor v = k.allocate(DType.F32, Shape.of(wanted, columns));
        double[] got = k.linearAlgebra().svd(real(a, rows, columns), u, v);
        double[] all;
        try (Kernels reference = ReferenceBackend.INSTANCE.open()) {
            all = reference.linearAlgebra().singularValues(Tensor.of(a, rows, columns));
        }
        double tolerance = CLOSE * all[0];
        assertThat(got).containsExactly(Arrays.copyOf(all, wanted), within(tolerance));
        assertThat(k.linearAlgebra().singularValues(real(a, rows, columns)))
                .containsExactly(all, within(1e-3 * all[0]));
        double[] left = read(u);
        double[] right = read(v);
        double[] turned = new double[columns * wanted];
        for (int i = 0; i < turned.length; i++) {
            turned[i] = right[i % wanted * columns + i / wanted];
        }
        int count = Math.min(rank, wanted);
        assertOrthonormal("u", left, rows, wanted, count, 2e-4);
        assertOrthonormal("v", turned, columns, wanted, count, 2e-4);
        // What u and v leave of a is the rest of the spectrum.
        double rest = 0;
        for (int i = 0; i < a.length; i++) {
            double product = 0;
            for (int r = 0; r < wanted; r++) {
                product += left[i / columns * wanted + r] * got[r] * right[r * columns + i % columns];
            }
            rest += Math.pow(a[i] - product, 2);
        }
        double tail = 0;
        for (int i = wanted; i < all.length; i++) {
            tail += all[i] * all[i];
        }
        assertThat(Math.sqrt(rest)).isCloseTo(Math.sqrt(tail), within(10 * tolerance));
    }

    @ParameterizedTest
    @CsvSource({"0,Infinity", "0.4,Infinity", "0,0.03", "0.7,0.5"})
    void targetsAreTruncated(double inertia, double mu) {
        int n = 1037;
        double[] w = values(1, n);
        double[] low = values(2, n);
        double[] previous = values(3, n);
        w[5] = low[5];
        Tensor x = k.allocate(DType.F32, Shape.of(n));
        k.truncatedTarget(real(w, n), real(low, n), real(previous, n), inertia, 0.3, mu, x);
        Tensor want = Tensor.zeros(DType.F32, Shape.of(n));
        try (Kernels reference = ReferenceBackend.INSTANCE.open()) {
            reference.truncatedTarget(
                    Tensor.of(w, n), Tensor.of(low, n), Tensor.of(previous, n), inertia, 0.3, mu, want);
        }
        double[] got = read(x);
        for (int i = 0; i < n; i++) {
            double y = low[i] + inertia * (low[i] - previous[i]);
            if (Double.isInfinite(mu) && Math.abs(Math.abs(w[i] - y) - 0.3) < 1e-6) {
                continue;
            }
            assertThat(got[i]).as("element %d", i).isCloseTo(want.toFloats()[i], within(2e-6));
        }
        if (inertia == 0 && Double.isInfinite(mu)) {
            for (int i = 0; i < n; i++) {
                boolean near = Math.abs((float) w[i] - (float) low[i]) < 0.3f;
                assertThat(got[i]).as("element %d", i).isEqualTo((float) (near ? w[i] : low[i]));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.25, 1e9})
    void truncatedSquaresAreSummedInDouble(double lambda) {
        for (int n : new int[] {1, 3, 1037, 70_001}) {
            double[] w = values(1, n);
            double[] low = values(2, n);
            double want = 0;
            for (int i = 0; i < n; i++) {
                double e = (float) w[i] - (float) low[i];
                want += Math.min(e * e, lambda * lambda);
            }
            assertThat(k.truncatedSquares(real(w, n), real(low, n), lambda)).isCloseTo(want, within(want * 1e-9));
        }
    }

    @Test
    void magnitudesAreCountedDigitByDigit() {
        int n = 5003;
        double[] x = values(1, n);
        x[0] = 0;
        x[1] = -0.0;
        x[2] = 1e-42f;
        x[3] = -3e38f;
        int[][] digits = {{20, 11}, {9, 11}, {0, 9}, {30, 1}};
        // Of the middle of the range one bin, then one of that.
        int bits = Float.floatToRawIntBits(0.5f);
        for (int[] digit : digits) {
            int bins = 1 << digit[1];
            int prefix = bits >>> digit[0] >>> digit[1];
            int[] want = new int[bins];
            Arrays.fill(want, 1);
            for (double value : x) {
                int magnitude = Float.floatToRawIntBits((float) Math.abs(value));
                if (magnitude >>> digit[0] >>> digit[1] == prefix) {
                    want[magnitude >>> digit[0] & bins - 1]++;
                }
            }
            Tensor counts = k.allocate(DType.I32, Shape.of(bins));
            k.fill(counts, 1);
            k.magnitudeHistogram(real(x, n), digit[0], prefix, counts);
            assertThat(counts.toInts()).as("%d bins", bins).isEqualTo(want);
        }
    }
}

package org.lrcc.engine.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.linalg.ThinQr;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

class TruncatedSvdTest {
    @ParameterizedTest
    @CsvSource({"1,1,1", "7,30,3", "30,7,7", "64,64,10", "120,50,50"})
    void findsTheLeadingPartOfAKnownSpectrum(int rows, int columns, int rank) {
        double[] values = new double[Math.min(rows, columns)];
        for (int i = 0; i < values.length; i++) {
            values[i] = 10 * Math.pow(0.7, i);
        }
        float[] w = withSpectrum(rows, columns, values);
        try (Kernels kernels = Backends.named("cpu").open()) {
            TruncatedSvd svd = TruncatedSvd.of(kernels, Tensor.over(w, rows, columns), rank, 1e-9, 1);
            for (int i = 0; i < rank; i++) {
                assertThat(svd.values()[i]).as("value " + i).isCloseTo(values[i], within(1e-4));
            }
            double left = 0;
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    double product = 0;
                    for (int t = 0; t < rank; t++) {
                        product += svd.u()[i * rank + t] * svd.values()[t] * svd.v()[t * columns + j];
                    }
                    left += Math.pow(w[i * columns + j] - product, 2);
                }
            }
            double tail = 0;
            for (int i = rank; i < values.length; i++) {
                tail += values[i] * values[i];
            }
            assertThat(Math.sqrt(left)).isCloseTo(Math.sqrt(tail), within(2e-4));
            double[] all = kernels.linearAlgebra().singularValues(Tensor.over(w, rows, columns));
            assertThat(all).hasSize(values.length);
            for (int i = 0; i < values.length; i++) {
                assertThat(all[i]).as("of all, value " + i).isCloseTo(values[i], within(1e-2));
            }
        }
    }

    @Test
    void theStartDoesNotShowInTheResult() {
        Tensor w = Tensor.of(withSpectrum(40, 60, new double[] {5, 4, 3, 1, 0.5}), 40, 60);
        try (Kernels kernels = Backends.named("cpu").open()) {
            TruncatedSvd a = TruncatedSvd.of(kernels, w, 3, 1e-9, 1);
            assertThat(TruncatedSvd.of(kernels, w, 3, 1e-9, 1).u()).isEqualTo(a.u());
            assertThat(TruncatedSvd.of(kernels, w, 3, 1e-9, 2).values()).containsExactly(a.values(), within(1e-4));
        }
    }

    @Test
    void aMatrixOfZerosHasNoValues() {
        try (Kernels kernels = Backends.named("cpu").open()) {
            TruncatedSvd svd = TruncatedSvd.of(kernels, Tensor.of(new float[12], 3, 4), 2, 1e-6, 0);
            assertThat(svd.values()).containsExactly(0, 0);
            assertThat(svd.v()).containsOnly(0);
        }
    }

    @Test
    void ranksBeyondTheMatrixAreRefused() {
        try (Kernels kernels = Backends.named("cpu").open()) {
            assertThatThrownBy(() -> TruncatedSvd.of(kernels, Tensor.of(new float[12], 3, 4), 4, 1e-6, 0))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("rank 4 of a 3 x 4 matrix must be from 1 to 3");
        }
    }

    @ParameterizedTest
    @CsvSource({"80,12,1e-2", "80,12,1e-4", "30,30,1"})
    void productsMakeAnOrthonormalBasis(int rows, int columns, float apart) {
        float[] y = gaussian(rows, columns, 5);
        for (int i = 0; i < rows && columns < rows; i++) {
            y[i * columns + 11] = y[i * columns] + apart * y[i * columns + 11];
            y[i * columns + 3] *= 1e-6f;
        }
        float[] q = new float[rows * columns];
        try (Kernels kernels = Backends.named("cpu").open()) {
            kernels.linearAlgebra().orthonormalizeRoughly(Tensor.over(y, rows, columns), Tensor.over(q, rows, columns));
        }
        assertOrthonormal(q, rows, columns);
    }

    @Test
    void roughBasesOfMatricesOfAnyConditionAreOrthonormalToo() {
        Philox random = new Philox(5, 6);
        try (Kernels kernels = Backends.named("cpu").open()) {
            for (int round = 0; round < 1500; round++) {
                int rows = 1 + random.nextInt(48);
                int columns = 1 + random.nextInt(Math.min(rows, 32));
                double mixed = Math.pow(10, -3 * random.nextDouble());
                float[] y = gaussian(rows, columns, round);
                // Each column gets a part of those before it.
                for (int j = 1; j < columns; j++) {
                    float part = (float) (mixed * random.nextGaussian());
                    int other = random.nextInt(j);
                    for (int i = 0; i < rows; i++) {
                        y[i * columns + j] = (float) mixed * y[i * columns + j] + part * y[i * columns + other];
                    }
                }
                float[] q = new float[rows * columns];
                kernels.linearAlgebra()
                        .orthonormalizeRoughly(Tensor.over(y, rows, columns), Tensor.over(q, rows, columns));
                assertOrthonormal(q, rows, columns);
            }
        }
    }

    private static void assertOrthonormal(float[] q, int rows, int columns) {
        for (int a = 0; a < columns; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = a == b ? -1 : 0;
                for (int i = 0; i < rows; i++) {
                    dot += (double) q[i * columns + a] * q[i * columns + b];
                }
                if (!(Math.abs(dot) < 2e-5)) {
                    fail("columns %d and %d of a [%d,%d]: off by %s", a, b, rows, columns, dot);
                }
            }
        }
    }

    private static float[] gaussian(int rows, int columns, long stream) {
        Philox random = new Philox(9, stream);
        float[] y = new float[rows * columns];
        for (int i = 0; i < y.length; i++) {
            y[i] = (float) random.nextGaussian();
        }
        return y;
    }

    private static float[] withSpectrum(int rows, int columns, double[] values) {
        int n = values.length;
        float[] u = gaussian(rows, n, 1);
        float[] v = gaussian(columns, n, 2);
        new ThinQr(rows, n).orthonormalize(u, 0, rows, n, u, 0);
        new ThinQr(columns, n).orthonormalize(v, 0, columns, n, v, 0);
        float[] w = new float[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int t = 0; t < n; t++) {
                    sum += u[i * n + t] * values[t] * v[j * n + t];
                }
                w[i * columns + j] = (float) sum;
            }
        }
        return w;
    }
}

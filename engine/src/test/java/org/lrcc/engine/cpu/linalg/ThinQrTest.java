package org.lrcc.engine.cpu.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;

class ThinQrTest {
    @ParameterizedTest
    @CsvSource({
        "1,1,1",
        "5,5,1",
        "40,7,1",
        "200,33,1",
        "96,24,1e-3",
        "96,24,1e-9",
        "300,120,1e-2",
        "64,17,1",
        "150,66,1"
    })
    void basisIsOrthonormalAndSpansTheColumns(int rows, int columns, double smallestColumn) {
        float[] y = gaussian(rows, columns);
        for (int i = 0; i < rows; i++) {
            y[i * columns + columns - 1] *= (float) smallestColumn;
        }
        check(y, rows, columns);
    }

    @Test
    void nearlyDependentColumnsNeedTheSecondPass() {
        int rows = 80;
        int columns = 12;
        float[] y = gaussian(rows, columns);
        for (int i = 0; i < rows; i++) {
            y[i * columns + 11] = y[i * columns] + 1e-4f * y[i * columns + 11];
        }
        check(y, rows, columns);
    }

    @Test
    void dependentColumnsStillGiveAnOrthonormalBasis() {
        int rows = 30;
        int columns = 6;
        float[] y = gaussian(rows, columns);
        for (int i = 0; i < rows; i++) {
            y[i * columns + 3] = 2 * y[i * columns + 1];
            y[i * columns + 5] = 0;
        }
        check(y, rows, columns);
    }

    @Test
    void wideMatricesAreRefused() {
        assertThatThrownBy(() -> new ThinQr(3, 4)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new ThinQr(4, 3).orthonormalize(new float[8], 0, 2, 4, new float[8], 0))
                .isInstanceOf(InputException.class);
    }

    private static float[] gaussian(int rows, int columns) {
        Philox random = new Philox(3, rows * 1000L + columns);
        float[] y = new float[rows * columns];
        for (int i = 0; i < y.length; i++) {
            y[i] = (float) random.nextGaussian();
        }
        return y;
    }

    private static void check(float[] y, int rows, int columns) {
        float[] q = new float[rows * columns + 3];
        new ThinQr(rows + 2, columns + 1).orthonormalize(y, 0, rows, columns, q, 3);
        for (int a = 0; a < columns; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = 0;
                for (int i = 0; i < rows; i++) {
                    dot += (double) q[3 + i * columns + a] * q[3 + i * columns + b];
                }
                assertThat(dot).as("q%s . q%s", a, b).isCloseTo(a == b ? 1 : 0, within(2e-6));
            }
        }
        for (int a = 0; a < columns; a++) {
            double[] rest = new double[rows];
            double length = 0;
            for (int i = 0; i < rows; i++) {
                rest[i] = y[i * columns + a];
                length += rest[i] * rest[i];
            }
            for (int b = 0; b < columns; b++) {
                double dot = 0;
                for (int i = 0; i < rows; i++) {
                    dot += y[i * columns + a] * (double) q[3 + i * columns + b];
                }
                for (int i = 0; i < rows; i++) {
                    rest[i] -= dot * q[3 + i * columns + b];
                }
            }
            double left = 0;
            for (double value : rest) {
                left += value * value;
            }
            assertThat(Math.sqrt(left))
                    .as("column %s outside the basis", a)
                    .isLessThanOrEqualTo(3e-6 * Math.sqrt(length) + 1e-12);
        }
    }
}

package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

class NormKernelsTest {
    /** One pixel, the channel's first among them, lies 100 standard deviations from the mean of the others, which are near 5 or 0. */
    @ParameterizedTest
    @CsvSource({"8, 56, 0", "8, 56, 5", "2, 112, 5", "1, 7, 5", "64, 1, 5"})
    void aPixelFarOutDoesNotCostTheVariance(int batch, int side, double mean) {
        int channels = 3;
        Shape shape = Shape.of(batch, channels, side, side);
        float[] x = new float[shape.elements()];
        Philox random = new Philox(5, 1);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (mean + random.nextGaussian());
        }
        int plane = side * side;
        x[0] = (float) (mean + 100);
        x[plane + plane / 2] = (float) (mean + 100);
        x[3 * plane - 1] = (float) (mean - 100);
        for (CpuBackend backend : new CpuBackend[] {
            new CpuBackend(new ThreadPool(2)), new CpuBackend(new ThreadPool(2), Instructions.scalar())
        }) {
            try (Kernels k = backend.open()) {
                Tensor average = k.allocate(DType.F32, Shape.of(channels));
                Tensor variance = k.allocate(DType.F32, Shape.of(channels));
                k.batchNormStatistics(Tensor.of(x, shape.sizes()), average, variance);
                for (int c = 0; c < channels; c++) {
                    double[] want = moments(x, shape, c);
                    assertThat(Math.abs(average.toFloats()[c] - want[0]) / Math.sqrt(want[1]))
                            .as("mean")
                            .isLessThan(1e-6);
                    assertThat(Math.abs(variance.toFloats()[c] - want[1]) / want[1])
                            .as("variance")
                            .isLessThan(2e-6);
                }
            }
        }
    }

    private static double[] moments(float[] x, Shape shape, int channel) {
        int plane = shape.size(2) * shape.size(3);
        int count = shape.size(0) * plane;
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += x[(i / plane * shape.size(1) + channel) * plane + i % plane];
        }
        double squares = 0;
        for (int i = 0; i < count; i++) {
            double v = x[(i / plane * shape.size(1) + channel) * plane + i % plane] - sum / count;
            squares += v * v;
        }
        return new double[] {sum / count, squares / count};
    }
}

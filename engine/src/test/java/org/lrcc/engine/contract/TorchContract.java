package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.engine.op.BatchNorm2d;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Numbers that PyTorch 2 gives in double (src/test/python/torch_numbers.py), where a convention could be
 * read in two ways. The reference and every backend give the same.
 */
public abstract class TorchContract extends KernelsSession {
    private static final double TOLERANCE = 1e-6;

    /** -1 where {@code i % 6} is 1 or 4, times i: torch's arange(30) with signs, [1, 1, 5, 6]. */
    private Tensor image() {
        double[] x = new double[30];
        for (int i = 0; i < 30; i++) {
            x[i] = i % 6 == 1 || i % 6 == 4 ? -i : i;
        }
        return real(x, 1, 1, 5, 6);
    }

    private static PoolGeometry ceil(int kernel, int stride, int padding, int dilation, boolean countPad) {
        return new PoolGeometry(
                kernel, kernel, stride, stride, padding, padding, padding, padding, dilation, dilation, true, countPad);
    }

    private double[] average(PoolGeometry geometry) {
        Tensor x = image();
        Tensor y = k.allocate(DType.F32, geometry.infer(x.shape()));
        k.avgPool2d(x, geometry, y);
        return read(y);
    }

    @Test
    void averagesInCeilMode() {
        double[] counted = {
            -2 / 9., 14 / 9., 14 / 9., 8 / 3., -1 / 3., 16 / 3., 16 / 3., 8.5, -2 / 9., 50 / 9., 50 / 9., 26 / 3.
        };
        Compare.close("3x3/2 counted", counted, average(ceil(3, 2, 1, 1, true)), TOLERANCE);
        double[] inner = {-0.5, 7 / 3., 7 / 3., 8, -0.5, 16 / 3., 16 / 3., 17, -0.5, 25 / 3., 25 / 3., 26};
        Compare.close("3x3/2", inner, average(ceil(3, 2, 1, 1, false)), TOLERANCE);
        double[] skipping = {0, 1.25, 1.25, 7.5, 17.5, 10};
        Compare.close("2x2/3 counted", skipping, average(ceil(2, 3, 1, 1, true)), TOLERANCE);
        double[] skippingInner = {0, 2.5, 5, 15, 17.5, 20};
        Compare.close("2x2/3", skippingInner, average(ceil(2, 3, 1, 1, false)), TOLERANCE);
    }

    private double[] maximum(PoolGeometry geometry) {
        Tensor x = image();
        Tensor y = k.allocate(DType.F32, geometry.infer(x.shape()));
        k.maxPool2d(x, geometry, y, null);
        return read(y);
    }

    @Test
    void maximaInCeilMode() {
        double[] padded = {6, 9, 11, 11, 18, 21, 23, 23, 24, 27, 29, 29};
        Compare.close("3x3/2", padded, maximum(ceil(3, 2, 1, 1, false)), 0);
        double[] dilated = {14, 14, -4, 26, 26, -16};
        Compare.close("2x2/2 dilated", dilated, maximum(ceil(2, 2, 0, 2, false)), 0);
    }

    @Test
    void theFirstOfEqualsWinsAndNanOverAll() {
        double nan = Double.NaN;
        Tensor x = real(new double[] {3, 3, -1, nan, 2, 3, 7, nan, 7, 1, 0, 0, -2, nan, 0, 0}, 1, 1, 4, 4);
        Tensor y = k.allocate(DType.F32, Shape.of(1, 1, 2, 2));
        Tensor positions = k.allocate(DType.U8, Shape.of(1, 1, 2, 2));
        k.maxPool2d(x, PoolGeometry.of(2, 2, 0), y, positions);
        Compare.close("maxima", new double[] {3, nan, nan, 0}, read(y), 0);
        assertThat(positions.toBytes()).containsExactly(0, 1, 3, 0);
        Tensor dx = k.allocate(DType.F32, Shape.of(1, 1, 4, 4));
        k.maxPool2dGrad(real(new double[] {1, 2, 3, 4}, 1, 1, 2, 2), positions, PoolGeometry.of(2, 2, 0), dx);
        double[] want = {1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0, 0, 3, 0, 0};
        Compare.close("gradient", want, read(dx), 0);
    }

    @Test
    void crossEntropyWithSmoothingAndWeights() {
        double[] logits = {0.5, -1, 2, 1, 0.25, -0.75};
        Tensor labels = OpCase.tensor(k, DType.I32, Shape.of(2), 2, 1);
        Tensor loss = k.allocate(DType.F32, Shape.of());
        Tensor gradient = k.allocate(DType.F32, Shape.of(2, 3));
        // torch's mean divides by the weights of the labels: 2 + 1.5.
        Tensor weights = real(new double[] {0.5, 1.5, 2}, 3);
        k.softmaxCrossEntropy(real(logits, 2, 3), labels, 0.1, weights, 3.5, loss, gradient);
        double[] want = {
            0.09206516899163934,
            0.007319326187617837,
            -0.09938449517925713,
            0.25269456677868196,
            -0.278386174057508,
            0.02569160727882601
        };
        Compare.close("loss", new double[] {0.7278699423065265}, read(loss), TOLERANCE);
        Compare.close("gradient", want, read(gradient), TOLERANCE);
        k.softmaxCrossEntropy(real(logits, 2, 3), labels, 0.2, null, 2, loss, null);
        Compare.close("smoothed loss", new double[] {0.9032057090334868}, read(loss), TOLERANCE);
    }

    @Test
    void aLabelThatIsNoClassIsRefused() {
        for (int label : new int[] {-1, 3, Integer.MIN_VALUE}) {
            Tensor labels = OpCase.tensor(k, DType.I32, Shape.of(2), 0, label);
            Tensor loss = k.allocate(DType.F32, Shape.of());
            Tensor logits = real(new double[6], 2, 3);
            assertThatThrownBy(() -> k.softmaxCrossEntropy(logits, labels, 0, null, 2, loss, null))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(Integer.toString(label));
        }
    }

    @Test
    void batchNormInTraining() {
        OpCase row = OpCase.of("torch", new BatchNorm2d(1e-3, 0.2, true, Activation.NONE))
                .input(fixed(0.5, -1, 2, 0.25, 1, 1.5, -2, 0.75), 2, 2, 1, 2)
                .input(fixed(1.5, -0.5), 2)
                .input(fixed(0.25, -1), 2)
                .constant(fixed(0.1f, -0.3f), 2)
                .constant(fixed(2, 0.5), 2);
        double[] y = {
            0.25,
            -2.1539778678351214,
            -1.604563541758343,
            -1.0,
            1.0513259559450405,
            1.852651911890081,
            -0.22270401773927317,
            -1.1727324405023838
        };
        OpRun run = OpRun.of(k, row, DType.F32, row.tensors(k, DType.F32), i -> false);
        Compare.close("y", y, run.out(), TOLERANCE);
        Compare.close(
                "mean",
                new double[] {0.18000000119209292, -0.19000000953674318},
                run.updates().get(3),
                TOLERANCE);
        Compare.close(
                "variance",
                new double[] {1.8333333333333335, 0.9583333333333334},
                run.updates().get(4),
                TOLERANCE);
        Tensor[] in = row.tensors(k, DType.F32);
        Tensor mean = k.allocate(DType.F32, Shape.of(2));
        Tensor variance = k.allocate(DType.F32, Shape.of(2));
        k.batchNormStatistics(in[0], mean, variance);
        Tensor dy = real(new double[] {1, 2, -1, 0.5, 0.25, -0.75, 3, 1}, 2, 2, 1, 2);
        Tensor dx = k.allocate(DType.F32, in[0].shape());
        Tensor dGamma = k.allocate(DType.F32, Shape.of(2));
        Tensor dBeta = k.allocate(DType.F32, Shape.of(2));
        k.batchNormGrad(true, in[0], mean, variance, 1e-3, in[1], null, Activation.NONE, dy, dx, dGamma, dBeta, null);
        double[] want = {
            0.6009944669587803,
            -0.28334556490179935,
            0.07052880559360071,
            0.12954933037678779,
            0.22800284762477319,
            -0.5456517496817541,
            0.008024358809589788,
            -0.20810249477997828
        };
        Compare.close("dx", want, read(dx), TOLERANCE);
        Compare.close("dGamma", new double[] {-3.873075453734362, -5.5274380960762795}, read(dGamma), TOLERANCE);
        Compare.close("dBeta", new double[] {2.5, 3.5}, read(dBeta), TOLERANCE);
    }

    private static Fill fixed(double... values) {
        return (count, random) -> values.clone();
    }

    @Test
    void convolutionWithEverything() {
        double[] x = new double[36];
        for (int i = 0; i < 36; i++) {
            x[i] = (i + 1) / 10.;
        }
        double[] w = new double[32];
        for (int i = 0; i < 32; i++) {
            w[i] = (i + 1) / 16.;
        }
        // Strides 2 and 1, padding left 1 and bottom 2, dilations 1 and 2, two groups.
        ConvGeometry geometry = new ConvGeometry(2, 1, 0, 1, 2, 0, 1, 2, 2);
        Tensor y = k.allocate(DType.F32, Shape.of(1, 4, 2, 2));
        k.conv2d(real(x, 1, 4, 3, 3), real(w, 4, 2, 2, 2), null, null, Activation.NONE, geometry, y);
        double[] want = {
            1.2625, 2.35, 0.7375, 1.33125, 2.8625, 5.55, 1.9875, 3.83125, 13.9125, 27.2, 7.7375, 15.10625, 19.1125,
            37.6, 10.7875, 21.20625
        };
        Compare.close("y", want, read(y), TOLERANCE);
    }

    @Test
    void convolutionKeepsNan() {
        double[] x = new double[4 * 81];
        x[40] = Double.NaN;
        Tensor y = k.allocate(DType.F32, Shape.of(1, 2, 9, 9));
        Tensor w = real(new double[2 * 4 * 9], 2, 4, 3, 3);
        k.conv2d(real(x, 1, 4, 9, 9), w, null, null, Activation.RELU, ConvGeometry.of(1, 1), y);
        double[] got = read(y);
        int nans = 0;
        for (double value : got) {
            nans += Double.isNaN(value) ? 1 : 0;
        }
        assertThat(nans)
                .as("values that a NaN pixel reaches through zero weights")
                .isEqualTo(18);
    }
}

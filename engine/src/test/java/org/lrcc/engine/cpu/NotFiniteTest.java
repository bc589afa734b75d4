package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.BatchNorm2d;
import org.lrcc.engine.op.Conv2d;
import org.lrcc.engine.op.Flatten;
import org.lrcc.engine.op.GlobalAvgPool;
import org.lrcc.engine.op.Linear;
import org.lrcc.engine.op.MaxPool2d;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Tensor;

/** One bad pixel or weight reaches the loss through every layer of a small network: the trainer stops on what it sees there. */
class NotFiniteTest {
    private static final int CHANNELS = 64;
    private static final int SIZE = 13;
    private static final int CLASSES = 5;

    @ParameterizedTest
    @CsvSource({
        "NaN,true,true",
        "NaN,true,false",
        "NaN,false,true",
        "NaN,false,false",
        "Infinity,true,true",
        "Infinity,true,false"
    })
    void aBadPixelReachesTheLoss(float bad, boolean training, boolean scalar) {
        assertThat(loss(0f, 1f, training, scalar)).isFinite();
        assertThat(loss(bad, 1f, training, scalar)).isNaN();
    }

    @ParameterizedTest
    @CsvSource({"NaN,true,true", "NaN,true,false", "NaN,false,true", "NaN,false,false"})
    void aBadWeightReachesTheLoss(float bad, boolean training, boolean scalar) {
        assertThat(loss(0f, bad, training, scalar)).isNaN();
    }

    private static double loss(float pixel, float weight, boolean training, boolean scalar) {
        ThreadPool pool = new ThreadPool(2);
        CpuBackend backend = scalar ? new CpuBackend(pool, Instructions.scalar()) : new CpuBackend(pool);
        try (Kernels k = backend.open();
                Tape tape = Tape.recording(k)) {
            float[] pixels = NaiveConv.random(2 * CHANNELS * SIZE * SIZE, 1);
            pixels[pixels.length / 2 + 1] += pixel;
            float[] weights = NaiveConv.random(CHANNELS * CHANNELS * 9, 2);
            weights[weights.length / 2 + 1] *= weight;
            Var x = tape.constant(Tensor.of(pixels, 2, CHANNELS, SIZE, SIZE));
            Var w = tape.variable(Tensor.of(weights, CHANNELS, CHANNELS, 3, 3));
            Var y = tape.apply(new Conv2d(ConvGeometry.of(1, 1)), x, w);
            BatchNorm2d norm = new BatchNorm2d(1e-5, 0.1, training, Activation.RELU);
            y = tape.apply(norm, y, channels(tape, 1f), channels(tape, 0f), channels(tape, 0f), channels(tape, 1f));
            y = tape.apply(new MaxPool2d(PoolGeometry.of(3, 2, 1)), y);
            y = tape.apply(new Flatten(), tape.apply(new GlobalAvgPool(), y));
            Var head = tape.constant(Tensor.of(NaiveConv.random(CLASSES * CHANNELS, 3), CLASSES, CHANNELS));
            Var labels = tape.constant(Tensor.of(new int[] {1, 4}, 2));
            Var logits = tape.apply(new Linear(), y, head);
            return tape.apply(new SoftmaxCrossEntropy(0, 2), logits, labels)
                    .tensor()
                    .item();
        }
    }

    private static Var channels(Tape tape, float value) {
        float[] values = new float[CHANNELS];
        Arrays.fill(values, value);
        return tape.constant(Tensor.of(values, CHANNELS));
    }
}

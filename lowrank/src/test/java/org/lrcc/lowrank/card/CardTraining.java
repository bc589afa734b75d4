package org.lrcc.lowrank.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.train.StepRecord;
import org.lrcc.nn.train.TensorSource;
import org.lrcc.nn.train.TrainCallback;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.Trainer;

/** ResNet18 learns on the card as it does on the processor, loss by loss, and twice the same. */
class CardTraining {
    private static final int SIDE = 64;
    private static final int SAMPLES = 64;
    private static final List<String> CLASSES = List.of("a", "b", "c", "d");

    private static List<Double> losses(Backend backend) {
        Network network = ResNet.resnet18(CLASSES.size());
        Model model =
                new Model(network, Init.state(network, 1), new ModelInfo(CLASSES, Preprocessing.imagenet(), Map.of()));
        List<Double> losses = new ArrayList<>();
        TrainConfig config =
                TrainConfig.defaults().epochs(1).batch(8).rate(0.01).seed(3);
        new Trainer(model, config)
                .backend(backend)
                .callback(new TrainCallback() {
                    @Override
                    public void onStep(StepRecord step) {
                        losses.add(step.loss());
                    }
                })
                .fit(samples());
        return losses;
    }

    private static TensorSource samples() {
        Philox random = new Philox(9, 1);
        float[] values = new float[SAMPLES * 3 * SIDE * SIDE];
        int[] labels = new int[SAMPLES];
        for (int i = 0; i < values.length; i++) {
            int sample = i / (3 * SIDE * SIDE);
            labels[sample] = sample % CLASSES.size();
            values[i] = (float) random.nextGaussian() + 0.3f * labels[sample] * (i % SIDE % 3);
        }
        return new TensorSource(Tensor.of(values, SAMPLES, 3, SIDE, SIDE), labels, CLASSES);
    }

    @Test
    void lossesAreTheProcessors() {
        List<Double> want = losses(Backends.named("cpu"));
        List<Double> got = losses(Card.backend());
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < got.size(); i++) {
            // Rounding differs between the two and grows from step to step.
            assertThat(got.get(i)).as("step %d", i).isCloseTo(want.get(i), within(2e-3 * (i + 1)));
        }
        assertThat(losses(Card.backend())).as("a second run").isEqualTo(got);
    }
}

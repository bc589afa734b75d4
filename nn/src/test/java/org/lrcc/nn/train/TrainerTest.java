package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.StratifiedSplit;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.AdamW;
import org.lrcc.nn.optim.Schedule;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.safetensors.TensorDigest;

class TrainerTest {
    private static final Backend REFERENCE = Backends.named("reference");

    private static TrainConfig config() {
        return TrainConfig.defaults().epochs(3).batch(8).rate(0.1).seed(5);
    }

    private static Trainer trainer(Model model, TrainConfig config) {
        return new Trainer(model, config).backend(REFERENCE);
    }

    static String digest(Model model) {
        Map<String, Tensor> tensors = new TreeMap<>();
        model.state().names().forEach(name -> tensors.put(name, model.state().get(name)));
        return TensorDigest.sha256(tensors);
    }

    @Test
    void learns() {
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        String before = digest(model);
        TrainResult result = trainer(model, config().epochs(10).batch(12))
                .fit(TinyProblem.samples(60, 1), TinyProblem.samples(60, 2));
        Evaluation evaluation = result.evaluation();
        assertThat(evaluation).isNotNull();
        assertThat(evaluation.top1()).isGreaterThan(0.95);
        assertThat(result.history().epochs()).hasSize(10);
        List<EpochRecord> epochs = result.history().epochs();
        assertThat(epochs.get(9).loss()).isLessThan(epochs.get(0).loss() / 2);
        assertThat(result.end()).isEqualTo(TrainResult.End.DONE);
        assertThat(result.headReplaced()).isFalse();
        assertThat(digest(model)).as("the model that was given").isEqualTo(before);
        assertThat(result.model().state().get("bn1.running_mean").toFloats())
                .isNotEqualTo(model.state().get("bn1.running_mean").toFloats());
    }

    @Test
    void sameSeedSameBits() {
        TrainConfig config = config().optimizer(AdamW.defaults())
                .rate(0.01)
                .labelSmoothing(0.1)
                .clipNorm(1);
        TensorSource train = TinyProblem.samples(20, 1);
        String one = digest(trainer(TinyProblem.model(TinyProblem.CLASSES), config)
                .fit(train)
                .model());
        String two = digest(trainer(TinyProblem.model(TinyProblem.CLASSES), config)
                .fit(train)
                .model());
        String other = digest(trainer(TinyProblem.model(TinyProblem.CLASSES), config.seed(6))
                .fit(train)
                .model());
        assertThat(one).isEqualTo(two).isNotEqualTo(other);
    }

    @Test
    void aDataSetOfOtherClassesGetsANewHead() {
        Model model = TinyProblem.model(List.of("a", "b", "c", "d"));
        TrainResult result = trainer(model, config().epochs(1)).fit(TinyProblem.samples(24, 1));
        assertThat(result.headReplaced()).isTrue();
        assertThat(result.model().info().classes()).isEqualTo(TinyProblem.CLASSES);
        assertThat(result.model().state().get("fc.weight").shape()).isEqualTo(Shape.of(3, 8));
        assertThat(model.state().get("fc.weight").shape()).isEqualTo(Shape.of(4, 8));
        assertThatThrownBy(() -> trainer(model, config().head(Head.KEEP)).fit(TinyProblem.samples(24, 1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("'across' of the data is none of the model's 4 classes");
    }

    @Test
    void theSameClassesInAnotherOrderKeepTheHead() {
        List<String> turned = List.of("flat", "across", "down");
        Model model = TinyProblem.model(turned);
        TrainResult result = trainer(model, config().epochs(10).batch(12))
                .fit(TinyProblem.samples(60, 1), TinyProblem.samples(30, 2));
        assertThat(result.headReplaced()).isFalse();
        assertThat(result.model().info().classes()).isEqualTo(turned);
        assertThat(result.evaluation().top1()).isGreaterThan(0.9);
        assertThat(TinyProblem.evaluate(REFERENCE, result.model(), TinyProblem.samples(30, 2))
                        .confusion())
                .isDeepEqualTo(result.evaluation().confusion());
    }

    @Test
    void frozenTensorsKeepTheirBits() {
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        TrainResult result =
                trainer(model, config().epochs(1).freeze("conv", "bn?.bias")).fit(TinyProblem.samples(16, 1));
        for (String name : model.state().names()) {
            boolean frozen = name.startsWith("conv") || name.matches("bn.\\.bias");
            float[] before = model.state().get(name).toFloats();
            float[] after = result.model().state().get(name).toFloats();
            if (frozen) {
                assertThat(after).as(name).containsExactly(before);
            } else {
                assertThat(after).as(name).isNotEqualTo(before);
            }
            assertThat(result.model().state().trainable(name))
                    .isEqualTo(model.state().trainable(name));
        }
        assertThatThrownBy(() -> trainer(model, config().freeze("nothing")).fit(TinyProblem.samples(16, 1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("freeze pattern 'nothing' matches none");
        assertThatThrownBy(() -> trainer(model, config().freeze("*")).fit(TinyProblem.samples(16, 1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("nothing is left to train");
    }

    @Test
    void microBatchesOfANetworkWithoutBatchNormGiveTheGradientOfTheBatch() {
        TrainConfig whole = config().epochs(1)
                .batch(10)
                .classWeights(List.of(0.5, 1.0, 3.0))
                .labelSmoothing(0.1);
        TensorSource train = TinyProblem.samples(20, 1);
        State one = trainer(TinyProblem.plain(), whole).fit(train).model().state();
        State many = trainer(TinyProblem.plain(), whole.microBatch(3))
                .fit(train)
                .model()
                .state();
        for (String name : one.names()) {
            assertThat(many.get(name).toFloats())
                    .as(name)
                    .containsExactly(one.get(name).toFloats(), within(1e-5f));
        }
    }

    @Test
    void runningStatisticsFollowMicroBatchByMicroBatch() {
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        TensorSource train = TinyProblem.samples(4, 1);
        TrainConfig frozen =
                config().epochs(1).batch(4).dropLast(true).rate(1e-30).optimizer(new Sgd(0, false, 0));
        float[] start = model.state().get("bn1.running_mean").toFloats();
        float[] both = trainer(model, frozen.microBatch(2))
                .fit(train)
                .model()
                .state()
                .get("bn1.running_mean")
                .toFloats();
        // At a rate of almost 0 two steps of the halves' size see the same weights.
        float[] steps = trainer(model, frozen.batch(2))
                .fit(train)
                .model()
                .state()
                .get("bn1.running_mean")
                .toFloats();
        assertThat(both).isNotEqualTo(start).containsExactly(steps, within(1e-6f));
    }

    @Test
    void l1ShrinksAndCounts() {
        TensorSource train = TinyProblem.samples(16, 1);
        TrainConfig plain = config().epochs(2).batch(16);
        TrainResult without = trainer(TinyProblem.plain(), plain).fit(train);
        TrainResult with = trainer(TinyProblem.plain(), plain.l1(new L1Term("conv1.weight", 0.01)))
                .fit(train);
        double first = sum(TinyProblem.plain().state().get("conv1.weight"));
        assertThat(with.history().epochs().get(0).loss())
                .isCloseTo(without.history().epochs().get(0).loss() + 0.01 * first, within(1e-5));
        assertThat(sum(with.model().state().get("conv1.weight")))
                .isLessThan(sum(without.model().state().get("conv1.weight")));
    }

    private static double sum(Tensor tensor) {
        double sum = 0;
        for (float value : tensor.toFloats()) {
            sum += Math.abs(value);
        }
        return sum;
    }

    @Test
    void clippingBoundsTheStep() {
        Model model = TinyProblem.plain();
        TrainConfig config = config().epochs(1)
                .batch(16)
                .rate(1)
                .schedule(Schedule.constant())
                .optimizer(new Sgd(0, false, 0))
                .clipNorm(0.01);
        List<Double> norms = new ArrayList<>();
        State after = trainer(model, config)
                .callback(new TrainCallback() {
                    @Override
                    public void onStep(StepRecord step) {
                        norms.add(step.gradientNorm());
                    }
                })
                .fit(TinyProblem.samples(16, 1))
                .model()
                .state();
        double moved = 0;
        for (String name : after.names()) {
            float[] from = model.state().get(name).toFloats();
            float[] to = after.get(name).toFloats();
            for (int i = 0; i < to.length; i++) {
                moved += (to[i] - from[i]) * (to[i] - from[i]);
            }
        }
        assertThat(norms).singleElement().satisfies(norm -> assertThat(norm).isGreaterThan(0.02));
        assertThat(Math.sqrt(moved)).isCloseTo(0.01, within(1e-5));
    }

    @Test
    void divergenceNamesStepAndLayer() {
        TrainConfig wild = config().rate(1e30).schedule(Schedule.constant());
        assertThatThrownBy(() -> trainer(TinyProblem.plain(), wild).fit(TinyProblem.samples(24, 1)))
                .isInstanceOf(FailureException.class)
                .hasMessageMatching(
                        "train: epoch 1, step [23] of 3: .*(layer|tensor|parameter).*'(conv1|relu1|pool|fc).*'.*");
    }

    @Test
    void theFirstLayerThatGoesWrongIsNamed() {
        Model model = TinyProblem.plain();
        float[] huge = model.state().get("fc.weight").toFloats();
        Arrays.fill(huge, 3e38f);
        Model broken = model.with(model.state().overlay(Map.of("fc.weight", Tensor.of(huge, 3, 6))));
        assertThatThrownBy(() -> trainer(broken, config()).fit(TinyProblem.samples(24, 1)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("epoch 1, step 1 of 3")
                .hasMessageContaining("layer 'fc' is the first whose values are not finite");
    }

    @Test
    void inputThatIsNotFiniteIsNamed() {
        float[] values = new float[8 * 3 * 64];
        values[100] = Float.NaN;
        TensorSource bad = new TensorSource(Tensor.of(values, 8, 3, 8, 8), new int[8], TinyProblem.CLASSES);
        assertThatThrownBy(() -> trainer(TinyProblem.plain(), config()).fit(bad))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the input has values that are not finite");
    }

    @Test
    void oneValuePerChannelIsRefusedBeforeTraining() {
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        TensorSource pixels =
                new TensorSource(Tensor.of(new float[9 * 3], 9, 3, 1, 1), new int[9], TinyProblem.CLASSES);
        assertThatThrownBy(() -> trainer(model, config()).fit(pixels))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("batch norm 'bn1' would see one value per channel, [1,6,1,1]")
                .hasMessageContaining("9 samples in batches of 8 come to one of 1");
        trainer(model, config().epochs(1).dropLast(true)).fit(pixels);
        trainer(model, config().epochs(1).batch(9)).fit(pixels);
        assertThatThrownBy(() -> trainer(model, config().batch(9).microBatch(4)).fit(pixels))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("micro-batches of 4");
    }

    @Test
    void theShortLastBatchCountsUnlessDropped() {
        List<Integer> sizes = new ArrayList<>();
        TrainCallback count = new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                sizes.add(step.samples());
            }
        };
        trainer(TinyProblem.plain(), config().epochs(1)).callback(count).fit(TinyProblem.samples(20, 1));
        trainer(TinyProblem.plain(), config().epochs(1).dropLast(true))
                .callback(count)
                .fit(TinyProblem.samples(20, 1));
        assertThat(sizes).containsExactly(8, 8, 4, 8, 8);
        assertThatThrownBy(() ->
                        trainer(TinyProblem.plain(), config().dropLast(true)).fit(TinyProblem.samples(7, 1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("7 samples make no batch of 8");
    }

    @Test
    void earlyStoppingKeepsTheBestEpoch() {
        List<Double> seen = new ArrayList<>();
        Model model = TinyProblem.model(TinyProblem.CLASSES);
        TrainResult result = trainer(
                        model, config().epochs(40).batch(12).rate(0.2).earlyStopping(0.25, 3))
                .fit(TinyProblem.samples(60, 1));
        List<EpochRecord> epochs = result.history().epochs();
        assertThat(result.end()).isEqualTo(TrainResult.End.EARLY);
        assertThat(epochs).hasSize(result.bestEpoch() + 3).hasSizeLessThan(40);
        epochs.forEach(e -> seen.add(e.validation().top1()));
        EpochRecord.Score best = epochs.get(result.bestEpoch() - 1).validation();
        assertThat(best.top1()).isEqualTo(seen.stream().max(Double::compare).orElseThrow());
        StratifiedSplit split = StratifiedSplit.of(TinyProblem.samples(60, 1).labels(), 3, 0.25, 5);
        BatchSource held = TinyProblem.samples(60, 1).subset(split.heldOut());
        assertThat(TinyProblem.evaluate(REFERENCE, result.model(), held).score())
                .isEqualTo(best);
    }

    @Test
    void cancellingEndsAfterTheStepAtHand() {
        Trainer trainer = trainer(TinyProblem.plain(), config());
        trainer.callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                if (step.epoch() == 2 && step.step() == 1) {
                    trainer.cancel();
                }
            }
        });
        TrainResult result = trainer.fit(TinyProblem.samples(24, 1));
        assertThat(result.end()).isEqualTo(TrainResult.End.CANCELLED);
        assertThat(result.history().epochs()).hasSize(1);
    }

    @Test
    void cancellingBehindTheBestEpochGivesThatEpoch() {
        TrainConfig config =
                config().epochs(40).batch(12).rate(0.2).earlyStopping(0.25, 0).head(Head.KEEP);
        Trainer trainer = trainer(TinyProblem.model(TinyProblem.CLASSES), config);
        trainer.callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                // The first epoch is the best so far by being the only one.
                if (step.epoch() == 2 && step.step() == 2) {
                    trainer.cancel();
                }
            }
        });
        TensorSource train = TinyProblem.samples(60, 1);
        TrainResult result = trainer.fit(train, TinyProblem.samples(9, 2));
        assertThat(result.bestEpoch()).isEqualTo(1);
        assertThat(result.evaluation()).as("nobody waits for a test").isNull();
        BatchSource held =
                train.subset(StratifiedSplit.of(train.labels(), 3, 0.25, 5).heldOut());
        assertThat(TinyProblem.evaluate(REFERENCE, result.model(), held).score())
                .isEqualTo(result.history().epochs().get(0).validation());
    }

    @Test
    void testSetIsEvaluatedAsOftenAsAsked() {
        TrainConfig config = config().epochs(4).evaluateEvery(3);
        TrainResult result =
                trainer(TinyProblem.plain(), config).fit(TinyProblem.samples(24, 1), TinyProblem.samples(9, 2));
        assertThat(result.history().epochs().stream().map(e -> e.test() != null))
                .containsExactly(false, false, true, true);
        assertThat(result.history().toCsv().lines().toList())
                .hasSize(5)
                .allSatisfy(line -> assertThat(line.split(",", -1)).hasSize(15));
        assertThat(result.evaluation().score())
                .isEqualTo(result.history().epochs().get(3).test());
    }
}

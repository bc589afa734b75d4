package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.cuda.CudaBackend;
import org.lrcc.kernels.ptx.InterpreterDriver;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.optim.AdamW;
import org.lrcc.nn.optim.Optimizer;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.nn.train.Head;
import org.lrcc.nn.train.StepRecord;
import org.lrcc.nn.train.TensorSource;
import org.lrcc.nn.train.TrainCallback;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.Trainer;

/** S as a list trains, is kept and is read as S with a mask is: to the same bits. */
class SparseFormTest {
    private static final Backend CPU = Backends.named("cpu");
    private static final Optimizer SGD = new Sgd(0.9, true, 0.01);

    @TempDir
    private Path folder;

    private static LowRankConfig config(TuneMode mode, SparseForm form) {
        return LowRankConfig.of(mode).steps(5).lambda(0.2).sparse(form).ignore("downsample");
    }

    private static TrainConfig training(Optimizer optimizer) {
        return TrainConfig.defaults()
                .epochs(2)
                .batch(4)
                .rate(0.02)
                .head(Head.KEEP)
                .seed(3)
                .optimizer(optimizer);
    }

    private static TensorSource samples() {
        Tensor x = Tensor.of(Nets.values(8 * 3 * 12 * 12, 7, 2, 1), 8, 3, 12, 12);
        return new TensorSource(
                x, new int[] {0, 1, 2, 3, 3, 2, 1, 0}, Nets.model().info().classes());
    }

    /** What a run came to. */
    private record Run(List<Double> losses, Model model) {}

    private static Trainer trainer(Backend backend, Model model, TrainConfig config, List<Double> losses) {
        return new Trainer(model, config).backend(backend).callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                losses.add(step.loss());
            }
        });
    }

    private static Run train(Backend backend, LowRankConfig config, TrainConfig training) {
        List<Double> losses = new ArrayList<>();
        Model model = LowRank.convert(Nets.model(), config);
        return new Run(
                losses, trainer(backend, model, training, losses).fit(samples()).model());
    }

    private static LowRankConv2d layer(Model model, String name) {
        return (LowRankConv2d) model.network().node(name).layer();
    }

    /** Everything of the two networks, S entry by entry. */
    private static void assertSame(Run compact, Run dense) {
        assertThat(compact.losses()).isEqualTo(dense.losses()).hasSize(4);
        int lists = 0;
        for (Node node : dense.model().network().nodes()) {
            if (node.layer() instanceof LowRankConv2d whole && whole.form().hasSparse()) {
                LowRankConv2d listed = layer(compact.model(), node.name());
                assertThat(listed.isCompact()).isTrue();
                assertThat(whole.isCompact()).isFalse();
                SparseEntries got =
                        SparseEntries.of(node, listed, compact.model().state());
                SparseEntries want = SparseEntries.of(node, whole, dense.model().state());
                assertThat(got.indices()).isEqualTo(want.indices()).isNotEmpty();
                assertThat(got.values()).as(node.name()).isEqualTo(want.values());
                lists++;
            }
        }
        assertThat(lists).isEqualTo(3);
        for (String name : compact.model().state().names()) {
            if (!name.endsWith(LowRankConv2d.SPARSE) && !name.endsWith(LowRankConv2d.INDICES)) {
                assertThat(compact.model().state().get(name).toFloats())
                        .as(name)
                        .isEqualTo(dense.model().state().get(name).toFloats());
            }
        }
        assertThat(Nets.logits(compact.model()).toFloats())
                .isEqualTo(Nets.logits(dense.model()).toFloats());
    }

    @ParameterizedTest
    @EnumSource(TuneMode.class)
    void trainsToTheSameBitsInEveryMode(TuneMode mode) {
        LowRankConfig compact = config(mode, SparseForm.COMPACT);
        if (!mode.decomposes()) {
            assertThatThrownBy(() -> LowRank.convert(Nets.model(), compact))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("sparse form: must be given only in modes that decompose");
            return;
        }
        LowRankConfig dense = config(mode, SparseForm.DENSE);
        assertSame(train(CPU, compact, training(SGD)), train(CPU, dense, training(SGD)));
        TrainConfig adam = training(new AdamW(0.9, 0.999, 1e-8, 0.01));
        assertSame(
                train(CPU, compact.keepNoise(true).layout(Layout.SEPARABLE), adam),
                train(CPU, dense.keepNoise(true).layout(Layout.SEPARABLE), adam));
        if (mode.trainsS()) {
            assertThat(LowRank.convert(Nets.model(), compact).state().trainableElements())
                    .isLessThan(LowRank.convert(Nets.model(), dense).state().trainableElements());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TuneMode.class,
            names = {"TUNE_U_S", "FIX_SPARSE"})
    void trainsOnTheDeviceAsOnTheProcessor(TuneMode mode) {
        Backend device = new CudaBackend(new InterpreterDriver());
        Run got = train(device, config(mode, SparseForm.COMPACT), training(SGD));
        assertSame(got, train(device, config(mode, SparseForm.DENSE), training(SGD)));
        List<Double> losses =
                train(CPU, config(mode, SparseForm.COMPACT), training(SGD)).losses();
        for (int i = 0; i < losses.size(); i++) {
            assertThat(got.losses().get(i)).isCloseTo(losses.get(i), within(2e-3));
        }
    }

    @Test
    void filesAreThoseOfAnSThatLiesWhole() {
        Path compact = folder.resolve("compact");
        Path dense = folder.resolve("dense");
        Run listed = train(CPU, config(TuneMode.TUNE_U_S, SparseForm.COMPACT), training(SGD));
        Adapters.save(listed.model(), compact);
        Adapters.save(
                train(CPU, config(TuneMode.TUNE_U_S, SparseForm.DENSE), training(SGD))
                        .model(),
                dense);
        SafeTensors a = SafeTensors.read(compact);
        SafeTensors b = SafeTensors.read(dense);
        assertThat(a.names()).isEqualTo(b.names()).contains("conv1.sparse_weight.values");
        for (String name : a.names()) {
            assertThat(Fingerprint.digest(a.get(name))).as(name).isEqualTo(Fingerprint.digest(b.get(name)));
        }
        LowRankTest.assertSame(Adapters.load(Nets.model(), compact), listed.model());
        LowRankTest.assertSame(
                LowRank.merge(Adapters.load(Nets.model(), compact)), LowRank.merge(Adapters.load(Nets.model(), dense)));
    }

    @Test
    void aRunGoesOnFromItsCheckpoint() {
        Model model = LowRank.convert(Nets.model(), config(TuneMode.TUNE_ALL, SparseForm.COMPACT));
        Model whole = trainer(CPU, model, training(SGD), new ArrayList<>())
                .fit(samples())
                .model();
        Path file = folder.resolve("checkpoint");
        Trainer first = new Trainer(model, training(SGD)).backend(CPU).checkpoint(file);
        first.callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                if (step.epoch() == 2) {
                    first.cancel();
                }
            }
        });
        first.fit(samples());
        Model again = new Trainer(model, training(SGD))
                .backend(CPU)
                .resume(file)
                .fit(samples())
                .model();
        LowRankTest.assertSame(again, whole);
    }

    /** Where lambda lets everything, half or nothing in. */
    @ParameterizedTest
    @CsvSource({"0, false", "0.2, true", "9, true"})
    void isChosenByDensity(double lambda, boolean list) {
        LowRankConfig config = config(TuneMode.TUNE_U_S, SparseForm.AUTO).lambda(lambda);
        Conversion conversion = LowRank.convert(Nets.model(), config, ConversionProgress.NONE);
        assertThat(layer(conversion.model(), "conv1").isCompact()).isEqualTo(list);
        assertThat(conversion.report().layers().get(0).sparse()).isEqualTo(list ? "compact" : "dense");
        assertThat(LowRankConfig.fromJson(config.sparse(SparseForm.COMPACT).toJson())
                        .sparse())
                .isEqualTo(SparseForm.COMPACT);
    }

    /** A list of no entries is one, too. */
    @Test
    void emptyListsTrain() {
        TrainConfig training = training(SGD);
        for (Backend backend : List.of(CPU, new CudaBackend(new InterpreterDriver()))) {
            Run none =
                    train(backend, config(TuneMode.TUNE_U_S, SparseForm.COMPACT).lambda(9), training);
            assertThat(layer(none.model(), "conv1").entries()).isZero();
            Run dense =
                    train(backend, config(TuneMode.TUNE_U_S, SparseForm.DENSE).lambda(9), training);
            assertThat(none.losses()).isEqualTo(dense.losses());
        }
    }

    @Test
    void badOptionsAreNamed() {
        assertThatThrownBy(() -> SparseForm.parse("packed"))
                .isInstanceOf(InputException.class)
                .hasMessage("sparse form packed is unknown; there are dense, compact, auto");
        assertThatThrownBy(() ->
                        config(TuneMode.TUNE_U, SparseForm.DENSE).noSparse(true).check())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("sparse form: must be given only with a sparse part");
    }
}

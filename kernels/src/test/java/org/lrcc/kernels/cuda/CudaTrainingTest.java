package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.ptx.InterpreterDriver;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.optim.AdamW;
import org.lrcc.nn.train.RepeatedStep;
import org.lrcc.nn.train.StepRecord;
import org.lrcc.nn.train.TrainCallback;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.TrainResult;
import org.lrcc.nn.train.Trainer;

/** Training on the shipped kernels, on the interpreter: the processor's losses, the same bits twice, what happens when the device fails. */
class CudaTrainingTest {
    private static final Backend CPU = Backends.named("cpu");
    /** Rounding differs, and grows with each step. */
    private static final double CLOSE = 2e-3;

    @TempDir
    private Path folder;

    private static TrainConfig config() {
        return TrainConfig.defaults().epochs(1).batch(4).rate(0.05).seed(5).clipNorm(5);
    }

    /** The losses of a run, step by step, and the model. */
    private record Run(List<Double> losses, TrainResult result) {
        float[] all() {
            Model model = result.model();
            List<Float> values = new ArrayList<>();
            for (String name : model.state().names()) {
                assertThat(model.state().get(name).storage()).as(name).isInstanceOf(HeapStorage.class);
                for (float value : model.state().get(name).toFloats()) {
                    values.add(value);
                }
            }
            float[] all = new float[values.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = values.get(i);
            }
            return all;
        }
    }

    private static Run run(Backend backend, TrainConfig config) {
        List<Double> losses = new ArrayList<>();
        TrainResult result = new Trainer(TinyResNet.model(), config)
                .backend(backend)
                .callback(onStep(step -> losses.add(step.loss())))
                .fit(TinyResNet.samples(12, 1), TinyResNet.samples(6, 2));
        return new Run(losses, result);
    }

    private interface OnStep {
        void step(StepRecord step);
    }

    private static TrainCallback onStep(OnStep told) {
        return new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                told.step(step);
            }
        };
    }

    private static void assertClose(float[] got, float[] want) {
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < got.length; i++) {
            assertThat((double) got[i])
                    .as("value %d", i)
                    .isCloseTo(want[i], within(CLOSE * Math.max(1, Math.abs(want[i]))));
        }
    }

    @Test
    void trainsAsTheProcessorDoesAndTwiceTheSame() {
        InterpreterDriver driver = new InterpreterDriver();
        TrainConfig micro = config().microBatch(2).labelSmoothing(0.1);
        Run expected = run(CPU, micro);
        Run got = run(new CudaBackend(driver), micro);
        assertThat(got.losses()).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(got.losses().get(i)).isCloseTo(expected.losses().get(i), within(CLOSE));
        }
        assertClose(got.all(), expected.all());
        assertThat(got.result().evaluation()).isNotNull();
        Run again = run(new CudaBackend(new InterpreterDriver()), micro);
        assertThat(again.losses()).isEqualTo(got.losses());
        assertThat(again.all()).isEqualTo(got.all());
        assertThat(driver.live())
                .as("what the sessions left behind")
                .startsWith("0 allocations, 0 pinned buffers, 0 streams, 0 events");
    }

    private static double[] repeated(Backend backend) {
        Tensor x = TinyResNet.images(4, 1);
        double[] losses = new double[3];
        try (RepeatedStep step = new RepeatedStep(backend, TinyResNet.model(), config(), x, TinyResNet.labels(4))) {
            for (int i = 0; i < losses.length; i++) {
                losses[i] = step.run();
            }
        }
        return losses;
    }

    @Test
    void aRepeatedStepIsTheProcessors() {
        double[] expected = repeated(CPU);
        double[] got = repeated(new CudaBackend(new InterpreterDriver()));
        assertThat(got[2]).isNotEqualTo(got[0]);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isCloseTo(expected[i], within(CLOSE));
        }
    }

    @Test
    void aCheckpointGoesOnOnTheProcessor() {
        TrainConfig config = config().optimizer(AdamW.defaults()).rate(0.01);
        Run whole = run(CPU, config);
        Path file = folder.resolve("checkpoint");
        Trainer broken = new Trainer(TinyResNet.model(), config)
                .backend(new CudaBackend(new InterpreterDriver()))
                .checkpoint(file);
        broken.callback(onStep(step -> {
            if (step.step() == 2) {
                broken.cancel();
            }
        }));
        assertThat(broken.fit(TinyResNet.samples(12, 1)).end()).isEqualTo(TrainResult.End.CANCELLED);
        TrainResult resumed = new Trainer(TinyResNet.model(), config)
                .backend(CPU)
                .resume(file)
                .fit(TinyResNet.samples(12, 1));
        assertClose(new Run(List.of(), resumed).all(), whole.all());
    }

    @ParameterizedTest
    @EnumSource(names = {"KERNEL", "LOST", "OTHER"})
    void aFaultEndsTheRunWhichGoesOnFromTheLastCheckpoint(GpuFault.Kind kind) {
        TrainConfig config = config();
        Run whole = run(CPU, config);
        Path file = folder.resolve("checkpoint");
        InterpreterDriver driver = new InterpreterDriver();
        Trainer trainer = new Trainer(TinyResNet.model(), config)
                .backend(new CudaBackend(driver))
                .checkpoint(file)
                .checkpointEvery(1);
        trainer.callback(onStep(step -> {
            if (step.step() == 2) {
                driver.fail("launch", 30, kind);
            }
        }));
        assertThatThrownBy(() -> trainer.fit(TinyResNet.samples(12, 1)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("step 3 of 3")
                .hasMessageContaining("kernel ")
                .hasMessageContaining(kind + " on request")
                .hasMessageContaining("last good checkpoint is " + file)
                .satisfies(e -> assertThat(GpuFault.kindOf(e)).isEqualTo(kind));
        TrainResult resumed = new Trainer(TinyResNet.model(), config)
                .backend(CPU)
                .resume(file)
                .fit(TinyResNet.samples(12, 1));
        assertClose(new Run(List.of(), resumed).all(), whole.all());
    }

    @Test
    void whatDoesNotFitSaysWhatHoldsTheMemory() {
        Backend small = new CudaBackend(new InterpreterDriver(3L << 20, false));
        Trainer trainer = new Trainer(TinyResNet.model(), config().batch(60)).backend(small);
        assertThatThrownBy(() -> trainer.fit(TinyResNet.samples(60, 1)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("out of memory")
                .hasMessageContaining("F32: ")
                .hasMessageMatching(
                        "(?s).*of the 60 samples that were worked on at once at most [1-9][0-9]? would fit: .*--micro-batch.*")
                .satisfies(e -> assertThat(GpuFault.kindOf(e)).isEqualTo(GpuFault.Kind.OUT_OF_MEMORY));
    }

    @Test
    void nothingLeaksOver1000Steps() {
        InterpreterDriver driver = new InterpreterDriver(1L << 30, false);
        List<CudaKernels> sessions = new ArrayList<>();
        Backend backend = new Backend() {
            private final CudaBackend inner = new CudaBackend(driver);

            @Override
            public String name() {
                return inner.name();
            }

            @Override
            public String description() {
                return inner.description();
            }

            @Override
            public Kernels open() {
                CudaKernels kernels = (CudaKernels) inner.open();
                sessions.add(kernels);
                return kernels;
            }
        };
        List<String> held = new ArrayList<>();
        Trainer trainer = new Trainer(PlainNet.model(), config().epochs(500).batch(2)).backend(backend);
        trainer.callback(onStep(step -> held.add(sessions.get(0).livePieces() + " pieces of "
                + sessions.get(0).usedBytes() + " bytes, " + driver.live())));
        TrainResult result = trainer.fit(PlainNet.samples());
        assertThat(held).hasSize(1000);
        assertThat(held.get(999)).isEqualTo(held.get(9));
        assertThat(result.history().memoryBytes())
                .isPositive()
                .isEqualTo(sessions.get(0).highestBytes());
    }
}

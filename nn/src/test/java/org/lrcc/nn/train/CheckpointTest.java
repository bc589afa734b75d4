package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.optim.AdamW;
import org.lrcc.nn.optim.Schedule;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.safetensors.SafeTensors;

class CheckpointTest {
    private static final Backend REFERENCE = Backends.named("reference");
    private static final int STEPS_PER_EPOCH = 3;

    @TempDir
    Path folder;

    /** Dropout, batch norm, early stopping, a new head, micro-batches and AdamW: everything that has a state. */
    private static TrainConfig config() {
        return TrainConfig.defaults()
                .epochs(4)
                .batch(8)
                .microBatch(3)
                .rate(0.01)
                .optimizer(AdamW.defaults())
                .schedule(Schedule.cosine(0).per(Schedule.Unit.STEP).warmup(2, 0.1))
                .earlyStopping(0.2, 0)
                .seed(9);
    }

    private static Model model() {
        return TinyProblem.model(List.of("one", "two"));
    }

    private static Trainer trainer(Model model, TrainConfig config) {
        return new Trainer(model, config).backend(REFERENCE);
    }

    private static TensorSource train() {
        return TinyProblem.samples(27, 1);
    }

    private Path file() {
        return folder.resolve("checkpoint.safetensors");
    }

    @Test
    void memoryOfAnEpochMayBeUnknown() throws IOException {
        EpochRecord known = new EpochRecord(1, 3, 0.1, 2, 0.5, 1, 0, 9, null, null, 4096L);
        EpochRecord unknown = new EpochRecord(2, 6, 0.1, 2, 0.5, 1, 0, 9, null, null, null);
        for (EpochRecord epoch : List.of(known, unknown)) {
            assertThat(Json.MAPPER.readValue(Json.MAPPER.writeValueAsString(epoch), EpochRecord.class))
                    .isEqualTo(epoch);
        }
        String before = Json.MAPPER.writeValueAsString(unknown).replace(",\"memoryBytes\":null", "");
        assertThat(Json.MAPPER.readValue(before, EpochRecord.class)).isEqualTo(unknown);
        assertThat(new History(List.of(known, unknown)).memoryBytes()).isEqualTo(4096);
        assertThat(new History(List.of(unknown)).memoryBytes()).isNull();
        assertThat(new History(List.of(known, unknown))
                        .toCsv()
                        .lines()
                        .map(line -> line.substring(line.lastIndexOf(','))))
                .containsExactly(",memory_bytes", ",4096", ",");
    }

    /** Stands for a kill: nothing of the run but its files is left. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Trains until so many steps are done and dies there. */
    private void killAfter(int steps, TrainConfig config, int checkpointEvery) {
        int[] left = {steps};
        Trainer trainer = trainer(model(), config)
                .checkpoint(file())
                .checkpointEvery(checkpointEvery)
                .callback(new TrainCallback() {
                    @Override
                    public void onStep(StepRecord step) {
                        if (--left[0] == 0) {
                            throw new Killed();
                        }
                    }
                });
        assertThatThrownBy(() -> trainer.fit(train())).isInstanceOf(Killed.class);
    }

    @Test
    void aRunThatWasKilledGoesOnToTheSameBits() throws IOException {
        TrainResult straight = trainer(model(), config()).fit(train(), TinyProblem.samples(12, 2));
        for (int kill = STEPS_PER_EPOCH + 1; kill <= 4 * STEPS_PER_EPOCH; kill++) {
            for (int every : new int[] {0, 2}) {
                killAfter(kill, config(), every);
                TrainResult resumed = trainer(model(), config())
                        .resume(file())
                        .checkpoint(file())
                        .fit(train(), TinyProblem.samples(12, 2));
                assertThat(TrainerTest.digest(resumed.model()))
                        .as("killed after %d steps, checkpoints every %d", kill, every)
                        .isEqualTo(TrainerTest.digest(straight.model()));
                assertThat(resumed.bestEpoch()).isEqualTo(straight.bestEpoch());
                assertThat(resumed.history().epochs().stream().map(EpochRecord::loss))
                        .containsExactlyElementsOf(straight.history().epochs().stream()
                                .map(EpochRecord::loss)
                                .toList());
                Files.delete(file());
            }
        }
    }

    @Test
    void aCancelledRunGoesOn() {
        TrainResult straight = trainer(model(), config()).fit(train());
        Trainer trainer = trainer(model(), config()).checkpoint(file());
        trainer.callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                if (step.epoch() == 2 && step.step() == 2) {
                    trainer.cancel();
                }
            }
        });
        assertThat(trainer.fit(train()).end()).isEqualTo(TrainResult.End.CANCELLED);
        assertThat(Checkpoint.read(file()).meta().batch()).isEqualTo(2);
        TrainResult resumed = trainer(model(), config()).resume(file()).fit(train());
        assertThat(TrainerTest.digest(resumed.model())).isEqualTo(TrainerTest.digest(straight.model()));
    }

    @Test
    void aFinishedRunIsDone() {
        TrainResult straight = trainer(model(), config()).checkpoint(file()).fit(train());
        int[] steps = {0};
        TrainResult again = trainer(model(), config())
                .resume(file())
                .callback(new TrainCallback() {
                    @Override
                    public void onStep(StepRecord step) {
                        steps[0]++;
                    }
                })
                .fit(train());
        assertThat(steps[0]).isZero();
        assertThat(TrainerTest.digest(again.model())).isEqualTo(TrainerTest.digest(straight.model()));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        trainer(model(), config()).checkpoint(file()).fit(train());
        assertThatThrownBy(() -> trainer(model(), config().epochs(5).rate(0.02))
                        .resume(file())
                        .fit(train()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("of another configuration: epochs (4 there, 5 now), rate (0.01 there, 0.02 now)");
        assertThatThrownBy(() -> trainer(model(), config())
                        .resume(file())
                        .fit(train().subset(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is of other training data");
        assertThatThrownBy(() -> trainer(TinyProblem.plain(), config().head(Head.AUTO))
                        .resume(file())
                        .fit(train()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("tensor 'conv1.bias' is missing");
        trainer(model(), config().loaderThreads(3)).resume(file()).fit(train());
    }

    @Test
    void anotherBaseIsRefused() {
        TrainConfig frozen = config().freeze("conv1");
        trainer(model(), frozen).checkpoint(file()).fit(train());
        Model other = model();
        float[] changed = other.state().get("conv1.weight").toFloats();
        changed[3] += 1e-3f;
        Model moved = other.with(other.state().overlay(Map.of("conv1.weight", Tensor.of(changed, 6, 3, 3, 3))));
        assertThatThrownBy(() -> trainer(moved, frozen).resume(file()).fit(train()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is of another model");
    }

    @Test
    void tornAndCorruptFilesAreRefusedAndThePreviousIsKept() throws IOException {
        trainer(model(), config()).checkpoint(file()).fit(train());
        Path previous = folder.resolve("checkpoint.previous.safetensors");
        assertThat(Checkpoint.previous(file())).isEqualTo(previous);
        assertThat(Checkpoint.read(previous).meta().epoch()).isEqualTo(3);
        byte[] whole = Files.readAllBytes(file());
        for (int length = 0; length < whole.length; length += 997) {
            Files.write(file(), Arrays.copyOf(whole, length));
            refused(previous);
        }
        for (int at = 8; at < whole.length; at += 991) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 4;
            Files.write(file(), flipped);
            refused(previous);
        }
    }

    @Test
    void thePreviousIsKeptBehindASymbolicLink() throws IOException {
        trainer(model(), config()).checkpoint(file()).fit(train());
        Checkpoint first = Checkpoint.read(Checkpoint.previous(file()));
        Checkpoint second = Checkpoint.read(file());
        Path there = Files.createDirectory(folder.resolve("there"));
        Path link = folder.resolve("link.safetensors");
        Files.createSymbolicLink(link, there.resolve("real.safetensors"));
        Files.createFile(there.resolve("real.safetensors"));
        first.write(link);
        second.write(link);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Checkpoint.read(link).meta()).isEqualTo(second.meta());
        assertThat(Checkpoint.read(Checkpoint.previous(link)).meta())
                .isEqualTo(first.meta())
                .isNotEqualTo(second.meta());
    }

    private void refused(Path previous) {
        assertThatThrownBy(() -> Checkpoint.read(file()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file().toString())
                .hasMessageEndingWith("the checkpoint before it is " + previous);
    }

    @Test
    void otherFilesAreNoCheckpoints() {
        SafeTensors.write(file(), Map.of("x", Tensor.of(new float[1], 1)), Map.of());
        assertThatThrownBy(() -> Checkpoint.read(file()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it is no checkpoint");
        assertThatThrownBy(() -> Checkpoint.read(folder.resolve("none")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void aMissingFolderIsRefusedBeforeTraining() {
        assertThatThrownBy(() -> trainer(model(), config())
                        .checkpoint(folder.resolve("none/checkpoint.safetensors"))
                        .callback(new TrainCallback() {
                            @Override
                            public void onStep(StepRecord step) {
                                throw new Killed();
                            }
                        })
                        .fit(train()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none/checkpoint.safetensors does not exist");
    }

    @Test
    void failureKeepsTheLastGoodCheckpoint() {
        TrainConfig wild = config().rate(1e6)
                .earlyStopping(0, 0)
                .optimizer(new Sgd(0.9, false, 0))
                .schedule(Schedule.constant().warmup(STEPS_PER_EPOCH * 2, 1e-9).per(Schedule.Unit.STEP));
        assertThatThrownBy(() -> trainer(TinyProblem.plain(), wild.epochs(30))
                        .checkpoint(file())
                        .fit(train()))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the last good checkpoint is " + file());
        Checkpoint kept = Checkpoint.read(file());
        kept.model().values().forEach(tensor -> {
            for (float value : tensor.toFloats()) {
                assertThat(value).isFinite();
            }
        });
    }

    @Test
    void aStepThatBreaksTheModelIsNotSaved() {
        // One step an epoch; the second, from a finite loss and gradient, goes beyond what floats hold.
        TrainConfig leap = config().epochs(2)
                .batch(27)
                .rate(1e45)
                .earlyStopping(0, 0)
                .schedule(Schedule.constant().warmup(1, 1e-48));
        assertThatThrownBy(() ->
                        trainer(TinyProblem.plain(), leap).checkpoint(file()).fit(train()))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("train: epoch 2, step 1 of 1: it leaves tensor 'conv1.")
                .hasMessageContaining("the last good checkpoint is " + file());
        assertThat(Checkpoint.read(file()).meta().epoch()).isEqualTo(1);
    }
}

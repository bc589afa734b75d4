package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed goes on to the same bits. */
class ResumeTest {
    private static final int PATIENCE_SECONDS = 300;

    @TempDir
    private Path dir;

    @Test
    @Tag("long")
    void aKilledRunEndsAsOneThatWasNotKilled() throws IOException, InterruptedException {
        Path photos = Demo.smallFolder(dir.resolve("photos"), 6);
        Path whole = dir.resolve("whole");
        Path killed = dir.resolve("killed");
        assertThat(Run.of(arguments(photos, whole).toArray()).code()).isZero();

        Process process = Launched.start(
                dir.resolve("out"),
                dir.resolve("err"),
                arguments(photos, killed).toArray());
        Path state = killed.resolve("checkpoint/state.safetensors");
        long until = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000L;
        while (!Files.exists(state) && process.isAlive() && System.nanoTime() < until) {
            Thread.sleep(5);
        }
        process.destroyForcibly().waitFor();
        assertThat(state).exists();
        assertThat(killed.resolve("adapter.safetensors")).doesNotExist();

        Run resumed = Run.of("train", "--resume", killed, "--progress", "off");
        assertThat(resumed.err()).isEmpty();
        assertThat(killed.resolve("adapter.safetensors")).hasSameBinaryContentAs(whole.resolve("adapter.safetensors"));
        assertThat(Files.readAllLines(killed.resolve("metrics.csv"))).hasSize(31);
    }

    private static List<Object> arguments(Path photos, Path run) {
        return List.of(
                "train",
                Demo.MODEL,
                "--train",
                photos,
                "--mode",
                "tune_U_S",
                "--rank",
                2,
                "--steps",
                2,
                "--batch",
                6,
                "--epochs",
                30,
                "--progress",
                "off",
                "-o",
                run);
    }
}

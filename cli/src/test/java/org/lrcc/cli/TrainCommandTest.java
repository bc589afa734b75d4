package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From images to an adapter, a report and a merged network, through the command line. */
class TrainCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dir;

    private Path photos = Path.of("");
    private Path run = Path.of("");

    @BeforeEach
    void copyImages() {
        photos = Demo.smallFolder(dir.resolve("photos"), 4);
        run = dir.resolve("run");
    }

    private Run train(Object... more) {
        Object[] head = {
            "train",
            Demo.MODEL,
            "--train",
            photos,
            "--test",
            photos,
            "--resize",
            112,
            "--batch",
            6,
            "--progress",
            "off",
            "-o",
            run
        };
        List<Object> all = new ArrayList<>(List.of(head));
        all.addAll(List.of(more));
        if (all.contains("--mode")) {
            all.addAll(List.of("--steps", 2));
        }
        return Run.of(all.toArray());
    }

    @Test
    void givesAnAdapterThatEvaluatesPredictsAndMergesAlike() throws IOException {
        Run trained = train("--mode", "tune_U_S", "--rank", 3, "--ignore", "downsample", "--epochs", 2, "--json");
        assertThat(trained.err()).isEmpty();
        assertThat(trained.code()).isZero();
        JsonNode answer = JSON.readTree(trained.out());
        assertThat(answer.get("memoryBytes").asLong()).isPositive();
        Path adapter = run.resolve("adapter.safetensors");
        Path merged = dir.resolve("merged.onnx");
        assertThat(Run.of("merge", Demo.MODEL, "--adapter", adapter, "-o", merged)
                        .code())
                .isZero();

        JsonNode byAdapter =
                JSON.readTree(Run.of("evaluate", Demo.MODEL, "--adapter", adapter, "--test", photos, "--json")
                        .out());
        JsonNode byMerged = JSON.readTree(
                Run.of("evaluate", merged, "--test", photos, "--json").out());
        assertThat(byAdapter.get("confusion")).isEqualTo(answer.get("test").get("confusion"));
        assertThat(byMerged.get("confusion")).isEqualTo(byAdapter.get("confusion"));
        assertThat(byAdapter.get("images").asInt()).isEqualTo(12);

        Run said = Run.of("predict", merged, photos.resolve("pizza").resolve(firstOf("pizza")));
        assertThat(said.out()).contains("pizza", "anchor", "bonsai");
    }

    private String firstOf(String name) throws IOException {
        try (var files = Files.list(photos.resolve(name))) {
            return files.sorted().findFirst().orElseThrow().getFileName().toString();
        }
    }

    @Test
    void writesMetricsConfigurationAndReport() throws IOException {
        Run trained = train("--mode", "lora_mode", "--rank", 2, "--epochs", 2);
        assertThat(trained.code()).isZero();
        assertThat(trained.out())
                .contains("test: top-1", "wrote")
                .contains(run.resolve("adapter.safetensors").toString());
        assertThat(Files.readAllLines(run.resolve("metrics.csv"))).hasSize(3);
        JsonNode config = JSON.readTree(run.resolve("config.json").toFile());
        assertThat(config.get("lowRank").get("mode").asText()).isEqualTo("lora_mode");
        assertThat(config.get("training").get("epochs").asInt()).isEqualTo(2);
        String page = Files.readString(run.resolve("report.html"));
        assertThat(page)
                .contains(
                        "What was converted",
                        "layer1.0.conv1",
                        "Confusion matrix",
                        "data:image/jpeg;base64,",
                        "lrcc train ",
                        "--rank 2",
                        "Time and memory",
                        "tensors of a step, at most",
                        "pizza")
                .doesNotContain("<script");
        try (var left = Files.list(run)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "adapter.safetensors", "metrics.csv", "report.html", "config.json", "checkpoint");
        }
    }

    @Test
    void isTheSameEachTimeAndKeepsAnEarlierRun() throws IOException {
        assertThat(train("--mode", "full", "--epochs", 1).code()).isZero();
        byte[] first = Files.readAllBytes(run.resolve("adapter.safetensors"));
        Run second = train("--mode", "full", "--epochs", 1);
        assertThat(second.code()).isEqualTo(2);
        assertThat(second.errors()).hasSize(1);
        assertThat(second.err()).contains("holds an earlier run", "--overwrite");
        assertThat(train("--mode", "full", "--epochs", 1, "--overwrite").code()).isZero();
        assertThat(Files.readAllBytes(run.resolve("adapter.safetensors"))).isEqualTo(first);
    }

    @Test
    void goesOnWithARunThatIsDone() throws IOException {
        assertThat(train("--mode", "lora_mode", "--rank", 2, "--epochs", 2).code())
                .isZero();
        byte[] first = Files.readAllBytes(run.resolve("adapter.safetensors"));
        Files.delete(run.resolve("adapter.safetensors"));
        Run again = Run.of("train", "--resume", run, "--progress", "off");
        assertThat(again.err()).isEmpty();
        assertThat(again.code()).isZero();
        assertThat(Files.readAllBytes(run.resolve("adapter.safetensors"))).isEqualTo(first);
    }

    @Test
    void beginsFromAConvertedAdapter() throws IOException {
        Path start = dir.resolve("start.safetensors");
        Run converted = Run.of(
                "convert", Demo.MODEL, "-o", start, "--mode", "tune_V", "--rank", 2, "--steps", 2, "--progress", "off");
        assertThat(converted.code()).isZero();
        assertThat(converted.out()).contains("layer1.0.conv1", "converted", "wrote " + start);
        assertThat(train("--adapter", start, "--epochs", 1).code()).isZero();
        assertThat(train("--adapter", start, "--mode", "tune_U", "--overwrite").err())
                .contains("exclude each other");
        assertThat(train("--adapter", start, "--rank", 2, "--overwrite").err())
                .contains("--adapter " + start + " and --rank exclude each other");
    }

    @Test
    void theTermOnSComesWithTheAdapter() throws IOException {
        Path start = dir.resolve("start.safetensors");
        Object[] convert = {"convert", Demo.MODEL, "-o", start, "--mode", "tune_V_S", "--rank", 2, "--steps", 2};
        assertThat(Run.of(convert).code()).isZero();
        assertThat(train("--adapter", start, "--epochs", 1).code()).isZero();
        byte[] without = Files.readAllBytes(run.resolve("adapter.safetensors"));
        Object[] penalised = java.util.Arrays.copyOf(convert, convert.length + 2);
        penalised[convert.length] = "--l1";
        penalised[convert.length + 1] = 0.01;
        assertThat(Run.of(penalised).code()).isZero();
        assertThat(train("--adapter", start, "--epochs", 1, "--overwrite").code())
                .isZero();
        JsonNode config = JSON.readTree(run.resolve("config.json").toFile());
        assertThat(config.get("training").get("l1").get(0).get("coefficient").asDouble())
                .isEqualTo(0.01);
        assertThat(Files.readAllBytes(run.resolve("adapter.safetensors"))).isNotEqualTo(without);
    }

    @Test
    void resumeRefusesWhatItWouldNotHeed() {
        assertThat(train("--mode", "head", "--epochs", 1).code()).isZero();
        Run more = Run.of("train", "--resume", run, "--epochs", 5);
        assertThat(more.code()).isEqualTo(2);
        assertThat(more.err()).contains("--resume " + run, "give no --epochs with it");
    }

    @Test
    void othersFilesInTheFolderAreKept() throws IOException {
        Path mine = Files.createDirectories(run.resolve("checkpoint")).resolve("mine.bin");
        Files.writeString(mine, "mine");
        assertThat(train("--mode", "tune_W").code()).isEqualTo(2);
        assertThat(train("--mode", "full", "--epochs", 1, "--lr", "1e30").code())
                .isEqualTo(1);
        assertThat(train("--mode", "head", "--epochs", 1).code()).isZero();
        assertThat(train("--mode", "head", "--epochs", 1, "--overwrite").code()).isZero();
        assertThat(mine).hasContent("mine");
    }

    @Test
    void aLossThatIsNoNumberStopsNamesStepAndLayerAndKeepsTheCheckpoint() throws IOException {
        Run failed = train("--mode", "full", "--epochs", 3, "--lr", "1e30");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.errors()).hasSize(1);
        assertThat(failed.err()).contains("step").doesNotContain("internal error");
        assertThat(run.resolve("adapter.safetensors")).doesNotExist();
        assertThat(run.resolve("report.html")).doesNotExist();
    }

    @Test
    void aLaterFailureKeepsTheLastGoodCheckpoint() throws IOException {
        // The rate falls to a number that is still far too large only in the second epoch.
        Run failed = train(
                "--mode",
                "full",
                "--epochs",
                4,
                "--schedule",
                "step",
                "--step-every",
                1,
                "--gamma",
                "1e32",
                "--lr",
                "0.001");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("step");
        assertThat(run.resolve("checkpoint/state.safetensors")).exists();
        assertThat(Files.readAllLines(run.resolve("checkpoint/metrics.csv")).size())
                .isGreaterThanOrEqualTo(2);
    }

    @Test
    void progressIsLinesWhereThereIsNoTerminal() {
        Run trained = Run.of(
                "train", Demo.MODEL, "--train", photos, "--mode", "head", "--epochs", 2, "--batch", 6, "-o", run);
        assertThat(trained.code()).isZero();
        List<String> lines = trained.errors();
        assertThat(lines)
                .anyMatch(line -> line.startsWith("epoch 1 of 2: loss "))
                .anyMatch(line -> line.startsWith("epoch 2 of 2: loss "));
        assertThat(trained.err()).doesNotContain("\r");
    }
}

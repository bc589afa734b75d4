package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled job, in a JVM of its own as users run it, against what the original reaches with it. */
@Tag("long")
class DemoCommandTest {
    @TempDir
    private Path dir;

    @Test
    void reachesTheOriginalOverThreeSeeds() throws IOException, InterruptedException {
        Path out = dir.resolve("demo");
        JsonNode answer = demo("--out", out, "--seeds", 3, "--json");
        assertThat(answer.get("figures")).hasSize(6);
        for (JsonNode cell : answer.get("figures")) {
            assertThat(cell.get("lrcc").asDouble())
                    .as(cell.toString())
                    .isGreaterThanOrEqualTo(cell.get("original").asDouble() - 3);
        }
        assertThat(answer.get("meanLrcc").asDouble())
                .isGreaterThanOrEqualTo(answer.get("meanOriginal").asDouble() - 1.5);
        assertThat(Files.readString(out.resolve("report.html"))).contains("tune_U_S", "Confusion matrix");
        Run merged = Run.of(
                "evaluate",
                out.resolve("merged.onnx"),
                "--test",
                Demo.FOLDER.resolve("test.txt"),
                "--images",
                Demo.IMAGES,
                "--json");
        Run adapted = Run.of(
                "evaluate",
                Demo.MODEL,
                "--adapter",
                out.resolve("lora_mode-10.safetensors"),
                "--test",
                Demo.FOLDER.resolve("test.txt"),
                "--images",
                Demo.IMAGES,
                "--json");
        ObjectMapper json = new ObjectMapper();
        assertThat(json.readTree(merged.out()).get("top1"))
                .isEqualTo(json.readTree(adapted.out()).get("top1"));
    }

    @Test
    void givesTheSameBitsHoweverManyTrainingsRunSideBySide() throws IOException, InterruptedException {
        Path one = dir.resolve("one");
        Path three = dir.resolve("three");
        demo("--out", one, "--epochs", 1, "--jobs", 1, "--json");
        demo("--out", three, "--epochs", 1, "--jobs", 3, "--json");
        for (String name : List.of("full-5", "lora_mode-10", "tune_U_S-10")) {
            assertThat(one.resolve(name + ".safetensors")).hasSameBinaryContentAs(three.resolve(name + ".safetensors"));
        }
    }

    private JsonNode demo(Object... arguments) throws IOException, InterruptedException {
        Object[] all = new Object[arguments.length + 1];
        all[0] = "demo";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        Path answer = dir.resolve("answer.json");
        Path messages = dir.resolve("messages");
        int code = Launched.start(answer, messages, all).waitFor();
        assertThat(code).as(Files.readString(messages)).isZero();
        return new ObjectMapper().readTree(answer.toFile());
    }
}

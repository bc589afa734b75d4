package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled job against what the original reaches with it. */
class DemoCommandTest {
    @TempDir
    private Path dir;

    @Test
    @Tag("long")
    void reachesTheOriginalOverThreeSeeds() throws IOException {
        Run run = Run.of("demo", "--out", dir, "--seeds", 3, "--json", "--progress", "lines");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode answer = new ObjectMapper().readTree(run.out());
        assertThat(answer.get("figures")).hasSize(6);
        for (JsonNode cell : answer.get("figures")) {
            assertThat(cell.get("lrcc").asDouble())
                    .as(cell.toString())
                    .isGreaterThanOrEqualTo(cell.get("original").asDouble() - 3);
        }
        assertThat(answer.get("meanLrcc").asDouble())
                .isGreaterThanOrEqualTo(answer.get("meanOriginal").asDouble() - 1.5);
        assertThat(Files.readString(dir.resolve("report.html"))).contains("tune_U_S", "Confusion matrix");
        assertThat(dir.resolve("merged.onnx")).exists();
    }
}

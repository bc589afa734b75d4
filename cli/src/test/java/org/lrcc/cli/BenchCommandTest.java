package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code lrcc bench} answers; that the times are right cannot be tested. */
class BenchCommandTest {
    private static final Path MODEL = Demo.MODEL;

    private static JsonNode answer(Object... args) throws IOException {
        Run run = Run.of(args);
        assertThat(run.code()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    private static Object[] words(String line) {
        return line.replace("MODEL", MODEL.toString()).split(" ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"full", "head", "lora_mode --rank 4", "tune_U_S --rank-ratio 0.1 --ignore downsample"})
    void aStepIsTimedInEveryKindOfMode(String mode) throws IOException {
        JsonNode step = answer(
                words("bench step MODEL --batch 2 --size 32 --steps 3 --warmup 1 --threads 1 --json --mode " + mode));
        assertThat(step.get("mode").asText()).isEqualTo(mode.split(" ")[0]);
        assertThat(step.get("milliseconds")).hasSize(3);
        assertThat(step.get("minMilliseconds").asDouble())
                .isPositive()
                .isLessThanOrEqualTo(step.get("medianMilliseconds").asDouble());
        assertThat(step.get("firstMilliseconds").asDouble()).isPositive();
        assertThat(step.get("peakResidentBytes").asLong()).isGreaterThan(10_000_000);
        assertThat(step.get("garbageBytesPerStep").asLong()).isPositive();
        assertThat(step.get("threads").asInt()).isEqualTo(1);
        assertThat(step.get("size").asInt()).isEqualTo(32);
        assertThat(step.get("loss").asDouble()).isPositive();
        assertThat(step.has("rank")).isEqualTo(mode.contains("--rank"));
        assertThat(step.path("method").asText()).isEqualTo(mode.startsWith("tune") ? "svd" : "");
    }

    @Test
    void theLossDependsOnSeedAndNotOnThreads() throws IOException {
        String line = "bench step MODEL --batch 2 --size 32 --steps 2 --warmup 0 --json --threads ";
        double one = answer(words(line + 1)).get("loss").asDouble();
        assertThat(answer(words(line + 3)).get("loss").asDouble()).isEqualTo(one);
        assertThat(answer(words(line + "1 --seed 5")).get("loss").asDouble()).isNotEqualTo(one);
    }

    @Test
    void inferenceIsTimed() throws IOException {
        JsonNode predict = answer(words("bench predict MODEL --batch 3 --steps 2 --warmup 0 --json"));
        assertThat(predict.get("measured").asText()).isEqualTo("predict");
        assertThat(predict.get("size").asInt()).isEqualTo(96);
        assertThat(predict.get("milliseconds")).hasSize(2);
        Run text = Run.of(words("bench predict MODEL --steps 2 --warmup 0 --size 32 --threads 2"));
        assertThat(text.out()).contains("median", "minimum", "garbage", "peak memory", "[8,3,32,32]", "2 threads");
    }

    @Test
    void plansNameEveryShapeAndPassOnce() throws IOException {
        JsonNode plans = answer(
                words("bench plans MODEL --batch 1 --size 32 --runs 1 --warmup 0 --threads 1 --json --progress off"));
        // ResNet18 has 11 shapes of convolutions.
        assertThat(plans.get("passes")).hasSize(33);
        int layers = 0;
        for (JsonNode pass : plans.get("passes")) {
            assertThat(pass.get("algorithms")).isNotEmpty();
            assertThat(pass.get("algorithms").findValuesAsText("algorithm"))
                    .contains(pass.get("pick").asText());
            layers += pass.get("pass").asText().equals("forward")
                    ? pass.get("layers").size()
                    : 0;
        }
        assertThat(layers).isEqualTo(20);
        Run text = Run.of(words("bench plans MODEL --batch 1 --size 32 --runs 1 --warmup 0 --progress off"));
        assertThat(text.out()).contains("layer1.0.conv1", "weight gradient", "of 33 picks within 10 %");
    }

    @Test
    void plansMayBeSpeltAsAnOption() throws IOException {
        JsonNode plans = answer(
                words("bench --plans MODEL --batch 1 --size 32 --runs 1 --warmup 0 --threads 1 --json --progress off"));
        assertThat(plans.get("measured").asText()).isEqualTo("plans");
        assertThat(plans.get("passes")).hasSize(33);
        assertThat(Run.of("bench", "--help").out()).contains("plans, --plans");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bench | step, predict or plans",
                "bench step MODEL --threads 0 | --threads must be from 1",
                "bench plans MODEL --threads 100000 | --threads must be from 1",
                "bench step MODEL --batch 0 | --batch must be from 1",
                "bench step MODEL --batch 1 --size 8 | one value per channel",
                "bench predict MODEL --size 0 | size must be in",
                "bench predict MODEL --steps 0 | --steps must be from 1",
                "bench predict MODEL --warmup -1 | --warmup must be from 0",
                "bench step MODEL --mode lora_mode --rank 2 --rank-ratio 0.5 | exclude each other",
                "bench step MODEL --mode tune_U --method none | none is unknown",
                "bench --plans MODEL --runs 0 | --runs must be from 1",
                "bench plans MODEL --runs 0 | --runs must be from 1",
                "bench step no.onnx | no.onnx: there is no such file"
            })
    void badInputIsRefusedInOneLine(String line, String message) {
        Run run = Run.of(words(line.strip()));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).contains(message).doesNotContain("internal error");
    }
}

package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.Adapters;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;

/** Ranks by goal and the difference of networks, from the command line. */
class GoalOptionsTest {
    @TempDir
    Path dir;

    @Test
    void extractRecoversAnAdapterFromTwoNetworks() throws Exception {
        Model base = Onnx.load(Demo.MODEL);
        Model known =
                LowRank.convert(base, LowRankConfig.of(TuneMode.LORA).rank(2).convert("layer1"));
        Philox random = new Philox(1, 1);
        for (String name : known.state().names()) {
            if (name.endsWith("lora_B")) {
                float[] u = known.state().get(name).toFloats();
                for (int i = 0; i < u.length; i++) {
                    u[i] = (float) (0.1 * random.nextGaussian());
                }
                known.state()
                        .update(
                                name,
                                Tensor.of(u, known.state().get(name).shape().sizes()));
            }
        }
        Path tuned = dir.resolve("tuned.onnx");
        Path adapter = dir.resolve("a.safetensors");
        Onnx.save(LowRank.merge(known), tuned);
        Run run = Run.of("extract", Demo.MODEL, tuned, "--rank", "2", "--convert", "layer1", "-o", adapter, "--json");
        assertThat(run.err()).isEmpty();
        JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.path("layers")).isNotEmpty();
        for (JsonNode layer : report.path("layers")) {
            if (layer.path("action").asText().equals("converted")) {
                assertThat(layer.path("residual").asDouble()).isLessThan(1e-5);
                assertThat(layer.path("method").asText()).isEqualTo("svd");
            }
        }
        Model expected = LowRank.merge(known);
        comesBack(known, expected, base, adapter);
        run = Run.of(
                "extract", Demo.MODEL, tuned, "--rank", "2", "--convert", "layer1", "--sparse", "0.01", "-o", adapter);
        assertThat(run.err()).isEmpty();
        comesBack(known, expected, base, adapter);
    }

    /** What was not adapted bit by bit, what was to the rounding of U V in float32. */
    private static void comesBack(Model known, Model expected, Model base, Path adapter) {
        Model back = LowRank.merge(Adapters.load(base, adapter));
        assertThat(back.state().names()).isEqualTo(expected.state().names());
        for (String name : expected.state().names()) {
            boolean adapted = known.state().names().contains(name.replace(".weight", ".lora_B"));
            assertThat(back.state().get(name).toFloats())
                    .as(name)
                    .containsExactly(expected.state().get(name).toFloats(), offset(adapted ? 1e-6f : 0f));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--method greedy",
                "--steps 3",
                "--lambda 5",
                "--tolerance 0.1",
                "--keep-noise",
                "--no-sparse",
                "--reassign-sparsity 0.5"
            })
    void optionsWithoutEffectAreNamed(String option) {
        List<Object> words =
                new ArrayList<>(List.of("convert", Demo.MODEL, "-o", dir.resolve("a"), "--mode", "lora_mode"));
        words.addAll(List.of(option.split(" ")));
        Run run = Run.of(words.toArray());
        assertThat(run.code()).isZero();
        assertThat(run.err())
                .contains("note: " + option.split(" ")[0] + " without effect in lora_mode, which decomposes no weight");
        words.set(5, "tune_U");
        words.addAll(List.of("--convert", "layer1.0.conv1"));
        if (!option.startsWith("--method")) {
            words.addAll(List.of("--method", option.startsWith("--tolerance") ? "accelerated" : "svd"));
        }
        Run decomposing = Run.of(words.toArray());
        assertThat(decomposing.code()).as(decomposing.err()).isZero();
        assertThat(decomposing.err()).doesNotContain("without effect");
    }

    private Run convert(String options) {
        Object[] head = {
            "convert", Demo.MODEL, "-o", dir.resolve("a"), "--convert", "layer1", "--method", "svd", "--progress", "off"
        };
        Object[] words = options.split(" ");
        Object[] all = new Object[head.length + words.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(words, 0, all, head.length, words.length);
        return Run.of(all);
    }

    private static List<JsonNode> converted(Run run) throws JsonProcessingException {
        assertThat(run.err()).isEmpty();
        List<JsonNode> layers = new ArrayList<>();
        for (JsonNode layer : new ObjectMapper().readTree(run.out()).path("layers")) {
            if (layer.path("action").asText().equals("converted")) {
                layers.add(layer);
            }
        }
        assertThat(layers).hasSize(4);
        return layers;
    }

    @Test
    void convertMeetsItsGoals() throws JsonProcessingException {
        for (JsonNode layer : converted(convert("--mode tune_U --target-residual 0.4 --json"))) {
            assertThat(layer.path("residual").asDouble()).isBetween(0.2, 0.4);
        }
        for (JsonNode layer : converted(convert("--mode tune_U --energy 0.9 --no-sparse --json"))) {
            assertThat(layer.path("residual").asDouble()).isLessThanOrEqualTo(Math.sqrt(0.1) + 1e-6);
        }
        long sum = 0;
        for (JsonNode layer : converted(convert("--mode tune_U --target-params 5000 --no-sparse --json"))) {
            sum += layer.path("parametersAfter").asLong();
        }
        assertThat(sum).isBetween(4000L, 5000L);
        for (JsonNode layer : converted(convert("--mode tune_U --density 0.1 --json"))) {
            assertThat(layer.path("density").asDouble()).isCloseTo(0.1, within(1e-3));
            assertThat(layer.path("sparse").asText()).isEqualTo("compact");
        }
        for (JsonNode layer : converted(convert("--mode tune_U --sparse-form dense --json"))) {
            assertThat(layer.path("sparse").asText()).isEqualTo("dense");
        }
        double share = converted(convert("--mode tune_U --global-density 0.1 --json")).stream()
                .mapToDouble(layer -> layer.path("density").asDouble())
                .average()
                .orElseThrow();
        assertThat(share).isCloseTo(0.1, within(1e-3));
    }

    @Test
    void theReportShowsEachLayerAndPlotsResidualAgainstParameters() throws IOException {
        Path page = dir.resolve("report.html");
        Run run = convert("--mode tune_U_S --energy 0.7 --report " + page);
        assertThat(run.err()).isEmpty();
        String html = Files.readString(page);
        assertThat(html)
                .contains("Residual against parameters", "layer1.1.conv2", "|W-UV-S|/|W|", "lrcc convert")
                .contains("matches no convert pattern");
        // Four layers, each with and without S.
        assertThat(html.split("<circle", -1)).hasSize(9);
        assertThat(convert("--mode tune_U --report " + dir.resolve("a")).err()).contains("--report");
    }

    @Test
    void whatCannotBeDoneNamesTheLayer() {
        assertThat(convert("--mode tune_U --rank 999").err())
                .contains("layer layer1.0.conv1: rank 999 is above 48, the highest of its 48 x 48 matrix");
        Run unmet = convert("--mode tune_U --target-residual 1e-12");
        assertThat(unmet.code()).isEqualTo(2);
        assertThat(unmet.err()).containsPattern("layer layer1\\S+: target residual 1.0E-12 cannot be met: at rank 48");
        Model broken = Onnx.load(Demo.MODEL);
        float[] weight = broken.state().get("layer1.1.conv2.weight").toFloats();
        weight[5] = Float.NaN;
        int[] sizes = broken.state().get("layer1.1.conv2.weight").shape().sizes();
        Path file = dir.resolve("broken.onnx");
        Onnx.save(broken.with(broken.state().overlay(Map.of("layer1.1.conv2.weight", Tensor.of(weight, sizes)))), file);
        Run run = Run.of("convert", file, "-o", dir.resolve("a"), "--mode", "tune_U", "--convert", "layer1");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("layer layer1.1.conv2: weight element 5 is NaN");
    }

    @ParameterizedTest
    @CsvSource({
        "--rank 4 --energy 0.5,--rank and --energy exclude each other",
        "--target-residual 0.5 --target-params 9,--target-residual and --target-params exclude each other",
        "--lambda 1 --density 0.5,--lambda and --density exclude each other",
        "--energy 2,energy: must be above 0 and at most 1",
        "--target-params 7,target params 7 cannot be met",
        "--init zeros,init zeros is unknown",
        "--sparse-form packed,sparse form packed is unknown; there are dense",
        "--sparse-form dense,sparse form: must be given only in modes that decompose",
    })
    void badOptionsAreOneLineWithExitCode2(String options, String message) {
        Object[] start = {"extract", Demo.MODEL, Demo.MODEL, "-o", dir.resolve("a")};
        Object[] words = options.split(" ");
        Object[] all = new Object[start.length + words.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(words, 0, all, start.length, words.length);
        Run run = Run.of(all);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message);
        assertThat(run.errors().get(0)).contains(message);
    }
}

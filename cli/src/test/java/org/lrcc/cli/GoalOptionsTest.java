package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Tensor;
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
    }

    @ParameterizedTest
    @CsvSource({
        "--rank 4 --energy 0.5,--rank and --energy exclude each other",
        "--target-residual 0.5 --target-params 9,--target-residual and --target-params exclude each other",
        "--lambda 1 --density 0.5,--lambda and --density exclude each other",
        "--energy 2,energy: must be above 0 and at most 1",
        "--target-params 7,target params 7 cannot be met",
        "--init zeros,init zeros is unknown",
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

package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.safetensors.SafeTensors;

/** A tiny network is converted, merged and run by whole commands: once on the processor and, in a JVM of its own, on the CUDA backend, the interpreter in the place of a GPU. */
class ConvertCommandTest {
    private static final int RANK = 3;

    @TempDir
    private Path dir;

    private Path model;

    @BeforeAll
    static void theJvmHasTheBackendThatItWasGiven() {
        boolean device = "interpreter".equals(System.getProperty(Backends.PROPERTY));
        assertThat(Backends.get().name()).isEqualTo(device ? "cuda" : "cpu");
    }

    @BeforeEach
    void write() {
        Network network = Network.of(
                "x",
                Shape.of(1, 3, 8, 8),
                List.of(
                        new Node("conv1", new Conv2d(3, 8, 3, 3, ConvGeometry.of(1, 1), false), List.of("x")),
                        new Node("relu", new Activate(Activation.RELU), List.of("conv1")),
                        new Node("conv2", new Conv2d(8, 8, 3, 3, ConvGeometry.of(1, 1), false), List.of("relu")),
                        new Node("pool", new GlobalAvgPool(true), List.of("conv2")),
                        new Node("flat", new Flatten(1), List.of("pool")),
                        new Node("fc", new Linear(8, 2, true), List.of("flat"))),
                "fc");
        model = dir.resolve("tiny.onnx");
        Onnx.save(
                new Model(
                        network,
                        Init.state(network, 4),
                        new ModelInfo(List.of("left", "right"), Preprocessing.imagenet(), Map.of())),
                model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "accelerated", "svd"})
    void convertsAndMerges(String method) throws Exception {
        Path adapter = dir.resolve("a.safetensors");
        Run run = Run.of(
                "convert",
                model,
                "-o",
                adapter,
                "--mode",
                "tune_U_S",
                "--rank",
                RANK,
                "--method",
                method,
                "--steps",
                4,
                "--density",
                0.2,
                "--json",
                "--progress",
                "off");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        int converted = 0;
        for (JsonNode layer : new ObjectMapper().readTree(run.out()).path("layers")) {
            assertThat(layer.path("method").asText()).isEqualTo(method);
            assertThat(layer.path("density").asDouble()).isCloseTo(0.2, within(0.01));
            assertThat(layer.path("sparse").asText()).isEqualTo("compact");
            assertThat(layer.path("rank").asInt()).isEqualTo(RANK);
            assertThat(layer.path("objective").asDouble()).isPositive();
            assertThat(layer.path("seconds").asDouble()).isPositive();
            String name = layer.path("name").asText();
            assertThat(residual(name, SafeTensors.read(adapter)))
                    .as(name)
                    .isCloseTo(layer.path("residual").asDouble(), within(1e-4));
            converted++;
        }
        assertThat(converted).isEqualTo(2);
        Path merged = dir.resolve("merged.onnx");
        assertThat(Run.of("merge", model, "--adapter", adapter, "-o", merged).code())
                .isZero();
        float[] unmerged = logits(model, "--adapter", adapter);
        assertThat(logits(merged)).usingComparatorWithPrecision(1e-5f).containsExactly(unmerged);
        assertThat(logits(model)).isNotEqualTo(unmerged);
    }

    /** |W - U V| / |W| of what the file holds, in layout flat. */
    private double residual(String layer, SafeTensors adapter) {
        float[] w = Onnx.load(model).state().get(layer + ".weight").toFloats();
        float[] u = adapter.floats(layer + ".lora_B").toFloats();
        float[] v = adapter.floats(layer + ".lora_A").toFloats();
        int columns = v.length / RANK;
        double rest = 0;
        double all = 0;
        for (int i = 0; i < w.length; i++) {
            double e = w[i];
            for (int r = 0; r < RANK; r++) {
                e -= (double) u[i / columns * RANK + r] * v[r * columns + i % columns];
            }
            rest += e * e;
            all += (double) w[i] * w[i];
        }
        return Math.sqrt(rest / all);
    }

    private float[] logits(Object network, Object... more) {
        Path x = dir.resolve("x.safetensors");
        Path y = dir.resolve("y.safetensors");
        float[] values = new float[2 * 3 * 64];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        SafeTensors.write(x, Map.of("x", Tensor.of(values, 2, 3, 8, 8)), Map.of());
        List<Object> words = new ArrayList<>(List.of("predict", network, "--input", x, "--output", y));
        words.addAll(List.of(more));
        Run run = Run.of(words.toArray());
        assertThat(run.err()).isEmpty();
        return SafeTensors.read(y).floats("logits").toFloats();
    }
}

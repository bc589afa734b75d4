package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;
import org.lrcc.nn.onnx.Onnx;

class InfoCommandTest {
    @Test
    void showsLayersCostAndWhatWouldBeConverted() {
        Run run = Run.of("info", Demo.MODEL, "--ignore", "downsample");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains(
                        "layer1.0.conv1",
                        "multiply-adds an image",
                        "batch norm is kept",
                        "What lora_mode would convert:")
                .contains("17 converted, 3 ignored, 0 fixed, 0 left alone");
    }

    @Test
    void answersAsJson() throws IOException {
        Run run = Run.of("info", Demo.MODEL, "--json", "--mode", "tune_U_S", "--rank", 4);
        JsonNode answer = new ObjectMapper().readTree(run.out());
        assertThat(answer.get("outputs").asInt()).isEqualTo(81);
        assertThat(answer.get("layers").get(0).get("name").asText()).isEqualTo("conv1");
        assertThat(answer.get("conversion").get("mode").asText()).isEqualTo("tune_U_S");
        assertThat(answer.get("conversion").get("layers").get(3).get("rank").asInt())
                .isEqualTo(4);
    }

    @Test
    void showsInWhichOrderLayersWouldMultiply() throws IOException {
        Run run = Run.of("info", Demo.MODEL, "--plans", "--rank", 4, "--batch", 2);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("How a training step on")
                .containsPattern("layer1.0.conv1 +4 +(composed|factored) / ");
        Run json =
                Run.of("info", Demo.MODEL, "--plans", "--rank", 4, "--batch", 2, "--size", 32, "--measure", "--json");
        JsonNode plans = new ObjectMapper().readTree(json.out()).get("plans");
        assertThat(plans).hasSizeGreaterThan(15);
        JsonNode first = plans.get(0);
        assertThat(first.get("plan").get("inputGradient").isNull()).isTrue();
        assertThat(first.get("orders")).hasSizeBetween(4, 6);
        for (JsonNode order : plans.get(1).get("orders")) {
            assertThat(order.get("predictedMilliseconds").asDouble()).isPositive();
            assertThat(order.get("milliseconds").asDouble()).isPositive();
        }
        assertThat(plans.get(1).get("orders")).hasSizeBetween(8, 12);
    }

    @Test
    void whatCannotBeConvertedIsLeftAloneAndSaysWhy(@TempDir Path dir) {
        ConvGeometry wide = new ConvGeometry(1, 1, 0, 1, 0, 1, 1, 1, 1);
        Network network = Network.of(
                "x",
                Shape.of(1, 3, 8, 8),
                List.of(
                        new Node("wide", new Conv2d(3, 6, 1, 3, wide, true), List.of("x")),
                        new Node("pool", new GlobalAvgPool(true), List.of("wide")),
                        new Node("flat", new Flatten(1), List.of("pool")),
                        new Node("fc", new Linear(6, 2, true), List.of("flat"))),
                "fc");
        State state = Init.state(network, 1);
        Path file = dir.resolve("wide.onnx");
        Onnx.save(new Model(network, state, new ModelInfo(List.of(), Preprocessing.ofSize(8), Map.of())), file);
        Run run = Run.of("info", file);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("0 converted, 0 ignored, 0 fixed, 1 left alone")
                .containsPattern("wide .*left alone.*its kernel of 1x3 is not square");
    }

    @Test
    void aPatternThatMatchesNothingIsNamed() {
        Run run = Run.of("info", Demo.MODEL, "--ignore", "layer9");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.err()).contains("layer9");
    }
}

package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.testdata.TestData;

class PredictCommandTest {
    @TempDir
    private Path dir;

    @Test
    void tensorsGiveTheRecordedLogits() throws IOException {
        Path out = dir.resolve("y.safetensors");
        Path io = TestData.demo().resolve("thin_resnet18.io.safetensors");
        Run run = Run.of("predict", Demo.MODEL, "--input", io, "--output", out, "--batch", 3, "--progress", "off");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        Tensor logits = SafeTensors.read(out).floats("logits");
        Tensor expected = SafeTensors.read(io).floats("logits");
        assertThat(logits.shape()).isEqualTo(expected.shape());
        assertThat(logits.toFloats()).usingComparatorWithPrecision(1e-3f).containsExactly(expected.toFloats());
    }

    /** So many that they do not run on plain loops, as fewer do. */
    @Test
    void manyTensorsGiveTheLogitsOfFew() throws IOException {
        Tensor x = SafeTensors.read(TestData.demo().resolve("thin_resnet18.io.safetensors"))
                .floats("x");
        int count = x.shape().size(0);
        int copies = 44 / count + 1;
        float[] one = x.toFloats();
        float[] all = new float[copies * one.length];
        for (int i = 0; i < copies; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        Path few = dir.resolve("few.safetensors");
        Path many = dir.resolve("many.safetensors");
        SafeTensors.write(few, Map.of("x", x), Map.of());
        SafeTensors.write(
                many,
                Map.of("x", Tensor.of(all, x.shape().with(0, copies * count).sizes())),
                Map.of());
        float[][] logits = new float[2][];
        for (Path in : List.of(few, many)) {
            Path out = dir.resolve("y.safetensors");
            Run run = Run.of("predict", Demo.MODEL, "--input", in, "--output", out, "--progress", "off");
            assertThat(run.code()).isZero();
            logits[in == few ? 0 : 1] = SafeTensors.read(out).floats("logits").toFloats();
        }
        float[] expected = new float[copies * logits[0].length];
        for (int i = 0; i < copies; i++) {
            System.arraycopy(logits[0], 0, expected, i * logits[0].length, logits[0].length);
        }
        assertThat(logits[1]).usingComparatorWithPrecision(1e-3f).containsExactly(expected);
    }

    @Test
    void workGrowsWithImagesAndTheirArea() {
        Network network = Onnx.load(Demo.MODEL).network();
        Shape size = network.inputShape().with(0, 1);
        assertThat(Predictor.macs(network, 1, size)).isEqualTo(network.macs());
        assertThat(Predictor.macs(network, 3, size)).isEqualTo(3 * network.macs());
        Shape twice = size.with(2, 2 * size.size(2)).with(3, 2 * size.size(3));
        assertThat(Predictor.macs(network, 1, twice)).isEqualTo(4 * network.macs());
    }

    @Test
    void anUnpackedAndAPackedNetworkAreTheSame() throws IOException {
        Path packed = dir.resolve("net.onnx.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            Files.copy(Demo.MODEL, out);
        }
        Path image = Demo.image();
        assertThat(Run.of("predict", packed, image).out())
                .isEqualTo(Run.of("predict", Demo.MODEL, image).out());
    }

    @Test
    void imagesGiveClassesAndProbabilitiesAsJson() throws IOException {
        Run run = Run.of("predict", Demo.MODEL, Demo.image(), Demo.image(), "--top", 81, "--json", "--resize", 112);
        assertThat(run.code()).isZero();
        JsonNode answer = new ObjectMapper().readTree(run.out());
        assertThat(answer).hasSize(2);
        double sum = 0;
        for (JsonNode guess : answer.get(0).get("classes")) {
            sum += guess.get("probability").asDouble();
        }
        assertThat(answer.get(0).get("classes")).hasSize(81);
        assertThat(sum).isCloseTo(1, within(1e-5));
    }

    @Test
    void imagesGiveFiveLinesEach() {
        Run run = Run.of("predict", Demo.MODEL, Demo.image());
        assertThat(run.out().lines()).hasSize(6);
        assertThat(run.out()).containsPattern("\\d\\.\\d\\d %  class \\d+");
    }

    @Test
    void outputsThatAreNoNumbersAreNoAnswer() {
        Model model = Onnx.load(Demo.MODEL);
        float[] weight = model.state().get("fc.weight").toFloats();
        weight[0] = Float.NaN;
        int[] sizes = model.state().get("fc.weight").shape().sizes();
        Path broken = dir.resolve("broken.onnx");
        Onnx.save(model.with(model.state().overlay(Map.of("fc.weight", Tensor.of(weight, sizes)))), broken);
        Run run = Run.of("predict", broken, Demo.image(), "--json");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains(Demo.image() + ": the network's outputs are not finite");
    }

    @Test
    void severalAdaptersAnswerAsEachAlone() throws IOException {
        Path one = dir.resolve("one.safetensors");
        Path two = dir.resolve("two.safetensors");
        for (Path file : List.of(one, two)) {
            Run made = Run.of(
                    "convert",
                    Demo.MODEL,
                    "-o",
                    file,
                    "--mode",
                    "tune_U",
                    "--method",
                    "svd",
                    "--rank",
                    file == one ? 1 : 8);
            assertThat(made.code()).isZero();
        }
        Run both = Run.of("predict", Demo.MODEL, "--adapter", one, "--adapter", two, Demo.image(), "--json");
        assertThat(both.err()).isEmpty();
        JsonNode answers = new ObjectMapper().readTree(both.out());
        assertThat(answers).hasSize(2);
        for (int i = 0; i < 2; i++) {
            Path file = i == 0 ? one : two;
            JsonNode alone = new ObjectMapper()
                    .readTree(Run.of("predict", Demo.MODEL, "--adapter", file, Demo.image(), "--json")
                            .out());
            assertThat(answers.get(i).get("adapter").asText()).isEqualTo(file.toString());
            assertThat(answers.get(i).get("classes")).isEqualTo(alone.get(0).get("classes"));
        }
        assertThat(answers.get(0).get("classes")).isNotEqualTo(answers.get(1).get("classes"));
        Run merged =
                Run.of("predict", Demo.MODEL, "--adapter", one, "--adapter", two, "--merged", Demo.image(), "--json");
        assertThat(merged.err()).isEmpty();
        JsonNode same = new ObjectMapper().readTree(merged.out());
        assertThat(same).hasSize(2);
        for (int i = 0; i < 2; i++) {
            assertThat(same.get(i).get("adapter")).isEqualTo(answers.get(i).get("adapter"));
            for (int j = 0; j < 5; j++) {
                JsonNode expected = answers.get(i).get("classes").get(j);
                JsonNode guess = same.get(i).get("classes").get(j);
                assertThat(guess.get("class")).isEqualTo(expected.get("class"));
                assertThat(guess.get("probability").asDouble())
                        .isCloseTo(expected.get("probability").asDouble(), within(1e-5));
            }
        }
        Run alone = Run.of("predict", Demo.MODEL, "--adapter", one, "--merged", Demo.image());
        assertThat(alone.code()).isEqualTo(2);
        assertThat(alone.err()).contains("--merged is for several --adapter, got 1");
        Run twice = Run.of("predict", Demo.MODEL, "--adapter", one, "--adapter", one, Demo.image());
        assertThat(twice.code()).isEqualTo(2);
        assertThat(twice.err()).contains("given twice");
    }

    @Test
    void imagesOrTensorsAreNeeded() {
        Run run = Run.of("predict", Demo.MODEL);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("lrcc predict: give either images, or both --input and --output");
    }
}

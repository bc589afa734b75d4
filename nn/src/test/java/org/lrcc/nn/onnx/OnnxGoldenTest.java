package org.lrcc.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.safetensors.SafeTensors;
import org.lrcc.testdata.TestData;

/** Imported networks give the logits that torch and ONNX Runtime gave. */
class OnnxGoldenTest {
    private static final double TOLERANCE = 1e-4;

    @Test
    void tinyResnet() throws IOException {
        Imported imported = Onnx.open(TestData.golden().resolve("tiny_resnet.onnx"));
        check(imported.model(), TestData.golden().resolve("tiny_resnet.io.safetensors"));
        assertThat(imported.report().batchNorm()).isEqualTo(LoadReport.BatchNorm.FOLDED);
        assertThat(imported.report().names()).isEqualTo(LoadReport.NameSource.NODES);
    }

    @Test
    void namesOfAFoldedExportAreThoseOfTheStateDict() throws IOException {
        Model model = Onnx.load(TestData.golden().resolve("tiny_resnet.onnx"));
        SafeTensors expected = SafeTensors.read(TestData.golden().resolve("tiny_resnet.state.safetensors"));
        List<String> convolutions = expected.names().stream()
                .filter(name ->
                        name.endsWith(".weight") && expected.get(name).shape().rank() == 4)
                .toList();
        assertThat(model.network().nodes().stream()
                        .filter(node -> node.layer() instanceof Convolution)
                        .map(node -> node.parameter("weight")))
                .containsExactlyInAnyOrderElementsOf(convolutions);
        assertThat(model.state().get("fc.weight").toFloats())
                .isEqualTo(expected.get("fc.weight").toFloats());
    }

    @Test
    void demoNetwork() throws IOException {
        check(
                Onnx.load(TestData.demo().resolve("thin_resnet18.onnx")),
                TestData.demo().resolve("thin_resnet18.io.safetensors"));
    }

    @Test
    void realResnet18(@TempDir Path folder) throws IOException {
        Path packed = weights().resolve("resnet18.onnx.gz");
        assumeTrue(Files.exists(packed), "shared weights are not here: " + packed);
        Path file = folder.resolve("resnet18.onnx");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
            Files.copy(in, file);
        }
        check(Onnx.load(file), weights().resolve("resnet18.io.safetensors"));
    }

    @Test
    void realDarknet() throws IOException {
        Path file = weights().resolve("tiny_darknet.onnx");
        assumeTrue(Files.exists(file), "shared weights are not here: " + file);
        check(Onnx.load(file), weights().resolve("tiny_darknet.io.safetensors"));
    }

    private static Path weights() {
        return Path.of(System.getProperty("lrcc.shared", "../../shared"), "weights");
    }

    private static void check(Model model, Path io) throws IOException {
        Map<String, Tensor> expected = SafeTensors.read(io).tensors();
        Tensor x = expected.get("x");
        Plan plan = model.network().prepare(Backends.get(), Mode.EVAL, x.shape());
        try (Kernels kernels = Backends.get().open()) {
            Tensor logits = plan.run(kernels, model.state(), kernels.upload(x));
            assertThat(logits.shape()).isEqualTo(expected.get("logits").shape());
            float[] wanted = expected.get("logits").toFloats();
            double scale = 1;
            for (float value : wanted) {
                scale = Math.max(scale, Math.abs(value));
            }
            float[] got = logits.toFloats();
            for (int i = 0; i < wanted.length; i++) {
                assertThat((double) got[i]).as("logit " + i).isCloseTo(wanted[i], offset(TOLERANCE * scale));
            }
        }
    }
}

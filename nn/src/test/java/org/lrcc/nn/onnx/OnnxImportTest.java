package org.lrcc.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.safetensors.SafeTensors;

/** Small exports of torch's, and graphs written by hand, give what ONNX Runtime and torch gave; src/test/python/make_onnx_fixtures.py made them. */
class OnnxImportTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "resnet_default",
                "resnet_default_17",
                "resnet_training",
                "resnet_dynamo",
                "zoo_default",
                "zoo_training",
                "zoo_train_ops",
                "auto_pad_same_upper",
                "auto_pad_same_lower",
                "gemm",
                "old_opset",
                "new_opset"
            })
    void givesTheRecordedOutput(String name) {
        Model model = Onnx.load(file(name + ".onnx"));
        SafeTensors io = SafeTensors.read(file(name + ".io.safetensors"));
        assertClose(run(model, io.get("x"), false), io.get("logits"));
        assertClose(run(model, io.get("x"), true), io.get("logits"));
    }

    @Test
    void aDefaultExportHasItsNamesFromTheNodes() {
        Imported imported = Onnx.open(file("resnet_default.onnx"));
        assertThat(imported.report().batchNorm()).isEqualTo(LoadReport.BatchNorm.FOLDED);
        assertThat(imported.report().names()).isEqualTo(LoadReport.NameSource.NODES);
        assertThat(imported.report().summary()).contains("folded").contains("node paths");
        assertThat(imported.model().network().names())
                .containsExactly(
                        "conv1",
                        "relu",
                        "maxpool",
                        "layer1.0.conv1",
                        "layer1.0.relu",
                        "layer1.0.conv2",
                        "layer1.0.add",
                        "layer1.0.relu_1",
                        "layer1.1.conv1",
                        "layer1.1.relu",
                        "layer1.1.conv2",
                        "layer1.1.add",
                        "layer1.1.relu_1",
                        "layer2.0.downsample.0",
                        "layer2.0.conv1",
                        "layer2.0.relu",
                        "layer2.0.conv2",
                        "layer2.0.add",
                        "layer2.0.relu_1",
                        "avgpool",
                        "flatten",
                        "fc");
    }

    @Test
    void aTrainingExportHasTheStateDict() {
        Imported imported = Onnx.open(file("resnet_training.onnx"));
        assertThat(imported.report().batchNorm()).isEqualTo(LoadReport.BatchNorm.KEPT);
        assertThat(imported.report().names()).isEqualTo(LoadReport.NameSource.WEIGHTS);
        assertThat(imported.model().state().names())
                .contains("layer2.0.downsample.1.running_var", "layer1.1.bn2.weight", "conv1.weight", "fc.bias")
                .hasSize(42);
    }

    @Test
    void anExportOfTheNewerExporterHasItsNamesFromTheWeights() {
        Imported imported = Onnx.open(file("resnet_dynamo.onnx"));
        assertThat(imported.report().batchNorm()).isEqualTo(LoadReport.BatchNorm.FOLDED);
        assertThat(imported.report().names()).isEqualTo(LoadReport.NameSource.WEIGHTS);
        assertThat(imported.model().network().names())
                .contains("conv1", "layer1.1.conv2", "layer2.0.downsample.0", "fc");
    }

    @Test
    void momentumEpsAndDropoutAreRead() {
        Network network = Onnx.load(file("zoo_train_ops.onnx")).network();
        BatchNorm2d norm = (BatchNorm2d) network.node("stem.2").layer();
        assertThat(norm.eps()).isEqualTo(1e-3);
        assertThat(norm.momentum()).isCloseTo(0.03, offset(1e-7));
        assertThat(network.nodes().stream().map(node -> node.layer()).filter(Dropout.class::isInstance))
                .containsExactly(new Dropout(0.25));
    }

    private static Tensor run(Model model, Tensor x, boolean eager) {
        Backend backend = Backends.get();
        Network network = model.network();
        Plan plan = eager ? network.eager(Mode.EVAL, x.shape()) : network.prepare(backend, Mode.EVAL, x.shape());
        try (Kernels kernels = backend.open()) {
            return plan.run(kernels, model.state(), x).copy();
        }
    }

    private static void assertClose(Tensor got, Tensor expected) {
        assertThat(got.shape()).isEqualTo(expected.shape());
        float[] wanted = expected.toFloats();
        float[] values = got.toFloats();
        for (int i = 0; i < wanted.length; i++) {
            assertThat(values[i])
                    .as("element " + i)
                    .isCloseTo(wanted[i], offset(1e-4f * Math.max(1, Math.abs(wanted[i]))));
        }
    }

    static Path file(String name) {
        try {
            return Path.of(Objects.requireNonNull(OnnxImportTest.class.getResource("/onnx/" + name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void pathsOfNodes() {
        assertThat(List.of(
                        Names.path("/conv1/Conv"),
                        Names.path("/layer1/layer1.0/conv1/Conv"),
                        Names.path("/layer1/layer1.0/downsample/downsample.0/Conv"),
                        Names.path("/Flatten"),
                        Names.path("Conv_0")))
                .containsExactly("conv1", "layer1.0.conv1", "layer1.0.downsample.0", "", "");
    }
}

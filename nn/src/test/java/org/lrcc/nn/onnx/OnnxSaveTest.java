package org.lrcc.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.LayerContext;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;

/** What is saved comes back the same: structure, names, tensors, metadata. */
class OnnxSaveTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "resnet_default",
                "resnet_training",
                "resnet_dynamo",
                "zoo_default",
                "zoo_train_ops",
                "auto_pad_same_upper",
                "gemm",
                "old_opset",
                "new_opset"
            })
    void roundTrip(String name, @TempDir Path folder) {
        Model model = Onnx.load(OnnxImportTest.file(name + ".onnx"));
        Path file = folder.resolve("saved.onnx");
        Onnx.save(model, file);
        Imported again = Onnx.open(file);
        assertThat(again.model().network().nodes()).isEqualTo(model.network().nodes());
        assertThat(again.model().network().inputShape())
                .isEqualTo(model.network().inputShape());
        assertThat(again.model().state().names()).isEqualTo(model.state().names());
        for (String tensor : model.state().names()) {
            assertThat(again.model().state().get(tensor).toFloats())
                    .as(tensor)
                    .isEqualTo(model.state().get(tensor).toFloats());
            assertThat(again.model().state().role(tensor))
                    .isEqualTo(model.state().role(tensor));
        }
        assertThat(again.model().info().preprocessing()).isEqualTo(model.info().preprocessing());
        assertThat(again.report().names()).isEqualTo(LoadReport.NameSource.WEIGHTS);
    }

    @Test
    void classesAndPreprocessingTravel(@TempDir Path folder) {
        Model loaded = Onnx.load(OnnxImportTest.file("resnet_training.onnx"));
        Preprocessing preprocessing =
                new Preprocessing(32, 40, true, List.of(0.1f, 0.2f, 0.3f), List.of(0.5f, 0.25f, 1f));
        Model model = loaded.with(
                new ModelInfo(List.of("a", "b \"c\"", "ü", "d", "e"), preprocessing, Map.of("author", "someone")));
        Onnx.save(model, folder.resolve("m.onnx"));
        assertThat(Onnx.load(folder.resolve("m.onnx")).info()).isEqualTo(model.info());
    }

    @Test
    void aLayerThatOnnxDoesNotHaveIsNamedAndNothingIsWritten(@TempDir Path folder) throws IOException {
        Layer odd = new Layer() {
            @Override
            public List<ParameterSpec> parameters() {
                return List.of();
            }

            @Override
            public Shape infer(Shape... in) {
                return in[0];
            }

            @Override
            public Var forward(LayerContext c, Var... in) {
                return in[0];
            }

            @Override
            public String kind() {
                return "Odd";
            }
        };
        Model loaded = Onnx.load(OnnxImportTest.file("resnet_training.onnx"));
        Model model = new Model(loaded.network().replace("layer1.0.relu", odd), loaded.state(), loaded.info());
        Path file = folder.resolve("m.onnx");
        Files.writeString(file, "kept");
        assertThatThrownBy(() -> Onnx.save(model, file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("layer1.0.relu is a Odd")
                .hasMessageContaining("merge the model first");
        assertThat(Files.readString(file)).isEqualTo("kept");
    }
}

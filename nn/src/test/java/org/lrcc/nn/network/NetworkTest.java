package org.lrcc.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Identity;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.safetensors.SafeTensors;

class NetworkTest {
    private static final Shape INPUT = Shape.of(1, 3, 8, 8);

    private static Node identity(String name, String... inputs) {
        return new Node(name, new Identity(), List.of(inputs));
    }

    private static void refused(String message, Node... nodes) {
        assertThatThrownBy(() -> Network.of("x", INPUT, List.of(nodes), "out"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNoNetwork() {
        refused("a is there twice", identity("a", "x"), identity("a", "x"), identity("out", "a"));
        refused("x is there twice", identity("x", "x"), identity("out", "x"));
        refused("no node out", identity("a", "x"));
        refused("its input b does not exist", identity("out", "b"));
        refused(
                "cycle through layer a",
                identity("a", "b"),
                identity("b", "a"),
                new Node("out", new Add(), List.of("a", "x")));
        refused(
                "layer out: conv2d:",
                new Node("out", new Conv2d(4, 4, 3, 3, ConvGeometry.of(1, 1), false), List.of("x")));
        refused("layer out: linear:", new Node("out", new Linear(3, 2, true), List.of("x")));
        assertThatThrownBy(() -> Network.of("x", Shape.of(1, 3), List.of(identity("out", "x")), "out"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("not N x C x H x W");
    }

    @Test
    void sortsAndPrunes() {
        Network network = Network.of(
                "x",
                INPUT,
                List.of(identity("out", "b"), identity("unused", "a"), identity("b", "a"), identity("a", "x")),
                "out");
        assertThat(network.names()).containsExactly("a", "b", "out");
        assertThat(network.has("unused")).isFalse();
    }

    @Test
    void replacesALayer() {
        Network network = ResNet.basic(4, 5, Shape.of(1, 3, 32, 32), 1, 1);
        Network other = network.replace("fc", new Linear(8, 7, true));
        assertThat(other.outputShape()).isEqualTo(Shape.of(1, 7));
        assertThat(network.outputShape()).isEqualTo(Shape.of(1, 5));
        assertThatThrownBy(() -> network.replace("head", new Identity())).hasMessageContaining("no layer head");
        assertThatThrownBy(() -> network.replace("conv1", new Linear(8, 7, true)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("layer conv1: ");
    }

    @Test
    void resnetsHaveTorchvisionsParameters() {
        assertThat(parameters(ResNet.resnet18(1000))).isEqualTo(11_689_512);
        assertThat(parameters(ResNet.resnet34(1000))).isEqualTo(21_797_672);
        assertThat(parameters(ResNet.resnet50(1000))).isEqualTo(25_557_032);
        assertThat(ResNet.resnet18(1000).macs()).isEqualTo(1_814_073_344L);
        assertThat(ResNet.resnet50(1000).outputShape()).isEqualTo(Shape.of(1, 1000));
        assertThat(ResNet.resnet50(10).parameters())
                .containsKeys("layer1.0.downsample.1.running_var", "layer4.2.conv3.weight", "fc.bias");
        assertThat(ResNet.resnet18(10).describe()).contains("layer4.1.conv2", "3x3, 512 to 512", "[1,512,7,7]");
    }

    private static long parameters(Network network) {
        return network.parameters().values().stream()
                .filter(spec -> spec.role() != Role.BUFFER)
                .mapToLong(spec -> spec.shape().elements())
                .sum();
    }

    @Test
    void initialisationIsTorchs() {
        Network network = ResNet.basic(16, 10, Shape.of(1, 3, 32, 32), 1, 1);
        State state = Init.state(network, 1);
        float[] w = state.get("layer2.0.conv2.weight").toFloats();
        assertThat(deviation(w)).isBetween(0.95 * Math.sqrt(2.0 / (32 * 9)), 1.05 * Math.sqrt(2.0 / (32 * 9)));
        float[] fc = state.get("fc.weight").toFloats();
        assertThat(deviation(fc)).isBetween(0.9 / Math.sqrt(3 * 32), 1.1 / Math.sqrt(3 * 32));
        for (float value : fc) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo((float) (1 / Math.sqrt(32)));
        }
        assertThat(state.get("bn1.running_var").toFloats()).containsOnly(1);
        assertThat(state.get("bn1.bias").toFloats()).containsOnly(0);
        assertThat(Init.state(network, 1).get("conv1.weight").toFloats())
                .isEqualTo(state.get("conv1.weight").toFloats());
        assertThat(Init.state(network, 2).get("conv1.weight").toFloats())
                .isNotEqualTo(state.get("conv1.weight").toFloats());
    }

    private static double deviation(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares / values.length);
    }

    @Test
    void loadsStateDictsAndNamesWhatDoesNotFit(@TempDir Path folder) {
        Network network = ResNet.basic(4, 5, Shape.of(1, 3, 224, 224), 1, 1);
        State state = Init.state(network, 1);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        state.names().forEach(name -> tensors.put(name, state.get(name)));
        tensors.put("bn1.num_batches_tracked", Tensor.of(new int[] {3}, 1));
        Path file = folder.resolve("net.safetensors");
        SafeTensors.write(file, tensors, Map.of());
        Model model = ResNet.load(file);
        assertThat(model.network().names()).isEqualTo(network.names());
        assertThat(model.state().get("fc.weight").toFloats())
                .isEqualTo(state.get("fc.weight").toFloats());

        tensors.remove("bn1.bias");
        tensors.put("extra", Tensor.of(new float[] {1}, 1));
        SafeTensors.write(file, tensors, Map.of());
        assertThatThrownBy(() -> ResNet.load(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("missing tensors [bn1.bias], unexpected [extra]");

        tensors.remove("extra");
        tensors.put("bn1.bias", Tensor.of(new float[3], 3));
        SafeTensors.write(file, tensors, Map.of());
        assertThatThrownBy(() -> ResNet.load(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("bn1.bias is [3], the network needs [4]");
    }

    @Test
    void flatParametersAreViewsInNameOrder() {
        Network network = ResNet.basic(3, 5, Shape.of(1, 3, 32, 32), 1);
        State state = Init.state(network, 1);
        State before = state.copy();
        FlatParameters flat = state.flatten();
        assertThat(flat.names()).isSorted().contains("fc.weight", "bn1.bias").doesNotContain("bn1.running_mean");
        List<String> changed = new ArrayList<>();
        for (String name : flat.names()) {
            assertThat(flat.start(name) % 16).isZero();
            assertThat(state.get(name).toFloats()).isEqualTo(before.get(name).toFloats());
            long version = state.version(name);
            flat.touched();
            if (state.version(name) > version) {
                changed.add(name);
            }
        }
        assertThat(changed).isEqualTo(flat.names());
        state.update("bn1.bias", Tensor.of(new float[] {1, 2, 3}, 3));
        assertThat(flat.slice(flat.values(), "bn1.bias").toFloats()).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> state.update("bn1.bias", Tensor.of(new float[2], 2)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("bn1.bias");
    }

    @Test
    void modelsCheckTheirState() {
        Network network = ResNet.basic(3, 5, Shape.of(1, 3, 32, 32), 1);
        State state = Init.state(network, 1);
        ModelInfo info = new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of());
        State lacking = state.toBuilder().remove("bn1.bias").build();
        assertThatThrownBy(() -> new Model(network, lacking, info))
                .hasMessageContaining("bn1.bias")
                .hasMessageContaining("missing");
        assertThatThrownBy(() -> new Model(network, state, info.withClasses(List.of("a"))))
                .hasMessageContaining("1 class names for a network of 5 outputs");
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.InputException;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Identity;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.safetensors.SafeTensors;

/** Networks of equal weights that compute something else are told apart. */
class StructureTest {
    private static final LowRankConfig LORA = LowRankConfig.of(TuneMode.LORA).rank(2);

    @TempDir
    private Path folder;

    private static Model with(String name, Layer layer, String... inputs) {
        Model model = Nets.model();
        return on(model, changed(model.network(), name, layer, inputs));
    }

    private static Model on(Model model, Network network) {
        return new Model(network, model.state(), model.info());
    }

    private static Network changed(Network network, String name, Layer layer, String... inputs) {
        List<Node> nodes = new ArrayList<>();
        for (Node node : network.nodes()) {
            nodes.add(node.name().equals(name) ? new Node(name, layer, List.of(inputs)) : node);
        }
        return Network.of(network.inputName(), network.inputShape(), nodes, network.outputName());
    }

    private static Model otherEps(double eps) {
        return with("layer1.bn1", new BatchNorm2d(8, eps, 0.1, false), "layer1.conv1");
    }

    private static Model rewired() {
        return with("layer1.add", Nets.model().network().node("layer1.add").layer(), "layer1.bn1", "layer1.conv1");
    }

    private static void extract(Model tuned) {
        LowRank.extract(Nets.model(), tuned, LORA, null, ConversionProgress.NONE);
    }

    @Test
    void extractRefusesWhatComputesSomethingElse() {
        assertThatThrownBy(() -> extract(otherEps(0.5)))
                .isInstanceOf(InputException.class)
                .hasMessage("extract: layer layer1.bn1 is BatchNorm2d eps 1.0E-5 in the base and "
                        + "BatchNorm2d eps 0.5 in the tuned network");
        assertThatThrownBy(() -> extract(rewired()))
                .isInstanceOf(InputException.class)
                .hasMessage("extract: layer layer1.add reads [layer1.bn1, relu] in the base and "
                        + "[layer1.bn1, layer1.conv1] in the tuned network");
        assertThatThrownBy(() -> extract(with("layer2.downsample", new Identity(), "layer2.conv2")))
                .hasMessageContaining("layer layer2.downsample is Conv2d")
                .hasMessageContaining("Identity");
    }

    @Test
    void extractTakesWhatComputesTheSame() {
        extract(otherEps((float) 1e-5));
        extract(with("layer1.bn1", new BatchNorm2d(8, 1e-5, 0.3, true), "layer1.conv1"));
        extract(with("layer1.add", Nets.model().network().node("layer1.add").layer(), "relu", "layer1.bn1"));
        extract(Heads.replace(Nets.model(), List.of("left", "right"), 4));
    }

    @Test
    void anAdapterKnowsTheStructureOfItsBase() {
        Path file = folder.resolve("a.safetensors");
        Model base = Nets.model();
        for (Model adapted : List.of(
                LowRank.convert(base, LORA.freeze("bn")),
                LowRank.convert(Heads.replace(base, List.of("left", "right"), 4), LORA),
                LowRank.convert(base, LowRankConfig.of(TuneMode.TUNE_U_S).method("svd")))) {
            Adapters.save(adapted, file);
            LowRankTest.assertSame(Adapters.load(base, file), adapted);
            for (Model other : List.of(otherEps(0.5), rewired())) {
                assertThatThrownBy(() -> Adapters.load(other, file))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining(Structure.hash(base.network()))
                        .hasMessageContaining(Structure.hash(other.network()))
                        .hasMessageContaining("structure");
            }
        }
    }

    @Test
    void aFileThatDoesNotSayIsTakenAsBefore() {
        Path file = folder.resolve("a.safetensors");
        Model adapted = LowRank.convert(Nets.model(), LORA);
        Adapters.save(adapted, file);
        SafeTensors stored = SafeTensors.read(file);
        Map<String, String> metadata = new HashMap<>(stored.metadata());
        assertThat(metadata.remove(Structure.KEY)).isNotNull();
        SafeTensors.write(file, new HashMap<>(stored.tensors()), metadata);
        LowRankTest.assertSame(Adapters.load(Nets.model(), file), adapted);
    }

    @Test
    void namesOfLayersWithoutParametersAndOfTheInputCountForNothing() {
        Network network = Nets.model().network();
        List<Node> nodes = new ArrayList<>();
        for (Node node : network.nodes()) {
            boolean renamed = node.layer().parameters().isEmpty();
            nodes.add(new Node(
                    renamed ? node.name() + "_1" : node.name(),
                    node.layer(),
                    node.inputs().stream()
                            .map(name -> name.equals("x")
                                    ? "image"
                                    : network.node(name).layer().parameters().isEmpty() ? name + "_1" : name)
                            .toList()));
        }
        Network other = Network.of("image", network.inputShape(), nodes, network.outputName());
        assertThat(Structure.hash(other)).isEqualTo(Structure.hash(network));
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.safetensors.SafeTensors;

/** A whole network read from ONNX: its names and its logits. */
record GoldenNetwork(GoldenCases golden, JsonNode c) {
    Model model() {
        return Onnx.load(golden.folder().resolve(c.path("onnx").asText()));
    }

    SafeTensors io() {
        return golden.tensors(c.path("case").asText() + ".io");
    }

    /** The logits of the file, and those of the recorded state dict in the structure with batch norm. */
    void logits() {
        SafeTensors io = io();
        GoldenCases.assertClose("logits", run(model(), io.floats("x")), io.floats("logits"));
        SafeTensors dictionary = golden.tensors(c.path("case").asText() + ".state");
        Network network = withBatchNorm(model().network(), dictionary.names());
        Set<String> names = new TreeSet<>(dictionary.names());
        names.removeIf(name -> name.endsWith(".num_batches_tracked"));
        assertThat(network.parameters().keySet()).as("names").containsExactlyInAnyOrderElementsOf(names);
        Model recorded = new Model(network, GoldenStates.of(network, dictionary::floats), model().info());
        GoldenCases.assertClose("logits of the state dict", run(recorded, io.floats("x")), io.floats("logits"));
    }

    /**
     * The network as it was before its exporter folded batch norm into the convolutions: {@code conv1} is followed by {@code bn1}, {@code downsample.0} by
     * {@code downsample.1}, where such tensors are recorded.
     */
    static Network withBatchNorm(Network network, Set<String> recorded) {
        Map<String, String> follower = new HashMap<>();
        List<Node> nodes = new ArrayList<>();
        for (Node node : network.nodes()) {
            String norm = node.name().replaceAll("conv(\\d+)$", "bn$1").replaceAll("\\.0$", ".1");
            boolean folded =
                    node.layer() instanceof Conv2d && !network.has(norm) && recorded.contains(norm + ".running_mean");
            List<String> inputs = node.inputs().stream()
                    .map(name -> follower.getOrDefault(name, name))
                    .toList();
            if (folded) {
                Conv2d conv = (Conv2d) node.layer();
                boolean bias = recorded.contains(node.parameter("bias"));
                nodes.add(new Node(
                        node.name(),
                        new Conv2d(
                                conv.in(), conv.out(), conv.kernelHeight(), conv.kernelWidth(), conv.geometry(), bias),
                        inputs));
                nodes.add(new Node(norm, BatchNorm2d.of(conv.out()), List.of(node.name())));
                follower.put(node.name(), norm);
            } else {
                nodes.add(new Node(node.name(), node.layer(), inputs));
            }
        }
        String output = follower.getOrDefault(network.outputName(), network.outputName());
        return Network.of(network.inputName(), network.inputShape(), nodes, output);
    }

    /** Logits in inference. */
    static Tensor run(Model model, Tensor x) {
        Backend backend = Backends.get();
        try (Kernels kernels = backend.open()) {
            return model.network()
                    .prepare(backend, Mode.EVAL, x.shape())
                    .run(kernels, model.state(), kernels.upload(x))
                    .copy();
        }
    }
}

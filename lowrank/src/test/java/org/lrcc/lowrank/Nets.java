package org.lrcc.lowrank;

import java.util.List;
import java.util.Map;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/** A small residual network with every kind of layer that conversion has to tell apart, filled with random numbers. */
final class Nets {
    static final Shape INPUT = Shape.of(2, 3, 12, 12);

    private Nets() {}

    static Model model() {
        Activation relu = Activation.RELU;
        List<Node> nodes = List.of(
                node("conv1", new Conv2d(3, 8, 3, 3, ConvGeometry.of(1, 1), false), "x"),
                node("bn1", BatchNorm2d.of(8), "conv1"),
                node("relu", new Activate(relu), "bn1"),
                node("layer1.conv1", new Conv2d(8, 8, 3, 3, ConvGeometry.of(1, 1), true), "relu"),
                node("layer1.bn1", BatchNorm2d.of(8), "layer1.conv1"),
                node("layer1.add", new Add(), "layer1.bn1", "relu"),
                node("layer1.relu", new Activate(relu), "layer1.add"),
                node("layer2.grouped", new Conv2d(8, 8, 3, 3, ConvGeometry.of(1, 1, 1, 2), false), "layer1.relu"),
                node(
                        "layer2.wide",
                        new Conv2d(8, 8, 1, 3, new ConvGeometry(1, 1, 0, 1, 0, 1, 1, 1, 1), false),
                        "layer2.grouped"),
                node("layer2.conv2", new Conv2d(8, 12, 3, 3, ConvGeometry.of(2, 1), false), "layer2.wide"),
                node("layer2.downsample", new Conv2d(12, 12, 1, 1, ConvGeometry.of(1, 0), false), "layer2.conv2"),
                node("pool", new GlobalAvgPool(true), "layer2.downsample"),
                node("flat", new Flatten(1), "pool"),
                node("fc", new Linear(12, 4, true), "flat"));
        Network network = Network.of("x", INPUT, nodes, "fc");
        ModelInfo info = new ModelInfo(
                List.of("ant", "bee", "cat", "dog"), Preprocessing.imagenet(), Map.of("source", "a test"));
        return new Model(network, random(network, 5), info);
    }

    private static Node node(String name, Layer layer, String... inputs) {
        return new Node(name, layer, List.of(inputs));
    }

    private static State random(Network network, long seed) {
        State.Builder state = State.builder();
        for (Node node : network.nodes()) {
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                boolean positive = spec.name().equals("running_var");
                float[] values = values(spec.shape().elements(), seed, name.hashCode(), positive ? 0.2 : 0.3);
                for (int i = 0; i < values.length && positive; i++) {
                    values[i] = 0.5f + Math.abs(values[i]);
                }
                state.put(name, spec.role(), Tensor.of(values, spec.shape().sizes()));
            }
        }
        return state.build();
    }

    static Tensor input() {
        return Tensor.of(values(INPUT.elements(), 9, 1, 1), INPUT.sizes());
    }

    static float[] values(int count, long seed, long stream, double scale) {
        Philox random = new Philox(seed, stream);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }

    /** Moves everything that trains, and running statistics that are not frozen, as training would. */
    static Model trained(Model model) {
        for (Node node : model.network().nodes()) {
            boolean statistics = node.layer() instanceof BatchNorm2d bn && !bn.frozenStatistics();
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                if (model.state().trainable(name) || (statistics && spec.role() == Role.BUFFER)) {
                    move(model.state(), name);
                }
            }
        }
        return model;
    }

    private static void move(State state, String name) {
        float[] values = state.get(name).toFloats();
        float[] moves = values(values.length, 21, name.hashCode(), 0.05);
        String mask = name.replace(LowRankConv2d.SPARSE, LowRankConv2d.MASK);
        byte[] off = mask.equals(name) || !state.has(mask)
                ? new byte[values.length]
                : state.get(mask).toBytes();
        for (int i = 0; i < values.length; i++) {
            float move = name.endsWith("running_var") ? Math.abs(moves[i]) : moves[i];
            values[i] += off[i] == 0 ? move : 0;
        }
        state.update(name, Tensor.of(values, state.shape(name).sizes()));
    }

    static Tensor logits(Model model) {
        return GoldenNetwork.run(model, input());
    }
}

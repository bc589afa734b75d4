package org.lrcc.nn.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;

/**
 * The structure of a network: a directed acyclic graph of named layers with one input and one output. Immutable. Names are those of torch's state dict.
 *
 * <p>The input is [N, C, H, W]; the shape here has N = 1, and any batch size runs.
 */
public final class Network {
    private final String inputName;
    private final Shape inputShape;
    private final List<Node> nodes;
    private final String outputName;
    private final Map<String, Node> byName = new HashMap<>();
    private final Map<String, Shape> shapes;

    private Network(String inputName, Shape inputShape, List<Node> nodes, String outputName) {
        this.inputName = inputName;
        this.inputShape = inputShape;
        this.outputName = outputName;
        index(nodes);
        this.nodes = GraphOrder.sort(inputName, outputName, nodes, byName);
        byName.keySet().retainAll(new HashSet<>(names()));
        this.shapes = infer(inputShape);
    }

    /**
     * A network of these nodes, in any order. Nodes that the output does not depend on are left out.
     *
     * @param inputName the name by which nodes refer to the input
     * @param inputShape [N, C, H, W]; N counts for nothing
     * @param outputName name of the node whose value is the output
     * @throws InputException where names are not unique, an input is unknown, there is a cycle or shapes do not fit; it names the layer
     */
    public static Network of(String inputName, Shape inputShape, List<Node> nodes, String outputName) {
        if (inputShape.rank() != 4) {
            throw new InputException(
                    "network: input " + inputName + " has shape " + inputShape + ", not N x C x H x W");
        }
        return new Network(inputName, inputShape.with(0, 1), nodes, outputName);
    }

    private void index(List<Node> all) {
        for (Node node : all) {
            if (node.name().equals(inputName) || byName.put(node.name(), node) != null) {
                throw new InputException("network: the name " + node.name() + " is there twice");
            }
        }
        if (!byName.containsKey(outputName)) {
            throw new InputException("network: there is no node " + outputName + " to be the output");
        }
    }

    /** The nodes, each after those that it reads. */
    public List<Node> nodes() {
        return nodes;
    }

    /** Names of the nodes, in their order. */
    public List<String> names() {
        return nodes.stream().map(Node::name).toList();
    }

    /** Whether there is a node of this name. */
    public boolean has(String name) {
        return byName.containsKey(name);
    }

    /** The node of this name. */
    public Node node(String name) {
        Node node = byName.get(name);
        if (node == null) {
            throw new InputException("network: there is no layer " + name);
        }
        return node;
    }

    /** Name of the input. */
    public String inputName() {
        return inputName;
    }

    /** Shape of the input, for a batch of 1. */
    public Shape inputShape() {
        return inputShape;
    }

    /** Name of the node whose value is the output. */
    public String outputName() {
        return outputName;
    }

    /** Shape of the output, for a batch of 1. */
    public Shape outputShape() {
        return shape(outputName);
    }

    /** Shape of a node's output, or of the input, for a batch of 1. */
    public Shape shape(String name) {
        Shape shape = shapes.get(name);
        if (shape == null) {
            throw new InputException("network: there is no layer " + name);
        }
        return shape;
    }

    /** Shapes of the input and of all nodes' outputs, for an input of another size. */
    public Map<String, Shape> infer(Shape input) {
        Map<String, Shape> found = new LinkedHashMap<>();
        found.put(inputName, input);
        for (Node node : nodes) {
            try {
                found.put(node.name(), node.layer().infer(inputs(found, node)));
            } catch (InputException e) {
                throw new InputException("layer " + node.name() + ": " + e.getMessage(), e);
            }
        }
        return found;
    }

    private static Shape[] inputs(Map<String, Shape> shapes, Node node) {
        Shape[] in = new Shape[node.inputs().size()];
        Arrays.setAll(in, i -> shapes.get(node.inputs().get(i)));
        return in;
    }

    /** The same network for images of another size. */
    public Network withInput(Shape input) {
        return of(inputName, input, nodes, outputName);
    }

    /** The same network with another layer under this name. */
    public Network replace(String name, Layer layer) {
        return replace(Map.of(name, layer));
    }

    /** The same network with other layers under these names. */
    public Network replace(Map<String, ? extends Layer> layers) {
        layers.keySet().forEach(this::node);
        List<Node> changed = new ArrayList<>();
        for (Node node : nodes) {
            Layer layer = layers.get(node.name());
            changed.add(layer == null ? node : new Node(node.name(), layer, node.inputs()));
        }
        return new Network(inputName, inputShape, changed, outputName);
    }

    /** The tensors that the layers need, by full name, in the nodes' order. */
    public Map<String, ParameterSpec> parameters() {
        Map<String, ParameterSpec> all = new LinkedHashMap<>();
        for (Node node : nodes) {
            node.layer().parameters().forEach(spec -> all.put(node.parameter(spec.name()), spec));
        }
        return all;
    }

    /** Multiplications with accumulation that a layer takes for one image. */
    public long macs(String name) {
        Node node = node(name);
        return node.layer().macs(inputs(shapes, node));
    }

    /** Multiplications with accumulation that all layers take for one image. */
    public long macs() {
        return nodes.stream().mapToLong(node -> macs(node.name())).sum();
    }

    /**
     * Makes the plan to run this network.
     *
     * @param backend where it will run
     * @param input [N, C, H, W]; N may differ from run to run
     */
    public Plan prepare(Backend backend, Mode mode, Shape input) {
        return new Planner(this).fused(backend, mode, input);
    }

    /** A plan that runs every layer by itself: slower, for comparison and diagnosis. */
    public Plan eager(Mode mode, Shape input) {
        return new Planner(this).eager(mode, input);
    }

    /** The network as a table: layer, kind, attributes, output shape, parameters. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, "%-36s %-14s %-34s %-18s %s%n", "layer", "kind", "attributes", "output", "parameters"));
        for (Node node : nodes) {
            long parameters = node.layer().parameters().stream()
                    .mapToLong(spec -> spec.shape().elements())
                    .sum();
            text.append(String.format(
                    Locale.ROOT,
                    "%-36s %-14s %-34s %-18s %,d%n",
                    node.name(),
                    node.layer().kind(),
                    node.layer().details(),
                    shape(node.name()),
                    parameters));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return "Network of " + nodes.size() + " layers, " + inputShape + " to " + outputShape();
    }
}

package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/**
 * Walks a file's graph in its order and builds the network: each node is read by its operator's {@link OpReader}, which either adds a layer or computes a constant. Shapes
 * are inferred on the way, for a batch of 1.
 */
final class GraphImporter {
    /** A layer with its tensors, which a later node may still change. */
    private static final class Draft {
        Layer layer;
        final List<String> inputs;
        final Map<String, Tensor> tensors;

        Draft(Layer layer, List<String> inputs, Map<String, Tensor> tensors) {
            this.layer = layer;
            this.inputs = inputs;
            this.tensors = tensors;
        }
    }

    /** The layers may hold this many times what the file does, beyond {@link #FREE_ELEMENTS}: a file of a few MB could ask for as many copies of one weight as it has nodes. */
    private static final int MOST_COPIES = 8;

    private static final int FREE_ELEMENTS = 1 << 22;

    private final GraphProto graph;
    private final long opset;
    private final TensorCodec codec;
    private final GraphInput input;
    private final Names names;
    private final Map<String, TensorProto> initializers = new HashMap<>();
    private final Map<String, Value> values = new HashMap<>();
    private final Map<String, Integer> readers = new HashMap<>();
    /** Layers with a value that several nodes read, under any of the names that Identity and its like give it. */
    private final Set<String> shared = new HashSet<>();

    private final Map<String, Draft> drafts = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private long held;

    GraphImporter(GraphProto graph, long opset, TensorCodec codec, GraphInput input) {
        this.graph = graph;
        this.opset = opset;
        this.codec = codec;
        this.input = input;
        this.names = new Names(input.name(), graph.getNodeList());
        values.put(input.name(), new Value.Feature(input.name(), input.shape()));
        for (TensorProto tensor : graph.getInitializerList()) {
            if (initializers.put(tensor.getName(), tensor) != null) {
                throw new InputException("onnx: tensor " + Names.printable(tensor.getName()) + " is there twice");
            }
        }
        graph.getNodeList().forEach(node -> node.getInputList().forEach(name -> readers.merge(name, 1, Integer::sum)));
        readers.merge(graph.getOutput(0).getName(), 1, Integer::sum);
    }

    /** Reads all nodes and returns the network. */
    Network network() {
        for (NodeProto node : graph.getNodeList()) {
            read(node);
        }
        String output = graph.getOutput(0).getName();
        if (!(values.get(output) instanceof Value.Feature feature)
                || feature.layer().equals(input.name())) {
            throw new InputException(
                    "onnx: the output " + Names.printable(output) + " is not computed from the input by any layer");
        }
        List<Node> nodes = new ArrayList<>();
        drafts.forEach((name, draft) -> nodes.add(new Node(name, draft.layer, draft.inputs)));
        return Network.of(input.name(), input.shape(), nodes, feature.layer());
    }

    private void read(NodeProto proto) {
        String what = OpNode.describe(proto);
        OpReader reader = OpReaders.of(proto.getOpType());
        if (reader == null || !(proto.getDomain().isEmpty() || proto.getDomain().equals("ai.onnx"))) {
            throw new InputException(what + ": the operator is not supported; supported are " + OpReaders.names());
        }
        List<@Nullable Value> in = new ArrayList<>();
        for (String name : proto.getInputList()) {
            in.add(name.isEmpty() ? null : value(name, what));
        }
        if (proto.getOutputCount() == 0) {
            throw new InputException(what + ": it has no output");
        }
        Value out;
        try {
            out = reader.read(this, new OpNode(proto, in, opset));
        } catch (InputException e) {
            throw e.getMessage() != null && e.getMessage().startsWith("onnx: ")
                    ? e
                    : new InputException(what + ": " + e.getMessage(), e);
        }
        String name = proto.getOutput(0);
        if (values.put(name, out) != null || initializers.containsKey(name)) {
            throw new InputException(what + ": the value " + Names.printable(name) + " is there twice");
        }
        if (out instanceof Value.Feature feature && readers.getOrDefault(name, 0) > 1) {
            shared.add(feature.layer());
        }
    }

    private Value value(String name, String what) {
        Value known = values.get(name);
        if (known != null) {
            return known;
        }
        TensorProto tensor = initializers.get(name);
        if (tensor == null) {
            throw new InputException(what + ": its input " + Names.printable(name)
                    + " is neither computed before nor stored in the file");
        }
        Constant constant = codec.decode(tensor, name);
        values.put(name, constant);
        return constant;
    }

    TensorCodec codec() {
        return codec;
    }

    Names names() {
        return names;
    }

    /** The batch size that the file declares, or null where it is open. */
    @Nullable
    Long declaredBatch() {
        return input.declaredBatch();
    }

    void note(String note) {
        notes.add(note);
    }

    List<String> notes() {
        List<String> all = new ArrayList<>(notes);
        all.addAll(names.notes());
        return all;
    }

    /** Counts elements that a layer or a computed constant holds beside the file's own. */
    void hold(long elements) {
        held += elements;
        if (held > MOST_COPIES * codec.decoded() + FREE_ELEMENTS) {
            throw new InputException("onnx: " + held + " elements of layers and computed tensors, where the file holds "
                    + codec.decoded() + ": above the bound of " + MOST_COPIES + " copies and " + FREE_ELEMENTS);
        }
    }

    /** Adds a layer without tensors. */
    Value.Feature add(OpNode node, Layer layer, Value.Feature... in) {
        return add(names.plain(node.proto()), layer, Map.of(), in);
    }

    /** Adds a layer with its tensors, by local names. */
    Value.Feature add(String name, Layer layer, Map<String, Tensor> tensors, Value.Feature... in) {
        Shape out = layer.infer(Arrays.stream(in).map(Value.Feature::shape).toArray(Shape[]::new));
        for (ParameterSpec spec : layer.parameters()) {
            Tensor tensor = tensors.get(spec.name());
            if (tensor == null || !tensor.shape().equals(spec.shape())) {
                throw new InputException(
                        spec.name() + " is " + (tensor == null ? "missing" : tensor) + ", not " + spec.shape());
            }
            hold(tensor.elements());
        }
        drafts.put(
                name,
                new Draft(layer, Arrays.stream(in).map(Value.Feature::layer).toList(), new HashMap<>(tensors)));
        return new Value.Feature(name, out);
    }

    /** The layer that gives this value. */
    @Nullable
    Layer layer(Value.Feature feature) {
        Draft draft = drafts.get(feature.layer());
        return draft == null ? null : draft.layer;
    }

    /** Whether only one node reads the layer's value, by whichever of its names, Identity and its like aside. */
    boolean readOnce(Value.Feature feature) {
        return !shared.contains(feature.layer());
    }

    /** Gives a layer without bias one. */
    void addBias(Value.Feature feature, Layer withBias, Tensor bias) {
        Draft draft = drafts.get(feature.layer());
        if (draft == null) {
            throw new IllegalStateException("no layer " + feature.layer());
        }
        hold(bias.elements());
        draft.layer = withBias;
        draft.tensors.put("bias", bias);
    }

    /** The tensors of the network's layers. */
    State state(Network network) {
        State.Builder builder = State.builder();
        for (Node node : network.nodes()) {
            Draft draft = drafts.get(node.name());
            for (ParameterSpec spec : node.layer().parameters()) {
                Tensor tensor = draft == null ? null : draft.tensors.get(spec.name());
                if (tensor == null) {
                    throw new InputException("onnx: layer " + node.name() + " has no tensor " + spec.name());
                }
                builder.put(node.parameter(spec.name()), spec.role(), tensor);
            }
        }
        return builder.build();
    }

    static LoadReport.BatchNorm batchNorm(Network network) {
        boolean norm = false;
        boolean bias = false;
        for (Node node : network.nodes()) {
            norm |= node.layer() instanceof BatchNorm2d;
            bias |= node.layer() instanceof Convolution conv && conv.hasBias();
        }
        return norm ? LoadReport.BatchNorm.KEPT : bias ? LoadReport.BatchNorm.FOLDED : LoadReport.BatchNorm.NONE;
    }
}

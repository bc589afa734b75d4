package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/** A node of the file with its inputs resolved; each getter says which node and input it misses. */
final class OpNode {
    private final NodeProto proto;
    private final List<@Nullable Value> inputs;
    private final Attributes attributes;
    private final long opset;
    private final String what;

    OpNode(NodeProto proto, List<@Nullable Value> inputs, long opset) {
        this.proto = proto;
        this.inputs = inputs;
        this.opset = opset;
        this.what = describe(proto);
        this.attributes = new Attributes(proto, what);
    }

    /** "onnx: node NAME (OP)", with the output's name where the node has none. */
    static String describe(NodeProto proto) {
        String name = !proto.getName().isEmpty()
                ? proto.getName()
                : proto.getOutputCount() > 0 ? "giving " + proto.getOutput(0) : "without a name";
        return "onnx: node " + Names.printable(name) + " (" + Names.printable(proto.getOpType()) + ")";
    }

    NodeProto proto() {
        return proto;
    }

    Attributes attributes() {
        return attributes;
    }

    long opset() {
        return opset;
    }

    String what() {
        return what;
    }

    int inputs() {
        return inputs.size();
    }

    @Nullable
    Value optional(int index) {
        return index < inputs.size() ? inputs.get(index) : null;
    }

    Value value(int index) {
        Value value = optional(index);
        if (value == null) {
            throw new InputException(what + ": input " + index + " is missing");
        }
        return value;
    }

    /** An input that depends on the network's input. */
    Value.Feature feature(int index) {
        Value value = value(index);
        if (value instanceof Value.Feature feature) {
            return feature;
        }
        throw new InputException(what + ": input " + index
                + (value instanceof Value.Padded
                        ? " is padded; padding is supported in front of convolutions and poolings only"
                        : " is a constant, where a layer's output is supported only"));
    }

    /** As {@link #feature} with this many axes. */
    Value.Feature feature(int index, int rank) {
        Value.Feature feature = feature(index);
        if (feature.shape().rank() != rank) {
            throw new InputException(what + ": input " + index + " of shape " + feature.shape() + " has not " + rank
                    + " axes, as this layer needs");
        }
        return feature;
    }

    Constant constant(int index) {
        if (value(index) instanceof Constant constant) {
            return constant;
        }
        throw new InputException(what + ": input " + index + " is computed; only a constant is supported");
    }

    @Nullable
    Constant optionalConstant(int index) {
        return optional(index) == null ? null : constant(index);
    }

    InputException error(String message) {
        return new InputException(what + ": " + message);
    }
}

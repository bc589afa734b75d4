package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.Mul;
import org.lrcc.nn.layer.Softmax;

/** Pointwise operators and those that change nothing. */
final class PointReaders {
    private PointReaders() {}

    static Value relu(GraphImporter graph, OpNode node) {
        return graph.add(node, new Activate(Activation.RELU), node.feature(0));
    }

    static Value clip(GraphImporter graph, OpNode node) {
        double low = bound(node, 1, "min", Double.NEGATIVE_INFINITY);
        double high = bound(node, 2, "max", Double.POSITIVE_INFINITY);
        if (!(low <= high)) {
            throw node.error("min " + low + " is above max " + high);
        }
        Activation activation = low == 0 && high > Float.MAX_VALUE / 2 ? Activation.RELU : Activation.clip(low, high);
        return graph.add(node, new Activate(activation), node.feature(0));
    }

    private static double bound(OpNode node, int input, String attribute, double otherwise) {
        if (node.opset() < 11) {
            return node.attributes().real(attribute, otherwise);
        }
        Constant bound = node.optionalConstant(input);
        return bound == null ? otherwise : bound.scalar(node.what());
    }

    static Value leakyRelu(GraphImporter graph, OpNode node) {
        double slope = node.attributes().real("alpha", 0.01);
        if (!(slope >= 0 && slope <= 1)) {
            throw node.error("alpha " + slope + " is not from 0 to 1");
        }
        Activation activation = slope == 0 ? Activation.RELU : Activation.leakyRelu(slope);
        return graph.add(node, new Activate(activation), node.feature(0));
    }

    static Value add(GraphImporter graph, OpNode node) {
        if (areConstants(node)) {
            return ConstantReaders.arithmetic(node, Math::addExact);
        }
        Value.@Nullable Feature same = withConstant(graph, node, 0);
        return same != null ? same : graph.add(node, new Add(), node.feature(0), node.feature(1));
    }

    /** The feature that a constant is added to, with the constant in its bias; null where both inputs are features. */
    private static Value.@Nullable Feature withConstant(GraphImporter graph, OpNode node, double neutral) {
        int at = node.value(0) instanceof Constant ? 0 : 1;
        if (!(node.value(at) instanceof Constant constant)) {
            return null;
        }
        Value.Feature x = node.feature(1 - at);
        if (isAll(constant, neutral) && constant.shape().elements() == 1) {
            return x;
        }
        if (neutral == 0 && ConvReaders.bias(graph, node, 1 - at, at) instanceof Value.Feature merged) {
            return merged;
        }
        throw node.error("the constant " + constant + " is supported only as the bias of the layer before");
    }

    private static boolean isAll(Constant constant, double value) {
        if (constant.floats() == null) {
            return false;
        }
        for (float f : constant.floats()) {
            if (f != value) {
                return false;
            }
        }
        return true;
    }

    private static boolean areConstants(OpNode node) {
        return node.value(0) instanceof Constant && node.value(1) instanceof Constant;
    }

    static Value mul(GraphImporter graph, OpNode node) {
        if (areConstants(node)) {
            return ConstantReaders.arithmetic(node, Math::multiplyExact);
        }
        Value.@Nullable Feature same = withConstant(graph, node, 1);
        return same != null ? same : graph.add(node, new Mul(), node.feature(0), node.feature(1));
    }

    static Value softmax(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0);
        long axis = node.attributes().integer("axis", node.opset() < 13 ? 1 : -1);
        if (axis != -1 && axis != x.shape().rank() - 1) {
            throw node.error("axis " + axis + " is not the last of " + x.shape());
        }
        return graph.add(node, new Softmax(), x);
    }

    static Value dropout(GraphImporter graph, OpNode node) {
        Constant ratio = node.opset() < 12 ? null : node.optionalConstant(1);
        double p = ratio == null ? node.attributes().real("ratio", 0.5) : ratio.scalar(node.what());
        return graph.add(node, new Dropout(p), node.feature(0));
    }

    static Value identity(GraphImporter graph, OpNode node) {
        Value x = node.value(0);
        // torch's exporter stores equal tensors once and names the others by Identity: those names are the state
        // dict's.
        return x instanceof Constant constant ? constant.renamed(node.proto().getOutput(0)) : x;
    }

    static Value cast(GraphImporter graph, OpNode node) {
        long to = node.attributes().integer("to", TensorProto.DataType.FLOAT_VALUE);
        Value x = node.value(0);
        boolean integer = to == TensorProto.DataType.INT64_VALUE || to == TensorProto.DataType.INT32_VALUE;
        boolean keeps = x instanceof Constant constant && constant.integers() != null
                ? integer
                : to == TensorProto.DataType.FLOAT_VALUE;
        if (!keeps) {
            throw node.error("a change of the data type is not supported");
        }
        return x;
    }
}

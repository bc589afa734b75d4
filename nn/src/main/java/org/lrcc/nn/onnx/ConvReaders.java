package org.lrcc.nn.onnx;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Linear;

/** Layers with weights. */
final class ConvReaders {
    private ConvReaders() {}

    static Value conv(GraphImporter graph, OpNode node) {
        Constant weight = node.constant(1);
        if (weight.shape().rank() != 4) {
            throw node.error("weight " + weight + " has not 4 axes; only two-dimensional convolutions are supported");
        }
        Shape w = weight.shape();
        long groups = node.attributes().integer("group", 1);
        if (groups < 1 || groups > w.size(0)) {
            throw node.error("group " + groups + " does not fit the weight " + weight);
        }
        Window window = Window.of(node, w.size(2), w.size(3));
        Value.Feature x = window.input();
        ConvGeometry geometry = new ConvGeometry(
                window.strideHeight(),
                window.strideWidth(),
                window.top(),
                window.left(),
                window.bottom(),
                window.right(),
                window.dilationHeight(),
                window.dilationWidth(),
                (int) groups);
        Constant bias = node.optionalConstant(2);
        Conv2d layer = new Conv2d(
                Math.toIntExact(Math.min(Integer.MAX_VALUE, w.size(1) * groups)),
                w.size(0),
                w.size(2),
                w.size(3),
                geometry,
                bias != null);
        Map<String, Tensor> tensors = new HashMap<>();
        tensors.put("weight", weight.tensor(node.what()));
        if (bias != null) {
            tensors.put("bias", bias.tensor(node.what()));
        }
        return graph.add(graph.names().parametric(node.proto(), weight.name()), layer, tensors, x);
    }

    static Value batchNorm(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0);
        Constant scale = node.constant(1);
        double eps = node.attributes().real("epsilon", 1e-5);
        double momentum = node.attributes().real("momentum", 0.9);
        if (!(eps > 0 && eps < 1) || !(momentum >= 0 && momentum <= 1)) {
            throw node.error("epsilon " + eps + " and momentum " + momentum + " must be from 0 to 1");
        }
        if (scale.shape().rank() != 1) {
            throw node.error("scale " + scale + " has not one axis");
        }
        // ONNX weighs the old statistics, torch the new ones; rounded so that 0.9 gives 0.1.
        BatchNorm2d layer = new BatchNorm2d(scale.shape().size(0), eps, Math.round((1 - momentum) * 1e9) / 1e9, false);
        Map<String, Tensor> tensors = Map.of(
                "weight", scale.tensor(node.what()),
                "bias", node.constant(2).tensor(node.what()),
                "running_mean", node.constant(3).tensor(node.what()),
                "running_var", node.constant(4).tensor(node.what()));
        return graph.add(graph.names().parametric(node.proto(), scale.name()), layer, tensors, x);
    }

    static Value gemm(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0, 2);
        Constant weight = node.constant(1);
        double alpha = node.attributes().real("alpha", 1);
        double beta = node.attributes().real("beta", 1);
        if (node.attributes().flag("transA", false)) {
            throw node.error("transA is set, but the first input is a batch of rows");
        }
        if (weight.shape().rank() != 2) {
            throw node.error("weight " + weight + " has not 2 axes");
        }
        boolean transposed = node.attributes().flag("transB", false);
        Tensor w = matrix(weight.needFloats(node.what()), weight.shape(), !transposed, alpha);
        Constant c = node.optionalConstant(2);
        int out = w.shape().size(0);
        Map<String, Tensor> tensors = new HashMap<>();
        tensors.put("weight", w);
        if (c != null) {
            tensors.put("bias", row(node, c, out, beta));
        }
        Linear layer = new Linear(w.shape().size(1), out, c != null);
        return graph.add(graph.names().parametric(node.proto(), weight.name()), layer, tensors, x);
    }

    static Value matMul(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0, 2);
        Constant weight = node.constant(1);
        if (weight.shape().rank() != 2) {
            throw node.error("weight " + weight + " has not 2 axes");
        }
        Tensor w = matrix(weight.needFloats(node.what()), weight.shape(), true, 1);
        Linear layer = new Linear(w.shape().size(1), w.shape().size(0), false);
        return graph.add(graph.names().parametric(node.proto(), weight.name()), layer, Map.of("weight", w), x);
    }

    /** feature + constant, where the constant is the bias of the layer that gives the feature; else null. */
    static @Nullable Value bias(GraphImporter graph, OpNode node, int featureAt, int constantAt) {
        Value.Feature x = node.feature(featureAt);
        Constant c = node.constant(constantAt);
        if (!graph.readOnce(x)) {
            return null;
        }
        if (graph.layer(x) instanceof Linear linear && !linear.bias()) {
            Linear withBias = new Linear(linear.in(), linear.out(), true);
            graph.addBias(x, withBias, row(node, c, linear.out(), 1));
            return x;
        }
        if (graph.layer(x) instanceof Conv2d conv
                && !conv.bias()
                && c.shape().elements() == conv.out()
                && (c.shape().equals(Shape.of(1, conv.out(), 1, 1)) || c.shape().equals(Shape.of(conv.out(), 1, 1)))) {
            Conv2d withBias =
                    new Conv2d(conv.in(), conv.out(), conv.kernelHeight(), conv.kernelWidth(), conv.geometry(), true);
            graph.addBias(x, withBias, bias(node, c, conv.out(), 1));
            return x;
        }
        return null;
    }

    /** A bias of a linear layer: a number, or one row that is added to each row. */
    private static Tensor row(OpNode node, Constant c, int out, double beta) {
        int elements = c.shape().elements();
        if (elements != 1 && c.shape().size(-1) != elements) {
            throw node.error("bias " + c + " is not one row");
        }
        return bias(node, c, out, beta);
    }

    private static Tensor bias(OpNode node, Constant c, int out, double beta) {
        float[] given = c.needFloats(node.what());
        if (given.length != out && given.length != 1) {
            throw node.error("bias " + c + " does not fit " + out + " outputs");
        }
        float[] bias = new float[out];
        for (int i = 0; i < out; i++) {
            bias[i] = (float) (beta * given[given.length == 1 ? 0 : i]);
        }
        return Tensor.of(bias, out);
    }

    private static Tensor matrix(float[] values, Shape shape, boolean transpose, double alpha) {
        int rows = shape.size(0);
        int columns = shape.size(1);
        float[] out = new float[values.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                float value = (float) (alpha * values[r * columns + c]);
                out[transpose ? c * rows + r : r * columns + c] = value;
            }
        }
        return transpose ? Tensor.of(out, columns, rows) : Tensor.of(out, rows, columns);
    }
}

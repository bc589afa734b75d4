package org.lrcc.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Concat;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.Reshape;

/** Operators that change shapes. */
final class ShapeReaders {
    private ShapeReaders() {}

    static Value flatten(GraphImporter graph, OpNode node) {
        Value.Feature x = node.feature(0);
        int axis = axis(node, node.attributes().integer("axis", 1), x.shape().rank());
        if (axis != 1) {
            throw node.error("axis " + axis + " would mix the images of a batch");
        }
        return graph.add(node, new Flatten(1), x);
    }

    static Value reshape(GraphImporter graph, OpNode node) {
        if (node.value(0) instanceof Constant constant) {
            int[] sizes = sizes(node, constant.shape(), node.constant(1).needIntegers(node.what()));
            return new Constant(constant.name(), Shape.of(sizes), constant.floats(), constant.integers());
        }
        Value.Feature x = node.feature(0);
        long[] target = node.constant(1).needIntegers(node.what()).clone();
        Long batch = graph.declaredBatch();
        if (target.length > 0 && (target[0] == Constant.BATCH || (batch != null && target[0] == batch))) {
            target[0] = 1;
        }
        int[] sizes = sizes(node, x.shape(), target);
        return reshaped(graph, node, x, sizes);
    }

    /** A layer that keeps the batch and gives these sizes, for a batch of 1, behind it. */
    private static Value reshaped(GraphImporter graph, OpNode node, Value.Feature x, int[] sizes) {
        if (sizes.length < 1 || sizes[0] != 1) {
            throw node.error("shape " + Arrays.toString(sizes) + " from " + x.shape() + " does not keep the batch");
        }
        if (sizes.length == 2) {
            return graph.add(node, new Flatten(1), x);
        }
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            kept.add(i == 0 ? 0 : sizes[i]);
        }
        return graph.add(node, new Reshape(kept), x);
    }

    private static int[] sizes(OpNode node, Shape from, long[] target) {
        if (node.attributes().flag("allowzero", false) && Arrays.stream(target).anyMatch(t -> t == 0)) {
            throw node.error("allowzero with a size of 0 is not supported");
        }
        if (target.length > 8 || Arrays.stream(target).anyMatch(t -> t < -1 || t > Integer.MAX_VALUE)) {
            throw node.error("shape " + Arrays.toString(target) + " is out of range");
        }
        int[] sizes = Arrays.stream(target).mapToInt(t -> (int) t).toArray();
        return new org.lrcc.engine.op.Reshape(sizes).infer(from).sizes();
    }

    static Value squeeze(GraphImporter graph, OpNode node) {
        long[] axes = axes(node);
        Shape shape = node.value(0).shape();
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < shape.rank(); i++) {
            int axis = i;
            boolean named = axes == null
                    ? shape.size(i) == 1 && i > 0
                    : Arrays.stream(axes).anyMatch(a -> axis(node, a, shape.rank()) == axis);
            if (named && shape.size(i) != 1) {
                throw node.error("axis " + i + " of " + shape + " has not size 1");
            }
            if (named && i == 0 && !(node.value(0) instanceof Constant)) {
                throw node.error("it would take the batch's axis away");
            }
            if (!named) {
                kept.add(shape.size(i));
            }
        }
        int[] sizes = kept.stream().mapToInt(Integer::intValue).toArray();
        if (node.value(0) instanceof Constant c) {
            return new Constant(c.name(), Shape.of(sizes), c.floats(), c.integers());
        }
        return reshaped(graph, node, node.feature(0), sizes);
    }

    static Value unsqueeze(GraphImporter graph, OpNode node) {
        long[] axes = axes(node);
        if (axes == null || axes.length == 0 || axes.length > 4) {
            throw node.error("axes are missing");
        }
        Shape shape = node.value(0).shape();
        int rank = shape.rank() + axes.length;
        boolean[] added = new boolean[rank];
        for (long a : axes) {
            added[axis(node, a, rank)] = true;
        }
        int[] sizes = new int[rank];
        int next = 0;
        for (int i = 0; i < rank; i++) {
            if (!added[i] && next == shape.rank()) {
                throw node.error("axes " + Arrays.toString(axes) + " repeat");
            }
            sizes[i] = added[i] ? 1 : shape.size(next++);
        }
        if (node.value(0) instanceof Constant c) {
            return new Constant(c.name(), Shape.of(sizes), c.floats(), c.integers());
        }
        if (added[0]) {
            throw node.error("an axis in front of the batch is not supported");
        }
        return reshaped(graph, node, node.feature(0), sizes);
    }

    private static long @Nullable [] axes(OpNode node) {
        if (node.opset() < 13) {
            return node.attributes().integers("axes");
        }
        Constant axes = node.optionalConstant(1);
        return axes == null ? null : axes.needIntegers(node.what());
    }

    static Value concat(GraphImporter graph, OpNode node) {
        if (node.inputs() == 0) {
            throw node.error("it has no input");
        }
        long axis = node.attributes().integer("axis", 0);
        if (node.value(0) instanceof Constant) {
            return ConstantReaders.concat(node);
        }
        Value.Feature[] in = new Value.Feature[node.inputs()];
        for (int i = 0; i < in.length; i++) {
            in[i] = node.feature(i);
        }
        int at = axis(node, axis, in[0].shape().rank());
        if (at == 0) {
            throw node.error("axis 0 would join batches");
        }
        return graph.add(node, new Concat(at), in);
    }

    static int axis(OpNode node, long axis, int rank) {
        long index = axis < 0 ? axis + rank : axis;
        if (index < 0 || index >= rank) {
            throw node.error("axis or index " + axis + " of " + rank + " does not exist");
        }
        return (int) index;
    }
}

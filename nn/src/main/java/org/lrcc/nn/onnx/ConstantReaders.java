package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Arrays;
import java.util.function.LongBinaryOperator;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;

/**
 * Constants and the arithmetic on small integer tensors that exporters leave in a graph: the shape in front of a reshape, the amounts in front of a Pad. A computed tensor has at most
 * {@link #MAX_ELEMENTS} elements and two axes.
 */
final class ConstantReaders {
    private static final int MAX_ELEMENTS = 64;

    private ConstantReaders() {}

    static Value constant(GraphImporter graph, OpNode node) {
        String name = node.proto().getOutput(0);
        TensorProto tensor = node.attributes().tensor("value");
        if (tensor != null) {
            return graph.codec().decode(tensor, name);
        }
        Attributes a = node.attributes();
        float[] floats =
                a.has("value_float") ? new float[] {(float) a.real("value_float", 0)} : a.reals("value_floats");
        if (floats != null) {
            Shape shape = a.has("value_float") ? Shape.of() : Shape.of(floats.length);
            return new Constant(name, shape, floats, null);
        }
        long[] integers = a.has("value_int") ? new long[] {a.integer("value_int", 0)} : a.integers("value_ints");
        if (integers == null) {
            throw node.error("its kind of value is not supported");
        }
        return Constant.ofIntegers(name, a.has("value_int") ? Shape.of() : Shape.of(integers.length), integers);
    }

    static Value constantOfShape(GraphImporter graph, OpNode node) {
        long[] sizes = small(node, node.constant(0));
        long elements = 1;
        for (long size : sizes) {
            if (size < 0 || size > MAX_ELEMENTS || sizes.length > 2) {
                throw tooLarge(node);
            }
            elements *= size;
        }
        TensorProto value = node.attributes().tensor("value");
        Constant fill = value == null ? null : graph.codec().decode(value, "value");
        if (fill == null || fill.integers() == null || fill.shape().elements() != 1) {
            throw node.error("it is supported with an integer only");
        }
        if (elements > MAX_ELEMENTS) {
            throw tooLarge(node);
        }
        long[] filled = new long[(int) elements];
        Arrays.fill(filled, (long) fill.scalar(node.what()));
        return result(node, Shape.of(Arrays.stream(sizes).mapToInt(s -> (int) s).toArray()), filled);
    }

    static Value shape(GraphImporter graph, OpNode node) {
        Value x = node.value(0);
        int rank = x.shape().rank();
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++) {
            sizes[i] = i == 0 && !(x instanceof Constant)
                    ? Constant.BATCH
                    : x.shape().size(i);
        }
        int start = clamp(node.attributes().integer("start", 0), rank);
        int end = clamp(node.attributes().integer("end", rank), rank);
        return result(node, Arrays.copyOfRange(sizes, start, Math.max(start, end)));
    }

    static Value gather(GraphImporter graph, OpNode node) {
        long[] from = vector(node, node.constant(0));
        Constant indices = node.constant(1);
        if (node.attributes().integer("axis", 0) != 0 || indices.shape().rank() > 1) {
            throw node.error("it is supported on computed shapes only");
        }
        long[] picked = small(node, indices).clone();
        for (int i = 0; i < picked.length; i++) {
            picked[i] = from[ShapeReaders.axis(node, picked[i], from.length)];
        }
        return result(node, indices.shape(), picked);
    }

    /** Rows or elements from start to end, with a step that may be negative. */
    static Value slice(GraphImporter graph, OpNode node) {
        if (node.opset() < 10) {
            throw node.error("it is supported from opset 10 on");
        }
        Constant data = node.constant(0);
        long[] from = small(node, data);
        Constant axes = node.optionalConstant(3);
        Constant steps = node.optionalConstant(4);
        long step = steps == null ? 1 : (long) steps.scalar(node.what());
        if (data.shape().rank() < 1 || (axes != null && axes.scalar(node.what()) != 0) || step == 0) {
            throw node.error("it is supported on the first axis of computed shapes only");
        }
        int rows = data.shape().size(0);
        int columns = rows == 0 ? 1 : from.length / rows;
        long start = bound((long) node.constant(1).scalar(node.what()), rows, step);
        long end = bound((long) node.constant(2).scalar(node.what()), rows, step);
        int count = step > 0
                ? (int) Math.max(0, Math.min(rows, (end - start - 1) / step + (end > start ? 1 : 0)))
                : (int) Math.max(0, Math.min(rows, (start - end - 1) / -step + (start > end ? 1 : 0)));
        long[] out = new long[count * columns];
        for (int r = 0; r < count; r++) {
            System.arraycopy(from, (int) (start + r * step) * columns, out, r * columns, columns);
        }
        return result(node, data.shape().with(0, count), out);
    }

    private static long bound(long index, int size, long step) {
        long at = index < 0 ? Math.max(index, Long.MIN_VALUE / 2) + size : index;
        return step > 0 ? Math.max(0, Math.min(size, at)) : Math.max(-1, Math.min(size - 1, at));
    }

    /** The transpose of a matrix of integers or weights. */
    static Value transpose(GraphImporter graph, OpNode node) {
        if (!(node.value(0) instanceof Constant data)) {
            throw node.error("a change of the axes' order is not supported; only N x C x H x W is");
        }
        long[] order = node.attributes().integers("perm");
        if (data.shape().rank() != 2 || (order != null && !Arrays.equals(order, new long[] {1, 0}))) {
            throw node.error("it is supported on constant matrices only");
        }
        int rows = data.shape().size(0);
        int columns = data.shape().size(1);
        graph.hold(data.shape().elements());
        float[] floats = data.floats() == null ? null : new float[rows * columns];
        long[] integers = data.integers() == null ? null : new long[rows * columns];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                if (floats != null) {
                    floats[c * rows + r] = data.needFloats(node.what())[r * columns + c];
                } else if (integers != null) {
                    integers[c * rows + r] = data.needIntegers(node.what())[r * columns + c];
                }
            }
        }
        return new Constant(data.name(), Shape.of(columns, rows), floats, integers);
    }

    static Value subtract(GraphImporter graph, OpNode node) {
        return arithmetic(node, Math::subtractExact);
    }

    /** a (op) b for integers of one shape, or with one number on either side. */
    static Value arithmetic(OpNode node, LongBinaryOperator op) {
        Constant a = node.constant(0);
        Constant b = node.constant(1);
        long[] left = small(node, a);
        long[] right = small(node, b);
        if (left.length != right.length && Math.min(left.length, right.length) != 1) {
            throw node.error(a + " and " + b + " do not fit");
        }
        Shape shape = left.length >= right.length ? a.shape() : b.shape();
        long[] out = new long[shape.elements()];
        for (int i = 0; i < out.length; i++) {
            long x = left[left.length == 1 ? 0 : i];
            long y = right[right.length == 1 ? 0 : i];
            if (x == Constant.BATCH || y == Constant.BATCH) {
                throw node.error("arithmetic on the batch size is not supported");
            }
            try {
                out[i] = op.applyAsLong(x, y);
            } catch (ArithmeticException e) {
                throw new InputException(node.what() + ": the result for " + x + " and " + y + " is out of range", e);
            }
        }
        return result(node, shape, out);
    }

    static Value concat(OpNode node) {
        long[] all = new long[0];
        for (int i = 0; i < node.inputs(); i++) {
            long[] part = vector(node, node.constant(i));
            int at = all.length;
            all = Arrays.copyOf(all, at + part.length);
            System.arraycopy(part, 0, all, at, part.length);
            if (all.length > MAX_ELEMENTS) {
                throw tooLarge(node);
            }
        }
        return result(node, all);
    }

    private static int clamp(long index, int length) {
        return (int) Math.max(0, Math.min(length, index < 0 ? index + length : index));
    }

    private static Constant result(OpNode node, long... values) {
        return result(node, Shape.of(values.length), values);
    }

    private static Constant result(OpNode node, Shape shape, long[] values) {
        return Constant.ofIntegers(node.proto().getOutput(0), shape, values);
    }

    private static long[] vector(OpNode node, Constant constant) {
        if (constant.shape().rank() > 1) {
            throw node.error("it is supported on computed shapes only, not " + constant);
        }
        return small(node, constant);
    }

    private static long[] small(OpNode node, Constant constant) {
        long[] values = constant.needIntegers(node.what());
        if (values.length > MAX_ELEMENTS || constant.shape().rank() > 2) {
            throw tooLarge(node);
        }
        return values;
    }

    private static InputException tooLarge(OpNode node) {
        return node.error("computed tensors of more than " + MAX_ELEMENTS + " integers or 2 axes are not supported");
    }
}

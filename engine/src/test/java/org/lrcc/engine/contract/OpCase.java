package org.lrcc.engine.contract;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * A row of the table: an op with inputs. Immutable; {@code with...} and {@code input} give a changed copy.
 *
 * @param name unique in the table
 * @param op the op
 * @param inputs its inputs
 * @param reduction the longest sum behind one element of the output or of a gradient: the tolerance grows with its root
 * @param slack factor on the tolerance, for rows whose conditioning is worse than their sums tell
 * @param large too big for finite differences; only backends are compared
 */
public record OpCase(String name, Op op, List<Input> inputs, int reduction, double slack, boolean large) {
    /**
     * One input.
     *
     * @param differentiable whether it has a gradient
     */
    public record Input(Shape shape, DType dtype, Fill fill, boolean differentiable) {}

    /** A row without inputs yet. */
    public static OpCase of(String name, Op op) {
        return new OpCase(name, op, List.of(), 1, 1, false);
    }

    /** Adds a real input with a gradient, uniform in [-1, 1). */
    public OpCase input(int... sizes) {
        return input(Fill.UNIFORM, sizes);
    }

    /** Adds a real input with a gradient. */
    public OpCase input(Fill fill, int... sizes) {
        return add(new Input(Shape.of(sizes), DType.F64, fill, true));
    }

    /** Adds a real input without a gradient. */
    public OpCase constant(Fill fill, int... sizes) {
        return add(new Input(Shape.of(sizes), DType.F64, fill, false));
    }

    /** Adds an input of whole numbers. */
    public OpCase whole(DType dtype, Fill fill, int... sizes) {
        return add(new Input(Shape.of(sizes), dtype, fill, false));
    }

    private OpCase add(Input input) {
        List<Input> more = new ArrayList<>(inputs);
        more.add(input);
        return new OpCase(name, op, List.copyOf(more), reduction, slack, large);
    }

    /** The longest sum behind one element. */
    public OpCase reduces(int length) {
        return new OpCase(name, op, inputs, length, slack, large);
    }

    /** A factor on the tolerance. */
    public OpCase withSlack(double factor) {
        return new OpCase(name, op, inputs, reduction, factor, large);
    }

    /** Marks the row as too big for finite differences. */
    public OpCase asLarge() {
        return new OpCase(name, op, inputs, reduction, slack, true);
    }

    /** The output's shape. */
    public Shape out() {
        return op.infer(inputs.stream().map(Input::shape).toArray(Shape[]::new));
    }

    /** Values of an input, the same at each call. */
    public double[] values(int index) {
        Input input = inputs.get(index);
        return input.fill().values(input.shape().elements(), new Philox(name.hashCode(), index));
    }

    /** Values of the output's gradient, the same at each call. */
    public double[] cotangent() {
        return Fill.UNIFORM.values(out().elements(), new Philox(name.hashCode(), -1));
    }

    /** The inputs in the backend's memory, real ones as {@code real}. */
    public Tensor[] tensors(Kernels k, DType real) {
        Tensor[] tensors = new Tensor[inputs.size()];
        for (int i = 0; i < tensors.length; i++) {
            Input input = inputs.get(i);
            tensors[i] = tensor(k, input.dtype() == DType.F64 ? real : input.dtype(), input.shape(), values(i));
        }
        return tensors;
    }

    /** A tensor in the backend's memory. */
    public static Tensor tensor(Kernels k, DType dtype, Shape shape, double... values) {
        Object array = switch (dtype) {
            case F64 -> values;
            case F32 -> floats(values);
            case I32 -> ints(values);
            case U8 -> bytes(values);
        };
        Tensor tensor = k.allocate(dtype, shape);
        tensor.storage().write(tensor.offset(), array, 0, values.length);
        return tensor;
    }

    private static float[] floats(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    private static int[] ints(double[] values) {
        int[] narrow = new int[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (int) values[i];
        }
        return narrow;
    }

    private static byte[] bytes(double[] values) {
        byte[] narrow = new byte[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (byte) (int) values[i];
        }
        return narrow;
    }

    /**
     * How far an F32 result may be from the one in double, as a part of the largest value (or of 1, if that is more): a
     * random walk over the
     * longest sum, with room for the orders in which backends add.
     */
    public double tolerance() {
        return slack * 0x1.0p-23 * (8 + 4 * Math.sqrt(reduction));
    }

    @Override
    public String toString() {
        return name;
    }
}

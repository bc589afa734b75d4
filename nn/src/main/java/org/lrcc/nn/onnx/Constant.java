package org.lrcc.nn.onnx;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * A tensor known at import: a weight, an attribute given as an input, a computed shape. Holds floats or integers.
 *
 * @param name the value's name in the file
 */
record Constant(String name, Shape shape, float @Nullable [] floats, long @Nullable [] integers) implements Value {
    /** Stands for the batch size in a computed shape. */
    static final long BATCH = Long.MIN_VALUE;

    static Constant ofIntegers(String name, Shape shape, long... values) {
        return new Constant(name, shape, null, values);
    }

    Constant renamed(String other) {
        return new Constant(other, shape, floats, integers);
    }

    float[] needFloats(String what) {
        if (floats == null) {
            throw new InputException(what + ": tensor " + name + " holds integers, not floats");
        }
        return floats;
    }

    long[] needIntegers(String what) {
        if (integers == null) {
            throw new InputException(what + ": tensor " + name + " holds floats, not integers");
        }
        return integers;
    }

    /** The only element, as a double. */
    double scalar(String what) {
        if (shape.elements() != 1) {
            throw new InputException(what + ": tensor " + name + " " + shape + " has not one element");
        }
        // By way of the shortest decimal: 0.1f means 0.1.
        return floats != null ? Double.parseDouble(Float.toString(floats[0])) : needIntegers(what)[0];
    }

    Tensor tensor(String what) {
        return Tensor.of(needFloats(what), shape.sizes());
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return name + shape + (integers != null && integers.length < 9 ? Arrays.toString(integers) : "");
    }
}

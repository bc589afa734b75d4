package org.lrcc.engine.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;

/** The sizes of a tensor's axes, slowest first (NCHW for images). Immutable. A shape of rank 0 is a scalar of one element. */
public final class Shape {
    private static final int MAX_RANK = 8;

    private final int[] sizes;
    private final int elements;

    private Shape(int[] sizes) {
        this.sizes = sizes;
        if (sizes.length > MAX_RANK) {
            throw new InputException("shape: rank " + sizes.length + " is above " + MAX_RANK);
        }
        long product = 1;
        for (int size : sizes) {
            if (size < 0) {
                throw new InputException("shape: negative size in " + Arrays.toString(sizes));
            }
            product *= size;
            if (product > Integer.MAX_VALUE - 64) {
                throw new InputException("shape: " + Arrays.toString(sizes) + " has more than 2^31 - 65 elements");
            }
        }
        this.elements = (int) product;
    }

    /** A shape of these sizes; at most 8 axes and 2^31 - 65 elements. */
    public static Shape of(int... sizes) {
        return new Shape(sizes.clone());
    }

    /** Number of axes. */
    public int rank() {
        return sizes.length;
    }

    /** Size of one axis; negative axes count from the end. */
    public int size(int axis) {
        return sizes[index(axis)];
    }

    private int index(int axis) {
        int index = axis < 0 ? axis + sizes.length : axis;
        if (index < 0 || index >= sizes.length) {
            throw new InputException("shape: axis " + axis + " of " + this + " does not exist");
        }
        return index;
    }

    /** Number of elements. */
    public int elements() {
        return elements;
    }

    /** The sizes, as a copy. */
    public int[] sizes() {
        return sizes.clone();
    }

    /** This shape with one axis of another size. */
    public Shape with(int axis, int size) {
        int[] copy = sizes.clone();
        copy[index(axis)] = size;
        return new Shape(copy);
    }

    /** Product of the sizes of the axes from {@code from} (inclusive) to {@code to} (exclusive). */
    public int elements(int from, int to) {
        int product = 1;
        for (int i = from; i < to; i++) {
            product *= sizes[i];
        }
        return product;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape && Arrays.equals(sizes, ((Shape) other).sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    @Override
    public String toString() {
        return Arrays.stream(sizes).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
    }
}

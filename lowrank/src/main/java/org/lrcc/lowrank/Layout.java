package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.Permute;
import org.lrcc.engine.op.Reshape;
import org.lrcc.engine.tensor.Shape;

/**
 * How the product of U {@code [rows, r]} and V {@code [r, columns]} is read as a convolution's weight {@code [out, in, k, k]}.
 */
public enum Layout {
    /** U is {@code [out k, r]}, V {@code [r, in k]}; the product's elements, in order, are the weight's. */
    FLAT,
    /**
     * U is {@code [out k, r]}, V {@code [r, k in]}; the product is {@code [out, k, k, in]} and permuted to the weight. The same as a 1 x k convolution to r
     * channels followed by a k x 1 convolution (the original's {@code reshape_consecutive}).
     */
    SEPARABLE,
    /** U is {@code [out, r]}, V {@code [r, in k k]}: a k x k convolution to r channels followed by a 1 x 1 convolution (PEFT, LoCon). */
    CHANNEL;

    private static final int[] TO_WEIGHT = {0, 3, 1, 2};

    /** The layout of this name, letters' case aside. */
    public static Layout parse(String name) {
        for (Layout layout : values()) {
            if (layout.label().equalsIgnoreCase(name)) {
                return layout;
            }
        }
        throw new InputException("layout " + name + " is unknown; there are "
                + Arrays.stream(values()).map(Layout::label).collect(Collectors.joining(", ")));
    }

    /** The name in files and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The same for the engine's op. */
    public Factors factors() {
        return switch (this) {
            case FLAT -> Factors.FLAT;
            case SEPARABLE -> Factors.SEPARABLE;
            case CHANNEL -> Factors.CHANNEL;
        };
    }

    /** Rows of the matrix that U·V stands for. */
    public int rows(int out, int kernel) {
        return factors().rows(out, kernel);
    }

    /** Columns of the matrix that U·V stands for. */
    public int columns(int in, int kernel) {
        return factors().columns(in, kernel);
    }

    /** The highest rank that the matrix can have. */
    public int maxRank(int out, int in, int kernel) {
        return Math.min(rows(out, kernel), columns(in, kernel));
    }

    private Shape productShape(int out, int in, int kernel) {
        return this == SEPARABLE ? Shape.of(out, kernel, kernel, in) : Shape.of(out, in, kernel, kernel);
    }

    /** U·V on a tape as the weight {@code [out, in, k, k]}. */
    Var toWeight(Tape tape, Var product, int out, int in, int kernel) {
        Var shaped = tape.apply(new Reshape(productShape(out, in, kernel).sizes()), product);
        if (this != SEPARABLE) {
            return shaped;
        }
        Var weight = tape.apply(new Permute(TO_WEIGHT), shaped);
        tape.release(shaped);
        return weight;
    }

    /** The matrix {@code [rows, columns]} of a weight {@code [out, in, k, k]}. */
    float[] toMatrix(float[] weight, int in, int kernel) {
        float[] matrix = new float[weight.length];
        for (int i = 0; i < weight.length; i++) {
            matrix[matrixIndex(i, in, kernel)] = weight[i];
        }
        return matrix;
    }

    /** The weight {@code [out, in, k, k]} of a matrix {@code [rows, columns]}. */
    float[] toWeight(float[] matrix, int in, int kernel) {
        float[] weight = new float[matrix.length];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = matrix[matrixIndex(i, in, kernel)];
        }
        return weight;
    }

    /** As for values, for a mask. */
    byte[] toWeight(byte[] matrix, int in, int kernel) {
        byte[] weight = new byte[matrix.length];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = matrix[matrixIndex(i, in, kernel)];
        }
        return weight;
    }

    /** Where the weight's element at this position lies in the matrix. */
    private int matrixIndex(int weightIndex, int in, int kernel) {
        if (this != SEPARABLE) {
            return weightIndex;
        }
        int area = kernel * kernel;
        int out = weightIndex / (in * area);
        int channel = weightIndex / area % in;
        return (out * area + weightIndex % area) * in + channel;
    }

    @Override
    public String toString() {
        return label();
    }
}

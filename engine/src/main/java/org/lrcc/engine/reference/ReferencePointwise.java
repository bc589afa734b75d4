package org.lrcc.engine.reference;

import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;

/** Pointwise functions, broadcasting, reordering. */
final class ReferencePointwise {
    private ReferencePointwise() {}

    static double[] binary(Kernels.Binary op, double[] a, Shape aShape, double[] b, Shape bShape, Shape yShape) {
        int[] fromA = broadcastIndex(aShape, yShape);
        int[] fromB = broadcastIndex(bShape, yShape);
        double[] y = new double[yShape.elements()];
        for (int i = 0; i < y.length; i++) {
            double left = a[fromA[i]];
            double right = b[fromB[i]];
            y[i] = switch (op) {
                case ADD -> left + right;
                case SUB -> left - right;
                case MUL -> left * right;
            };
        }
        return y;
    }

    static double[] sumTo(double[] x, Shape xShape, Shape yShape) {
        int[] to = broadcastIndex(yShape, xShape);
        double[] y = new double[yShape.elements()];
        for (int i = 0; i < x.length; i++) {
            y[to[i]] += x[i];
        }
        return y;
    }

    /** For each element of {@code big} the element of {@code small} that numpy's broadcasting puts there. */
    private static int[] broadcastIndex(Shape small, Shape big) {
        int lead = big.rank() - small.rank();
        int[] index = new int[big.elements()];
        for (int i = 0; i < index.length; i++) {
            int rest = i;
            int stride = 1;
            for (int axis = big.rank() - 1; axis >= lead; axis--) {
                int coordinate = rest % big.size(axis);
                rest /= big.size(axis);
                int size = small.size(axis - lead);
                index[i] += size == 1 ? 0 : coordinate * stride;
                stride *= size;
            }
        }
        return index;
    }

    /** For each element of y the element of x that it takes, where axis i of y is axis {@code axes[i]} of x. */
    static int[] permutation(Shape x, int[] axes, Shape y) {
        int[] strides = new int[x.rank()];
        int stride = 1;
        for (int axis = x.rank() - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= x.size(axis);
        }
        int[] from = new int[y.elements()];
        for (int i = 0; i < from.length; i++) {
            int rest = i;
            for (int axis = y.rank() - 1; axis >= 0; axis--) {
                from[i] += rest % y.size(axis) * strides[axes[axis]];
                rest /= y.size(axis);
            }
        }
        return from;
    }

    static double[] dropout(double[] x, double p, long seed, long stream) {
        double[] y = new double[x.length];
        int[] block = new int[4];
        for (int i = 0; i < x.length; i++) {
            Philox.block(seed, stream, i / 4, block);
            y[i] = Philox.toFloat(block[i % 4]) < p ? 0 : x[i] / (1 - p);
        }
        return y;
    }

    /** Softmax of each row of {@code classes}. */
    static double[] softmax(double[] x, int classes) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += classes) {
            double max = Double.NEGATIVE_INFINITY;
            for (int k = row; k < row + classes; k++) {
                max = Math.max(max, x[k]);
            }
            double sum = 0;
            for (int k = row; k < row + classes; k++) {
                y[k] = Math.exp(x[k] - max);
                sum += y[k];
            }
            for (int k = row; k < row + classes; k++) {
                y[k] /= sum;
            }
        }
        return y;
    }
}

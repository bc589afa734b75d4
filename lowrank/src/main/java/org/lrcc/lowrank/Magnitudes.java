package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Which magnitudes of many matrices are the largest, told by histograms in the session's memory instead of sorting. */
final class Magnitudes implements AutoCloseable {
    /** Where the digits of a magnitude's 31 bits begin, and how many bits they have. */
    private static final int[][] DIGITS = {{20, 11}, {9, 11}, {0, 9}};

    private final Kernels kernels;
    private final Scope scope = Scope.open();
    private final List<Tensor> parts = new ArrayList<>();
    private final long count;

    /** Of the values of all these arrays, finite; closed on the same thread. */
    Magnitudes(Kernels kernels, List<float[]> values) {
        this.kernels = kernels;
        long sum = 0;
        boolean whole = false;
        try {
            for (float[] part : values) {
                parts.add(Matrices.of(kernels, part, 1, part.length));
                sum += part.length;
            }
            whole = true;
        } finally {
            if (!whole) {
                // Nobody else gets to close it, and those around it could not be closed before it.
                scope.close();
            }
        }
        count = sum;
    }

    /** How many there are. */
    long count() {
        return count;
    }

    /** The n-th largest, n from 1 to {@link #count}. */
    float largest(long n) {
        if (n < 1 || n > count) {
            throw new IllegalArgumentException("of " + count + " magnitudes there is no " + n + "th");
        }
        int prefix = 0;
        long left = n;
        for (int[] digit : DIGITS) {
            int[] found = histogram(digit[0], digit[1], prefix);
            int bin = found.length - 1;
            while (found[bin] < left) {
                left -= found[bin];
                bin--;
            }
            prefix = prefix << digit[1] | bin;
        }
        return Float.intBitsToFloat(prefix);
    }

    private int[] histogram(int shift, int bits, int prefix) {
        try (Scope inner = Scope.open()) {
            Tensor counts = kernels.allocate(DType.I32, Shape.of(1 << bits));
            kernels.fill(counts, 0);
            for (Tensor part : parts) {
                kernels.magnitudeHistogram(part, shift, prefix, counts);
            }
            return counts.toInts();
        }
    }

    /** A threshold that the {@code density} largest of the values reach; in the middle of the gap below them. Above 0. */
    double threshold(double density) {
        long on = Math.min(count - 1, Math.round(density * count));
        if (on <= 0) {
            return Math.max(count == 0 ? 0 : Math.nextUp(largest(1)), Float.MIN_NORMAL);
        }
        float least = largest(on);
        float below = largest(on + 1);
        // Where outliers stand apart, a threshold at the least of them would draw U·V towards it.
        float middle = (float) Math.sqrt((double) least * Math.max(below, 1e-3 * least));
        return Math.max(middle > below ? middle : least, Float.MIN_NORMAL);
    }

    @Override
    public void close() {
        scope.close();
    }
}

package org.lrcc.nn.train;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;

/**
 * Sums the gradients of micro-batches as a fixed binary tree: ((0 + 1) + (2 + 3)) + ..., a function of their number alone. Any aligned group of 2^n of them
 * may be summed elsewhere and gives the same bits. Holds at most one partial sum for each level.
 */
final class GradientTree {
    private final Kernels k;
    private final FlatParameters flat;
    private final List<Tensor> buffers = new ArrayList<>();
    private final Deque<Tensor> free = new ArrayDeque<>();
    /** At position i the sum of 2^i gradients, or null. */
    private final List<@Nullable Tensor> levels = new ArrayList<>();

    GradientTree(Kernels k, FlatParameters flat) {
        this.k = k;
        this.flat = flat;
    }

    /** A buffer to be overwritten with the next gradient and then {@link #add added}. */
    Tensor next() {
        Tensor known = free.poll();
        if (known == null) {
            known = flat.newBuffer();
            buffers.add(known);
        }
        return known;
    }

    /** Takes the next gradient, in a buffer from {@link #next}. */
    void add(Tensor gradient) {
        Tensor carry = gradient;
        int level = 0;
        while (level < levels.size() && levels.get(level) != null) {
            carry = merge(Objects.requireNonNull(levels.get(level)), carry);
            levels.set(level++, null);
        }
        if (level == levels.size()) {
            levels.add(carry);
        } else {
            levels.set(level, carry);
        }
    }

    /** Takes back a buffer from {@link #next} that holds no gradient to be added. */
    void giveBack(Tensor buffer) {
        free.push(buffer);
    }

    /** Forgets the gradients added since the last {@link #total} and takes back every buffer, wherever a step broke off. */
    void reset() {
        levels.clear();
        free.clear();
        free.addAll(buffers);
    }

    /** The sum of all gradients since the last call; valid until the next {@link #next}. */
    Tensor total() {
        Tensor sum = null;
        for (int level = 0; level < levels.size(); level++) {
            Tensor part = levels.get(level);
            if (part != null) {
                sum = sum == null ? part : merge(part, sum);
            }
        }
        levels.clear();
        Tensor total = Objects.requireNonNull(sum, "no gradient was added");
        free.push(total);
        return total;
    }

    private Tensor merge(Tensor left, Tensor right) {
        k.axpy(1, right, left);
        free.push(right);
        return left;
    }
}

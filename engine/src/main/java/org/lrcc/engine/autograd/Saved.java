package org.lrcc.engine.autograd;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * What forward keeps for backward. Each tensor stands for one reference that passes to the tape: newly allocated tensors as they are, inputs and the output with
 * {@code retain()}. A null holds the place of what the wanted gradients do not need.
 */
public final class Saved {
    /** Nothing. */
    public static final Saved NOTHING = new Saved(new Tensor[0], List.of());

    private final @Nullable Tensor[] tensors;
    private final List<Shape> shapes;

    private Saved(@Nullable Tensor[] tensors, List<Shape> shapes) {
        this.tensors = tensors;
        this.shapes = shapes;
    }

    /** These tensors, in this order. */
    public static Saved of(@Nullable Tensor... tensors) {
        return new Saved(tensors.clone(), List.of());
    }

    /** Only shapes. */
    public static Saved shapes(Shape... shapes) {
        return new Saved(new Tensor[0], List.of(shapes));
    }

    /** These tensors and shapes. */
    public Saved with(Shape... more) {
        return new Saved(tensors, List.of(more));
    }

    /** The tensor at this position; it was saved. */
    public Tensor tensor(int index) {
        Tensor tensor = tensors[index];
        if (tensor == null) {
            throw new IllegalStateException(
                    "saved tensor " + index + " was not kept: its gradient was not wanted in forward");
        }
        return tensor;
    }

    /** The tensor at this position, or null. */
    public @Nullable Tensor optional(int index) {
        return tensors[index];
    }

    /** The shape at this position. */
    public Shape shape(int index) {
        return shapes.get(index);
    }

    /** Bytes of the saved tensors. */
    public long bytes() {
        return Arrays.stream(tensors).mapToLong(t -> t == null ? 0 : t.bytes()).sum();
    }

    void release() {
        for (Tensor tensor : tensors) {
            if (tensor != null) {
                tensor.release();
            }
        }
    }
}

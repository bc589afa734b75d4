package org.lrcc.engine.autograd;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** A value of a tape and its gradient. */
final class Slot {
    private final Kernels kernels;
    final Shape shape;
    final DType dtype;
    final boolean differentiable;
    final @Nullable Tensor target;
    final String label;

    @Nullable
    Tensor value;

    @Nullable
    Tensor gradient;
    /** Whether the target holds a contribution. */
    boolean filled;

    Slot(Kernels kernels, Tensor value, boolean differentiable, @Nullable Tensor target, String label) {
        this.kernels = kernels;
        this.value = value;
        this.shape = value.shape();
        this.dtype = value.dtype();
        this.differentiable = differentiable;
        this.target = target;
        this.label = label;
    }

    /** Where a contribution is filled: the parameter's own gradient if it is the first, else new memory. */
    Tensor begin() {
        if (target != null && !filled) {
            filled = true;
            return target.retain();
        }
        return kernels.allocate(dtype, shape);
    }

    void end(Tensor contribution) {
        try {
            if (contribution != target) {
                add(contribution);
            }
        } finally {
            contribution.release();
        }
    }

    /** Adds a contribution that somebody else may hold too; retains it where it is kept. */
    void add(Tensor contribution) {
        if (target != null) {
            if (filled) {
                kernels.axpy(1, contribution, target);
            } else {
                kernels.copy(contribution, target);
                filled = true;
            }
        } else if (gradient == null) {
            gradient = contribution.retain();
        } else if (!gradient.isShared()) {
            kernels.axpy(1, contribution, gradient);
        } else {
            Tensor shared = gradient;
            gradient = kernels.allocate(shared.dtype(), shape);
            try {
                kernels.binary(Kernels.Binary.ADD, shared, contribution, gradient);
            } finally {
                shared.release();
            }
        }
    }

    void releaseValue() {
        if (value != null) {
            value.release();
            value = null;
        }
    }

    void close() {
        releaseValue();
        if (gradient != null) {
            gradient.release();
            gradient = null;
        }
        if (target != null) {
            target.release();
        }
    }
}

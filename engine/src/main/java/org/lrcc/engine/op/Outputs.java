package org.lrcc.engine.op;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** The tensors that a pass of an op allocates. What was not passed on when it closes, because a kernel failed or it was needed inside alone, is released. */
final class Outputs implements AutoCloseable {
    private final Kernels k;
    private final List<Tensor> tensors = new ArrayList<>();

    Outputs(Kernels k) {
        this.k = k;
    }

    /** As {@link Kernels#allocate}, but owned by this. */
    Tensor allocate(DType dtype, Shape shape) {
        Tensor tensor = k.allocate(dtype, shape);
        tensors.add(tensor);
        return tensor;
    }

    /** Takes over the caller's reference. */
    Tensor own(Tensor tensor) {
        tensors.add(tensor);
        return tensor;
    }

    /** Passes the output on to whoever gets the result; the others are released, so what was saved of them was retained. */
    Forward pass(Forward forward) {
        tensors.remove(forward.out());
        return forward;
    }

    /** A tensor that {@code kernels} write, the caller's; released where they fail. */
    static Tensor written(Kernels k, DType dtype, Shape shape, Consumer<Tensor> kernels) {
        Tensor tensor = k.allocate(dtype, shape);
        boolean done = false;
        try {
            kernels.accept(tensor);
            done = true;
            return tensor;
        } finally {
            if (!done) {
                tensor.release();
            }
        }
    }

    /** Passes all tensors on to whoever gets the result. */
    Forward done(Forward forward) {
        tensors.clear();
        return forward;
    }

    @Override
    public void close() {
        tensors.forEach(Tensor::release);
    }
}

package org.lrcc.engine.autograd;

import java.util.function.Consumer;
import org.lrcc.engine.tensor.Tensor;

/** Takes the gradients of an op's inputs, adding up where a value was used more than once. */
public interface GradientSink extends Wants {
    /** How many inputs the op was applied to; optional ones that were left out do not count. */
    int inputs();

    /**
     * Runs {@code writer} on a tensor of the input's shape, which it overwrites with the gradient, if that gradient is wanted; else does nothing.
     */
    void write(int input, Consumer<Tensor> writer);

    /** The gradient is {@code grad} itself, perhaps under another shape (addition, reshape): no copy is made. */
    void pass(int input, Tensor grad);

    /**
     * A target for kernels that write several gradients at once: a tensor of the input's shape to be overwritten, then handed to {@link #done}.
     * Only for wanted inputs.
     */
    Tensor target(int input);

    /** Ends what {@link #target} began for this input. */
    void done(int input);
}

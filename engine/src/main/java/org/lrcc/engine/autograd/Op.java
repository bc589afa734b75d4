package org.lrcc.engine.autograd;

import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * A differentiable operation: a record of attributes with its shape rule, forward and backward side by side, written with backend kernels. An op keeps no state.
 */
public interface Op {
    /** Output shape for these input shapes; throws {@code InputException} naming op, rule and values where they do not fit. */
    Shape infer(Shape... in);

    /**
     * Computes the output.
     *
     * @param wants which inputs' gradients backward will be asked for; the op saves only what these need
     */
    Forward forward(Kernels k, Wants wants, Tensor... in);

    /** Gives the sink the gradients it wants, from {@code grad}, the gradient of the output, and from what forward saved; nothing else is read. */
    void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink);

    /** Name in messages, listings and the case table. */
    default String name() {
        return getClass().getSimpleName();
    }
}

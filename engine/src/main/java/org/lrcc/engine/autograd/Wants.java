package org.lrcc.engine.autograd;

/** Which inputs of an op need a gradient. */
@FunctionalInterface
public interface Wants {
    /** No gradients: inference. */
    Wants NONE = input -> false;

    /** Whether the gradient of this input (by position) is needed. */
    boolean wants(int input);
}

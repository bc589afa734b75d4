package org.lrcc.engine.spi;

/** The passes of a convolution. */
public enum ConvPass {
    /** The output: {@link Kernels#conv2d}. */
    FORWARD,
    /** The gradient of the input: {@link Kernels#conv2dInputGrad}. */
    INPUT_GRADIENT,
    /** The gradient of the weight: {@link Kernels#conv2dWeightGrad}. */
    WEIGHT_GRADIENT
}

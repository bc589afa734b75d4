package org.lrcc.engine.cpu;

/**
 * Geometry of a convolution of {@code [batch, inputs, height, width]} with {@code [outputs, inputs/groups, kernelH, kernelW]}; NCHW. Padding is
 * given per side.
 */
record ConvShape(
        int batch,
        int inputs,
        int height,
        int width,
        int outputs,
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int top,
        int left,
        int bottom,
        int right,
        int dilationH,
        int dilationW,
        int groups) {

    int outHeight() {
        return (height + top + bottom - dilationH * (kernelH - 1) - 1) / strideH + 1;
    }

    int outWidth() {
        return (width + left + right - dilationW * (kernelW - 1) - 1) / strideW + 1;
    }

    int outPlane() {
        return outHeight() * outWidth();
    }

    int kernel() {
        return kernelH * kernelW;
    }

    /** Whether zeros lie around the input. */
    boolean isPadded() {
        return (top() | left() | bottom() | right()) != 0;
    }

    int groupInputs() {
        return inputs / groups;
    }

    int groupOutputs() {
        return outputs / groups;
    }
}

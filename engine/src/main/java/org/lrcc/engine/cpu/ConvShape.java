package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;

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
    /** Of an input of shape x and weights of shape w. */
    static ConvShape of(Shape x, Shape w, ConvGeometry g) {
        return new ConvShape(
                x.size(0),
                x.size(1),
                x.size(2),
                x.size(3),
                w.size(0),
                w.size(2),
                w.size(3),
                g.strideHeight(),
                g.strideWidth(),
                g.padTop(),
                g.padLeft(),
                g.padBottom(),
                g.padRight(),
                g.dilationHeight(),
                g.dilationWidth(),
                g.groups());
    }

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

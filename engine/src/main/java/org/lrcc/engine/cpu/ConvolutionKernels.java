package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Tensor;

/** The passes of a {@link Convolution} on tensors, and what the definition asks beside it: leaking activations, and results where there is nothing to sum. */
final class ConvolutionKernels {
    private final Convolution convolution;
    private final PointwiseKernels pointwise;

    ConvolutionKernels(Convolution convolution, PointwiseKernels pointwise) {
        this.convolution = convolution;
        this.pointwise = pointwise;
    }

    void forward(
            Tensor x,
            Tensor w,
            @Nullable Tensor bias,
            @Nullable Tensor residual,
            Activation activation,
            ConvGeometry geometry,
            Tensor y) {
        Floats in = Floats.of(x);
        Floats weight = Floats.of(w);
        Floats out = Floats.of(y);
        Floats b = Floats.ofNullable(bias);
        Floats r = Floats.ofNullable(residual);
        Activations.Clamp clamp = Activations.clamp(activation);
        Convolution.Epilogue epilogue = new Convolution.Epilogue(
                b == null ? null : b.array(),
                b == null ? 0 : b.offset(),
                r == null ? null : r.array(),
                r == null ? 0 : r.offset(),
                clamp.low(),
                clamp.high());
        if (y.elements() == 0) {
            return;
        }
        convolution.forward(
                ConvShape.of(x.shape(), w.shape(), geometry),
                in.array(),
                in.offset(),
                weight.array(),
                weight.offset(),
                epilogue,
                out.array(),
                out.offset());
        if (clamp.leaks()) {
            pointwise.activation(y, activation, y);
        }
    }

    void inputGradient(Tensor dy, Tensor w, ConvGeometry geometry, Tensor dx) {
        Floats in = Floats.of(dy);
        Floats weight = Floats.of(w);
        Floats out = Floats.of(dx);
        if (dx.elements() == 0) {
            return;
        }
        convolution.inputGradient(
                ConvShape.of(dx.shape(), w.shape(), geometry),
                in.array(),
                in.offset(),
                weight.array(),
                weight.offset(),
                out.array(),
                out.offset());
    }

    void weightGradient(Tensor x, Tensor dy, ConvGeometry geometry, Tensor dw) {
        Floats in = Floats.of(x);
        Floats gradient = Floats.of(dy);
        Floats out = Floats.of(dw);
        if (x.elements() == 0) {
            pointwise.fill(dw, 0);
            return;
        }
        convolution.weightGradient(
                ConvShape.of(x.shape(), dw.shape(), geometry),
                in.array(),
                in.offset(),
                gradient.array(),
                gradient.offset(),
                out.array(),
                out.offset());
    }
}

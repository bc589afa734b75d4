package org.lrcc.engine.op;

import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The maximum of each window. Input x [N, C, H, W], output [N, C, OH, OW].
 *
 * <p>Padding never wins; of equal values the first does; a NaN wins over all. Backward reads the winners' positions,
 * one byte each.
 *
 * @param geometry window, stride, padding, dilation, ceil mode
 */
public record MaxPool2d(PoolGeometry geometry) implements Op {
    private static final int BYTE_POSITIONS = 256;

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("maxPool2d", in, 1, 1);
        Shape out = geometry.infer(in[0]);
        if (geometry.hasEmptyWindow(in[0].size(2), in[0].size(3))) {
            throw new InputException("maxPool2d: a window of " + geometry.kernelHeight() + "x" + geometry.kernelWidth()
                    + " with dilation [" + geometry.dilationHeight() + "," + geometry.dilationWidth()
                    + "] would see nothing but the padding of " + in[0]);
        }
        return out;
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape out = geometry.infer(in[0].shape());
        try (Outputs outputs = new Outputs(k)) {
            Tensor y = outputs.allocate(in[0].dtype(), out);
            Tensor positions = null;
            if (wants.wants(0)) {
                long window = (long) geometry.kernelHeight() * geometry.kernelWidth();
                positions = outputs.allocate(window <= BYTE_POSITIONS ? DType.U8 : DType.I32, out);
            }
            k.maxPool2d(in[0], geometry, y, positions);
            return outputs.done(Forward.of(y, Saved.of(positions)));
        }
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> k.maxPool2dGrad(grad, saved.tensor(0), geometry, dx));
    }
}

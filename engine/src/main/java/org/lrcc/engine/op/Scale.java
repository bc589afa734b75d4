package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = alpha x, of any shape.
 *
 * @param alpha the factor
 */
public record Scale(double alpha) implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("scale", in, 1, 1);
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor y = Outputs.written(k, in[0].dtype(), in[0].shape(), out -> scaled(k, in[0], out));
        return Forward.of(y, Saved.NOTHING);
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> scaled(k, grad, dx));
    }

    private void scaled(Kernels k, Tensor x, Tensor y) {
        k.copy(x, y);
        k.scale(alpha, y);
    }
}

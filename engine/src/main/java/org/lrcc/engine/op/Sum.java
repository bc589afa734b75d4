package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** The sum of all elements. Input of any shape, output []. */
public record Sum() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("sum", in, 1, 1);
        return Shape.of();
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor sum = Outputs.written(k, in[0].dtype(), Shape.of(), out -> k.sumTo(in[0], out));
        return Forward.of(sum, Saved.NOTHING);
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> {
            k.fill(dx, 0);
            k.binary(Kernels.Binary.ADD, dx, grad, dx);
        });
    }
}

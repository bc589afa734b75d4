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
 * y = a + b with numpy's broadcasting. Inputs of any two shapes that fit; output of the shape they are broadcast to.
 */
public record Add() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("add", in, 2, 2);
        return Rules.broadcast("add", in[0], in[1]);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape shape = infer(in[0].shape(), in[1].shape());
        Tensor y = Outputs.written(k, in[0].dtype(), shape, out -> k.binary(Kernels.Binary.ADD, in[0], in[1], out));
        return Forward.of(y, Saved.shapes(in[0].shape(), in[1].shape()));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        Rules.passBroadcast(k, sink, 0, saved.shape(0), grad);
        Rules.passBroadcast(k, sink, 1, saved.shape(1), grad);
    }
}

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
 * y = a b, pointwise with numpy's broadcasting. Inputs of any two shapes that fit; output of the shape they are
 * broadcast to.
 */
public record Mul() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("mul", in, 2, 2);
        return Rules.broadcast("mul", in[0], in[1]);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor a = in[0];
        Tensor b = in[1];
        Shape shape = infer(a.shape(), b.shape());
        Tensor y = Outputs.written(k, a.dtype(), shape, out -> k.binary(Kernels.Binary.MUL, a, b, out));
        Saved saved = Saved.of(Rules.keep(wants.wants(1), a), Rules.keep(wants.wants(0), b));
        return Forward.of(y, saved.with(a.shape(), b.shape()));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, da -> product(k, grad, saved.tensor(1), da));
        sink.write(1, db -> product(k, grad, saved.tensor(0), db));
    }

    /** out = grad other, summed to the shape of out. */
    private static void product(Kernels k, Tensor grad, Tensor other, Tensor out) {
        if (out.shape().equals(grad.shape())) {
            k.binary(Kernels.Binary.MUL, grad, other, out);
            return;
        }
        try (Outputs inside = new Outputs(k)) {
            Tensor whole = inside.allocate(grad.dtype(), grad.shape());
            k.binary(Kernels.Binary.MUL, grad, other, whole);
            k.sumTo(whole, out);
        }
    }
}

package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * w = uv + s (1 - mask) (+ noise): the weight of a low-rank layer with its sparse part.
 *
 * <p>Inputs, all of one shape: uv, s, mask (U8, 1 where s is off, no gradient), and noise, which may be left out.
 * Output of that shape.
 */
public record ComposeSparse() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("composeSparse", in, 3, 4);
        Rules.shape("composeSparse", "s", in[0], in[1]);
        Rules.shape("composeSparse", "mask", in[0], in[2]);
        if (in.length > 3) {
            Rules.shape("composeSparse", "noise", in[0], in[3]);
        }
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Rules.dtype("composeSparse", "mask", DType.U8, in[2]);
        Tensor w = Outputs.written(
                k,
                in[0].dtype(),
                in[0].shape(),
                out -> k.composeSparse(in[0], in[1], in[2], Rules.optional(in, 3), out));
        return Forward.of(w, Saved.of(Rules.keep(wants.wants(1), in[2])));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.pass(0, grad);
        sink.write(1, ds -> k.maskedGrad(grad, saved.tensor(0), ds));
        if (sink.inputs() > 3) {
            sink.pass(3, grad);
        }
    }
}

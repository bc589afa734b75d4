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
 * y = s (1 - mask) (+ noise): what a low-rank layer's weight has beside U·V.
 *
 * <p>Inputs, all of one shape: s, mask (U8, 1 where s is off, no gradient), and noise, which may be left out. Output of that shape.
 */
public record MaskSparse() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("maskSparse", in, 2, 3);
        Rules.shape("maskSparse", "mask", in[0], in[1]);
        if (in.length > 2) {
            Rules.shape("maskSparse", "noise", in[0], in[2]);
        }
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Rules.dtype("maskSparse", "mask", DType.U8, in[1]);
        Tensor y = Outputs.written(k, in[0].dtype(), in[0].shape(), out -> {
            k.fill(out, 0);
            k.composeSparse(out, in[0], in[1], Rules.optional(in, 2), out);
        });
        return Forward.of(y, Saved.of(Rules.keep(wants.wants(0), in[1])));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, ds -> k.maskedGrad(grad, saved.tensor(0), ds));
        if (sink.inputs() > 2) {
            sink.pass(2, grad);
        }
    }
}

package org.lrcc.engine.op;

import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = x w^T + bias.
 *
 * <p>Inputs: x [N, I], w [O, I], and bias [O], which may be left out. Output [N, O].
 */
public record Linear() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("linear", in, 2, 3);
        Rules.rank("linear", "input", 2, in[0]);
        Rules.rank("linear", "weight", 2, in[1]);
        if (in[0].size(1) != in[1].size(1)) {
            throw new InputException("linear: input " + in[0] + " does not have the features of weight " + in[1]);
        }
        if (in.length > 2) {
            Rules.shape("linear", "bias", Shape.of(in[1].size(0)), in[2]);
        }
        return Shape.of(in[0].size(0), in[1].size(0));
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor x = in[0];
        Tensor w = in[1];
        Shape shape = Shape.of(x.shape().size(0), w.shape().size(0));
        Tensor y = Outputs.written(k, x.dtype(), shape, out -> {
            k.gemm(false, true, 1, x, w, 0, out);
            if (in.length > 2) {
                k.binary(Kernels.Binary.ADD, out, in[2], out);
            }
        });
        return Forward.of(y, Saved.of(Rules.keep(wants.wants(1), x), Rules.keep(wants.wants(0), w)));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> k.gemm(false, false, 1, grad, saved.tensor(1), 0, dx));
        sink.write(1, dw -> k.gemm(true, false, 1, grad, saved.tensor(0), 0, dw));
        if (sink.inputs() > 2) {
            sink.write(2, dBias -> k.sumTo(grad, dBias));
        }
    }
}

package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** The sum of absolute values, the L1 norm. Input of any shape, output []. The derivative at 0 is 0. */
public record AbsSum() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("absSum", in, 1, 1);
        return Shape.of();
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor sum = Outputs.written(k, in[0].dtype(), Shape.of(), out -> k.absSum(in[0], out));
        return Forward.of(sum, Saved.of(Rules.keep(wants.wants(0), in[0])));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> k.absSumGrad(saved.tensor(0), grad, dx));
    }
}

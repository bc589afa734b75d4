package org.lrcc.engine.op;

import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** The average of each channel. Input x [N, C, H, W], output [N, C, 1, 1]. */
public record GlobalAvgPool() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("globalAvgPool", in, 1, 1);
        Rules.rank("globalAvgPool", "input", 4, in[0]);
        if (in[0].size(2) == 0 || in[0].size(3) == 0) {
            throw new InputException("globalAvgPool: input " + in[0] + " has no pixels");
        }
        return Shape.of(in[0].size(0), in[0].size(1), 1, 1);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape shape = infer(in[0].shape());
        Tensor y = Outputs.written(k, in[0].dtype(), shape, out -> k.avgPool2d(in[0], whole(in[0].shape()), out));
        return Forward.of(y, Saved.shapes(in[0].shape()));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> k.avgPool2dGrad(grad, whole(saved.shape(0)), dx));
    }

    private static PoolGeometry whole(Shape x) {
        return PoolGeometry.global(x.size(2), x.size(3));
    }
}

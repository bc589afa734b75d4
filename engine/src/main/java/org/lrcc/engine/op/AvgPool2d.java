package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The average of each window. Input x [N, C, H, W], output [N, C, OH, OW].
 *
 * @param geometry window, stride, padding, ceil mode, and whether padding counts
 */
public record AvgPool2d(PoolGeometry geometry) implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("avgPool2d", in, 1, 1);
        return geometry.infer(in[0]);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape shape = geometry.infer(in[0].shape());
        Tensor y = Outputs.written(k, in[0].dtype(), shape, out -> k.avgPool2d(in[0], geometry, out));
        return Forward.of(y, Saved.NOTHING);
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> k.avgPool2dGrad(grad, geometry, dx));
    }
}

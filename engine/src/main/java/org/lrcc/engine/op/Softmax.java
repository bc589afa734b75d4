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

/** y = softmax over the last axis. Input of at least one axis, output of the same shape. */
public record Softmax() implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("softmax", in, 1, 1);
        if (in[0].rank() < 1 || in[0].size(-1) == 0) {
            throw new InputException("softmax: input " + in[0] + " has nothing along its last axis");
        }
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape rows = rows(in[0].shape());
        Tensor y = Outputs.written(
                k, in[0].dtype(), in[0].shape(), out -> k.softmax(in[0].reshape(rows), out.reshape(rows)));
        return Forward.of(y, Saved.of(Rules.keep(wants.wants(0), y)));
    }

    /** dx = y (dy - sum of dy y). */
    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, target -> {
            Shape rows = rows(grad.shape());
            Tensor y = saved.tensor(0).reshape(rows);
            Tensor dy = grad.reshape(rows);
            Tensor dx = target.reshape(rows);
            try (Outputs inside = new Outputs(k)) {
                Tensor sum = inside.allocate(grad.dtype(), Shape.of(rows.size(0), 1));
                k.binary(Kernels.Binary.MUL, dy, y, dx);
                k.sumTo(dx, sum);
                Tensor centred = inside.allocate(grad.dtype(), rows);
                k.binary(Kernels.Binary.SUB, dy, sum, centred);
                k.binary(Kernels.Binary.MUL, centred, y, dx);
            }
        });
    }

    private static Shape rows(Shape shape) {
        int columns = shape.size(-1);
        return Shape.of(shape.elements() / columns, columns);
    }
}

package org.lrcc.engine.op;

import org.lrcc.engine.autograd.Forward;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.autograd.Saved;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * y = activation(x), of any shape. Backward reads the output alone.
 *
 * @param activation the function
 */
public record Activate(Activation activation) implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("activate", in, 1, 1);
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        if (activation.kind() == Activation.Kind.NONE) {
            return Forward.of(in[0].retain(), Saved.NOTHING);
        }
        Tensor y = Outputs.written(k, in[0].dtype(), in[0].shape(), out -> k.activation(in[0], activation, out));
        return Forward.of(y, Saved.of(Rules.keep(wants.wants(0), y)));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        if (activation.kind() == Activation.Kind.NONE) {
            sink.pass(0, grad);
        } else {
            sink.write(0, dx -> k.activationGrad(saved.tensor(0), grad, activation, dx));
        }
    }
}

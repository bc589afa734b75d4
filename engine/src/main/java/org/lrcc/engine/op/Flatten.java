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
 * Input of any shape, as a matrix of the axes before {@code axis} by those from it on, without a copy.
 *
 * @param axis the first axis that goes into the columns; negative counts from the end
 */
public record Flatten(int axis) implements Op {
    /** [N, C, H, W] as [N, C H W]. */
    public Flatten() {
        this(1);
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("flatten", in, 1, 1);
        int rank = in[0].rank();
        int first = axis == rank ? rank : Rules.axis("flatten", axis, in[0]);
        return Shape.of(in[0].elements(0, first), in[0].elements(first, rank));
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        return Forward.of(in[0].retain().reshape(infer(in[0].shape())), Saved.NOTHING);
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.pass(0, grad);
    }
}

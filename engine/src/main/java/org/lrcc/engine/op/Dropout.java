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
 * Each element is kept with probability 1 - p and divided by it, else 0. Input of any shape. Which are kept is a
 * function of seed, stream and
 * the element's position; backward draws the same again and saves nothing.
 *
 * @param p probability that an element is dropped, from 0 to below 1
 * @param seed of the run
 * @param stream of the layer and step: distinct streams are independent
 */
public record Dropout(double p, long seed, long stream) implements Op {
    /** Checks p. */
    public Dropout {
        if (!(p >= 0 && p < 1)) {
            throw new InputException("dropout: p " + p + " must be from 0 to below 1");
        }
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("dropout", in, 1, 1);
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor y = Outputs.written(k, in[0].dtype(), in[0].shape(), out -> k.dropout(in[0], p, seed, stream, out));
        return Forward.of(y, Saved.NOTHING);
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dx -> k.dropout(grad, p, seed, stream, dx));
    }
}

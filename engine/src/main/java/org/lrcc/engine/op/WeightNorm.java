package org.lrcc.engine.op;

import org.lrcc.engine.InputException;
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
 * y = m v / |v|, row by row: magnitude and direction of a weight. |v| is the root of eps and the sum of squares over all axes but the first, so a row of zeros stays
 * one.
 *
 * <p>Inputs: v [O, ...] and m [O]. Output of v's shape. The norm is a function of v in the gradient too: dv = m / |v| (dy - v (v·dy) / |v|²),
 * dm = v·dy / |v|.
 *
 * <p>Written with kernels that every backend has: 1 / |v| is the batch normalisation of ones with variance |v|².
 *
 * <p>Source: T. Salimans and D. P. Kingma, "Weight normalization", NIPS 2016.
 *
 * @param eps added to the sum of squares, above 0
 */
public record WeightNorm(double eps) implements Op {
    /** Checks the range. */
    public WeightNorm {
        if (!(eps > 0)) {
            throw new InputException("weightNorm: eps " + eps + " must be above 0");
        }
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("weightNorm", in, 2, 2);
        if (in[0].rank() < 2) {
            throw new InputException("weightNorm: weight " + in[0] + " must have at least 2 axes");
        }
        Rules.shape("weightNorm", "magnitude", Shape.of(in[0].size(0)), in[1]);
        return in[0];
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Tensor v = in[0];
        Tensor m = in[1];
        try (Outputs outputs = new Outputs(k)) {
            Tensor inverse = outputs.own(inverseRoot(k, outputs.own(rowDots(k, v, v))));
            Tensor scale = outputs.allocate(m.dtype(), m.shape());
            k.binary(Kernels.Binary.MUL, m, inverse, scale);
            Tensor y = outputs.allocate(v.dtype(), v.shape());
            k.binary(Kernels.Binary.MUL, rows(v), column(scale), rows(y));
            boolean any = wants.wants(0) || wants.wants(1);
            Saved saved = Saved.of(Rules.keep(any, v), Rules.keep(any, inverse), Rules.keep(wants.wants(0), scale));
            return outputs.pass(Forward.of(y, saved));
        }
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        if (!sink.wants(0) && !sink.wants(1)) {
            return;
        }
        Tensor v = saved.tensor(0);
        Tensor inverse = saved.tensor(1);
        try (Outputs inside = new Outputs(k)) {
            Tensor dots = inside.own(rowDots(k, v, grad));
            k.binary(Kernels.Binary.MUL, dots, inverse, dots);
            sink.write(1, dm -> k.copy(dots, dm));
            sink.write(0, dv -> {
                Tensor scale = saved.tensor(2);
                // m / |v| (v·dy) / |v|²
                k.binary(Kernels.Binary.MUL, dots, inverse, dots);
                k.binary(Kernels.Binary.MUL, dots, scale, dots);
                Tensor along = inside.allocate(v.dtype(), v.shape());
                k.binary(Kernels.Binary.MUL, rows(v), column(dots), rows(along));
                k.binary(Kernels.Binary.MUL, rows(grad), column(scale), rows(dv));
                k.axpy(-1, along, dv);
            });
        }
    }

    /** Sums of a b over each row, [O]. */
    private static Tensor rowDots(Kernels k, Tensor a, Tensor b) {
        try (Outputs inside = new Outputs(k)) {
            Tensor product = inside.allocate(a.dtype(), a.shape());
            k.binary(Kernels.Binary.MUL, a, b, product);
            Shape shape = Shape.of(a.shape().size(0));
            return Outputs.written(k, a.dtype(), shape, sums -> k.channelSum(rows(product), sums));
        }
    }

    private Tensor inverseRoot(Kernels k, Tensor square) {
        Shape shape = square.shape();
        Shape row = Shape.of(1, shape.size(0));
        try (Outputs inside = new Outputs(k)) {
            Tensor ones = inside.allocate(square.dtype(), shape);
            Tensor zeros = inside.allocate(square.dtype(), shape);
            k.fill(ones, 1);
            k.fill(zeros, 0);
            return Outputs.written(
                    k,
                    square.dtype(),
                    shape,
                    inverse -> k.batchNorm(
                            ones.reshape(row),
                            zeros,
                            square,
                            eps,
                            ones,
                            zeros,
                            null,
                            Activation.NONE,
                            inverse.reshape(row)));
        }
    }

    /** The rows of a weight as channels of one sample: [1, O, K]. */
    private static Tensor rows(Tensor t) {
        int count = t.shape().size(0);
        return t.reshape(Shape.of(1, count, count == 0 ? 0 : t.elements() / count));
    }

    private static Tensor column(Tensor t) {
        return t.reshape(Shape.of(t.elements(), 1));
    }
}

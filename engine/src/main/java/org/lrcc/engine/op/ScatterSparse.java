package org.lrcc.engine.op;

import org.lrcc.engine.InputException;
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
 * y = s (+ base), s being a list of its entries: what {@link MaskSparse} and {@link ComposeSparse} make of an s that lies whole, to the same bits. The values' gradient is gathered.
 *
 * <p>Inputs: values [n]; indices I32 [n], where they stand in y in row-major order, ascending, each once (neither checked nor differentiated); and base, of y's shape,
 * which may be left out.
 *
 * @param shape y's shape
 */
public record ScatterSparse(Shape shape) implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("scatterSparse", in, 2, 3);
        Rules.rank("scatterSparse", "values", 1, in[0]);
        Rules.shape("scatterSparse", "indices", in[0], in[1]);
        if (in[0].elements() > shape.elements()) {
            throw new InputException("scatterSparse: " + in[0].elements() + " entries do not fit " + shape);
        }
        if (in.length > 2) {
            Rules.shape("scatterSparse", "base", shape, in[2]);
        }
        return shape;
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Rules.dtype("scatterSparse", "indices", DType.I32, in[1]);
        Tensor base = Rules.optional(in, 2);
        Tensor y = Outputs.written(k, in[0].dtype(), shape, out -> {
            if (base == null) {
                k.fill(out, 0);
            } else {
                k.copy(base, out);
            }
            k.scatterAdd(in[0], in[1], out);
        });
        return Forward.of(y, Saved.of(Rules.keep(wants.wants(0), in[1])));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, dv -> k.gather(grad, saved.tensor(0), dv));
        if (sink.inputs() > 2) {
            sink.pass(2, grad);
        }
    }
}

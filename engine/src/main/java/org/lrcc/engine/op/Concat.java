package org.lrcc.engine.op;

import java.util.Arrays;
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
 * The inputs one after the other along an axis; their other axes are of the same sizes.
 *
 * @param axis the axis along which they are joined; negative counts from the end
 */
public record Concat(int axis) implements Op {
    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("concat", in, 1, Integer.MAX_VALUE);
        int at = Rules.axis("concat", axis, in[0]);
        long total = 0;
        for (Shape shape : in) {
            if (shape.rank() != in[0].rank() || !shape.with(at, 1).equals(in[0].with(at, 1))) {
                throw new InputException("concat: " + shape + " and " + in[0] + " differ outside of axis " + at);
            }
            total += shape.size(at);
        }
        if (total > Integer.MAX_VALUE) {
            throw new InputException("concat: axis " + at + " would have " + total + " elements");
        }
        return in[0].with(at, (int) total);
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape[] shapes = Arrays.stream(in).map(Tensor::shape).toArray(Shape[]::new);
        Shape out = infer(shapes);
        int stride = columns(out);
        Tensor y = Outputs.written(k, in[0].dtype(), out, target -> {
            int start = 0;
            for (Tensor x : in) {
                int columns = columns(x.shape());
                k.copyBlock(x, 0, columns, target, start, stride, rows(out), columns);
                start += columns;
            }
        });
        return Forward.of(y, Saved.shapes(shapes));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        int stride = columns(grad.shape());
        int rows = rows(grad.shape());
        int start = 0;
        for (int i = 0; i < sink.inputs(); i++) {
            int columns = columns(saved.shape(i));
            int from = start;
            sink.write(i, dx -> k.copyBlock(grad, from, stride, dx, 0, columns, rows, columns));
            start += columns;
        }
    }

    private int rows(Shape shape) {
        return shape.elements(0, Rules.axis("concat", axis, shape));
    }

    private int columns(Shape shape) {
        return shape.elements(Rules.axis("concat", axis, shape), shape.rank());
    }
}

package org.lrcc.engine.op;

import java.util.Arrays;
import java.util.List;
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
 * The input with its axes in another order.
 *
 * @param axes axis i of the output is axis {@code axes[i]} of the input
 */
public record Permute(List<Integer> axes) implements Op {
    /** Checks that every axis is there once. */
    public Permute {
        axes = List.copyOf(axes);
        for (int i = 0; i < axes.size(); i++) {
            if (!axes.contains(i)) {
                throw new InputException("permute: axes " + axes + " must be an order of 0 to " + (axes.size() - 1));
            }
        }
    }

    /** Axis i of the output is axis {@code axes[i]} of the input. */
    public Permute(int... axes) {
        this(Arrays.stream(axes).boxed().toList());
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("permute", in, 1, 1);
        if (in[0].rank() != axes.size()) {
            throw new InputException("permute: axes " + axes + " do not name all axes of " + in[0]);
        }
        return Shape.of(axes.stream().mapToInt(in[0]::size).toArray());
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        int[] order = axes.stream().mapToInt(a -> a).toArray();
        Tensor y = Outputs.written(k, in[0].dtype(), infer(in[0].shape()), out -> k.permute(in[0], order, out));
        return Forward.of(y, Saved.NOTHING);
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        int[] inverse = new int[axes.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[axes.get(i)] = i;
        }
        sink.write(0, dx -> k.permute(grad, inverse, dx));
    }
}

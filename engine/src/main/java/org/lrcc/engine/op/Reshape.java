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
 * The same elements under another shape, without a copy.
 *
 * @param sizes the new sizes; 0 keeps the input's size of that axis, one -1 takes what is left
 */
public record Reshape(List<Integer> sizes) implements Op {
    /** Checks the sizes: at least -1, and -1 at most once. */
    public Reshape {
        sizes = List.copyOf(sizes);
        if (sizes.stream().anyMatch(s -> s < -1)
                || sizes.stream().filter(s -> s == -1).count() > 1) {
            throw new InputException("reshape: sizes " + sizes + " must be at least -1, and -1 at most once");
        }
    }

    /** The new sizes; 0 keeps the input's size of that axis, one -1 takes what is left. */
    public Reshape(int... sizes) {
        this(Arrays.stream(sizes).boxed().toList());
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("reshape", in, 1, 1);
        int[] out = new int[sizes.size()];
        long known = 1;
        int open = -1;
        for (int i = 0; i < out.length; i++) {
            int size = sizes.get(i);
            if (size == 0 && i >= in[0].rank()) {
                throw new InputException(
                        "reshape: sizes " + sizes + " keep axis " + i + ", which " + in[0] + " does not have");
            }
            out[i] = size == 0 ? in[0].size(i) : size;
            if (size == -1) {
                open = i;
            } else {
                known *= out[i];
            }
        }
        if (open >= 0 && known > 0 && in[0].elements() % known == 0) {
            out[open] = (int) (in[0].elements() / known);
            known *= out[open];
        }
        if (known != in[0].elements() || Arrays.stream(out).anyMatch(s -> s < 0)) {
            throw new InputException(
                    "reshape: " + in[0] + " of " + in[0].elements() + " elements does not fit " + sizes);
        }
        return Shape.of(out);
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

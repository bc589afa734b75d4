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
 * c = op(a) op(b) for matrices, where op transposes if its flag says so.
 *
 * <p>Inputs: a [M, K] ([K, M] where transposed), b [K, N] ([N, K] where transposed). Output [M, N].
 *
 * @param transposeA whether a is transposed
 * @param transposeB whether b is transposed
 */
public record MatMul(boolean transposeA, boolean transposeB) implements Op {
    /** The plain product. */
    public MatMul() {
        this(false, false);
    }

    @Override
    public Shape infer(Shape... in) {
        Rules.inputs("matmul", in, 2, 2);
        Rules.rank("matmul", "a", 2, in[0]);
        Rules.rank("matmul", "b", 2, in[1]);
        if (in[0].size(transposeA ? 0 : 1) != in[1].size(transposeB ? 1 : 0)) {
            throw new InputException("matmul: inner dimensions differ: " + in[0] + (transposeA ? "^T" : "") + " x "
                    + in[1] + (transposeB ? "^T" : ""));
        }
        return Shape.of(in[0].size(transposeA ? 1 : 0), in[1].size(transposeB ? 0 : 1));
    }

    @Override
    public Forward forward(Kernels k, Wants wants, Tensor... in) {
        Shape shape = infer(in[0].shape(), in[1].shape());
        Tensor c = Outputs.written(
                k, in[0].dtype(), shape, out -> k.gemm(transposeA, transposeB, 1, in[0], in[1], 0, out));
        return Forward.of(c, Saved.of(Rules.keep(wants.wants(1), in[0]), Rules.keep(wants.wants(0), in[1])));
    }

    @Override
    public void backward(Kernels k, Saved saved, Tensor grad, GradientSink sink) {
        sink.write(0, da -> {
            if (transposeA) {
                k.gemm(transposeB, true, 1, saved.tensor(1), grad, 0, da);
            } else {
                k.gemm(false, !transposeB, 1, grad, saved.tensor(1), 0, da);
            }
        });
        sink.write(1, db -> {
            if (transposeB) {
                k.gemm(true, transposeA, 1, grad, saved.tensor(0), 0, db);
            } else {
                k.gemm(!transposeA, false, 1, saved.tensor(0), grad, 0, db);
            }
        });
    }
}

package org.lrcc.engine.op;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.GradientSink;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Checks and small steps that several ops share. */
final class Rules {
    private Rules() {}

    /** Throws unless there are {@code least} to {@code most} inputs. */
    static void inputs(String op, Shape[] in, int least, int most) {
        if (in.length < least || in.length > most) {
            String wanted = least == most ? Integer.toString(least) : least + " to " + most;
            throw new InputException(op + ": takes " + wanted + " input(s), got " + in.length);
        }
    }

    /** Throws unless the shape of the input {@code what} is {@code wanted}. */
    static void shape(String op, String what, Shape wanted, Shape got) {
        if (!wanted.equals(got)) {
            throw new InputException(op + ": " + what + " must be " + wanted + ", got " + got);
        }
    }

    /** Throws unless the input {@code what} has {@code rank} axes. */
    static void rank(String op, String what, int rank, Shape got) {
        if (got.rank() != rank) {
            throw new InputException(op + ": " + what + " " + got + " must have " + rank + " axes");
        }
    }

    /** Throws unless the input {@code what} holds {@code wanted}. */
    static void dtype(String op, String what, DType wanted, Tensor got) {
        if (got.dtype() != wanted) {
            throw new InputException(op + ": " + what + " must hold " + wanted + ", got " + got);
        }
    }

    /** An axis counted from 0, from one that may count from the end; throws where there is none. */
    static int axis(String op, int axis, Shape shape) {
        int index = axis < 0 ? axis + shape.rank() : axis;
        if (index < 0 || index >= shape.rank()) {
            throw new InputException(op + ": axis " + axis + " of " + shape + " does not exist");
        }
        return index;
    }

    /** The shape that a and b are broadcast to, as numpy does; throws where they do not fit. */
    static Shape broadcast(String op, Shape a, Shape b) {
        if (a.equals(b)) {
            return a;
        }
        int rank = Math.max(a.rank(), b.rank());
        int[] sizes = new int[rank];
        for (int i = 0; i < rank; i++) {
            int sizeA = i < rank - a.rank() ? 1 : a.size(i - rank + a.rank());
            int sizeB = i < rank - b.rank() ? 1 : b.size(i - rank + b.rank());
            if (sizeA != sizeB && sizeA != 1 && sizeB != 1) {
                throw new InputException(op + ": " + a + " and " + b + " cannot be broadcast to one shape");
            }
            sizes[i] = sizeA == 1 ? sizeB : sizeA;
        }
        return Shape.of(sizes);
    }

    /** The tensor with one more reference if {@code needed}, else null: what {@code Saved} takes. */
    static @Nullable Tensor keep(boolean needed, Tensor tensor) {
        return needed ? tensor.retain() : null;
    }

    /** The input at this position, or null where the call left it out. */
    static @Nullable Tensor optional(Tensor[] in, int index) {
        return index < in.length ? in[index] : null;
    }

    /**
     * The gradient before the activation, as a reference that the caller releases.
     *
     * @param y the op's output, null where there is no activation
     */
    static Tensor beforeActivation(Kernels k, Activation activation, @Nullable Tensor y, Tensor grad) {
        if (y == null) {
            return grad.retain();
        }
        return Outputs.written(k, grad.dtype(), grad.shape(), before -> k.activationGrad(y, grad, activation, before));
    }

    /** Gives the sink the gradient of an input that was broadcast: {@code grad} itself or its sum. */
    static void passBroadcast(Kernels k, GradientSink sink, int input, Shape shape, Tensor grad) {
        if (shape.equals(grad.shape())) {
            sink.pass(input, grad);
        } else {
            sink.write(input, dx -> k.sumTo(grad, dx));
        }
    }
}

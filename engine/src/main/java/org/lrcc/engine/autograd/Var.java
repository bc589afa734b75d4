package org.lrcc.engine.autograd;

import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** A value on a {@link Tape}. */
public final class Var {
    private final Tape tape;
    private final int id;

    Var(Tape tape, int id) {
        this.tape = tape;
        this.id = id;
    }

    /** Position on the tape. */
    public int id() {
        return id;
    }

    /** The tape. */
    public Tape tape() {
        return tape;
    }

    /** The value; throws if it was released. */
    public Tensor tensor() {
        return tape.value(this);
    }

    /** The value's shape. */
    public Shape shape() {
        return tape.shape(this);
    }
}

package org.lrcc.engine.autograd;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Tensor;

/** The gradients that {@link Tape#backward} found, of the tape's {@link Tape#variable variables}. They live until the tape is closed. */
public final class Gradients {
    private final @Nullable Tensor[] gradients;

    Gradients(@Nullable Tensor[] gradients) {
        this.gradients = gradients;
    }

    /** The gradient of a variable; throws where the loss does not depend on it. */
    public Tensor of(Var variable) {
        Tensor gradient = gradients[variable.id()];
        if (gradient == null) {
            throw new InputException(
                    "gradient: the loss does not depend on value " + variable.id() + ", or it is no variable");
        }
        return gradient;
    }
}

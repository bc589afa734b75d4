package org.lrcc.nn.network;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.tensor.Tensor;

/**
 * A state's tensors as values of one tape, each added when it is first asked for and labelled with its full name. Trainable tensors get their gradients written into the
 * flat gradient; without one they are variables, whose gradients {@code Tape.backward} returns. The others are constants.
 */
public final class Parameters {
    private final Tape tape;
    private final State state;
    private final @Nullable FlatParameters flat;
    private final @Nullable Tensor gradient;
    private final Map<String, Var> vars = new HashMap<>();

    private Parameters(Tape tape, State state, @Nullable FlatParameters flat, @Nullable Tensor gradient) {
        this.tape = tape;
        this.state = state;
        this.flat = flat;
        this.gradient = gradient;
    }

    /** Gradients of the trainable tensors are returned by {@code Tape.backward}. */
    public static Parameters of(Tape tape, State state) {
        return new Parameters(tape, state, null, null);
    }

    /** Gradients of {@code flat}'s tensors are written into {@code gradient}, a buffer of its layout; all others are constants. */
    public static Parameters of(Tape tape, State state, FlatParameters flat, Tensor gradient) {
        return new Parameters(tape, state, flat, gradient);
    }

    /** The tape. */
    public Tape tape() {
        return tape;
    }

    /** The state. */
    public State state() {
        return state;
    }

    /** The tensor of this full name; the same value however often it is asked for. Sets the tape's label to the name when it is new. */
    public Var get(String name) {
        Var known = vars.get(name);
        if (known != null) {
            return known;
        }
        tape.label(name);
        Var var = add(name);
        vars.put(name, var);
        return var;
    }

    private Var add(String name) {
        if (flat != null && gradient != null) {
            return flat.has(name)
                    ? tape.parameter(flat.slice(flat.values(), name), flat.slice(gradient, name))
                    : tape.constant(resident(name));
        }
        return state.trainable(name) ? tape.variable(resident(name)) : tape.constant(resident(name));
    }

    private Tensor resident(String name) {
        return tape.kernels().resident(state.get(name), state.version(name));
    }
}

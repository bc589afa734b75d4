package org.lrcc.nn.train;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.State;

/** Finds where numbers first went wrong. */
final class Diagnosis {
    private Diagnosis() {}

    /** What first was not finite on the way to a loss that is not, by running the same forward again. */
    static String ofLoss(Kernels k, Plan plan, State state, FlatParameters flat, Tensor x, long seed, long stream) {
        if (!isFinite(x)) {
            return "the input has values that are not finite";
        }
        for (String name : state.names()) {
            if (!isFinite(state.get(name))) {
                return "tensor '" + name + "' has values that are not finite";
            }
        }
        AtomicReference<@Nullable String> first = new AtomicReference<>();
        try (Tape tape = Tape.recording(k)) {
            tape.observe(value -> {
                if (first.get() == null && !isFinite(value.tensor())) {
                    first.set(tape.label(value));
                }
            });
            Var input = tape.constant(x);
            plan.forward(Parameters.of(tape, state, flat, flat.newBuffer()), input, seed, stream);
        }
        String layer = first.get();
        return layer == null
                ? "all layers give finite values; the loss itself does not"
                : "layer '" + layer + "' is the first whose values are not finite";
    }

    /** The parameter whose gradient is not finite; backward comes to the last layers first. */
    static String ofGradient(FlatParameters flat, Tensor gradient, State state) {
        String found = null;
        for (String name : state.names()) {
            if (flat.has(name) && !isFinite(flat.slice(gradient, name))) {
                found = name;
            }
        }
        return found == null
                ? "their squares overflow"
                : "the last parameter that has such a gradient is '" + found + "'";
    }

    static boolean isFinite(Tensor tensor) {
        if (tensor.dtype() != DType.F32) {
            return true;
        }
        for (float value : tensor.toFloats()) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }
}

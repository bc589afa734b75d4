package org.lrcc.nn.network;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.spi.Kernels;

/** One step of a plan: a layer, or several fused. */
abstract class Step {
    private final LayerNames names;
    private final int output;
    private int[] releases = {};

    Step(Node node, int output) {
        this.names = new LayerNames(node);
        this.output = output;
    }

    /** The layer that errors and labels name. */
    final LayerNames names() {
        return names;
    }

    /** Position of its output among the plan's values. */
    final int output() {
        return output;
    }

    /** Positions of the values that it reads. */
    abstract int[] inputs();

    /** Positions of the values that nobody reads after this step. */
    final int[] releases() {
        return releases;
    }

    final void releases(int[] dead) {
        releases = dead;
    }

    /** Computes what the state keeps for this step ({@link State#derived}) unless it is there. */
    void prepare(Kernels kernels, State state) {}

    /** Computes the output. */
    abstract Var run(StepContext context, @Nullable Var[] live);

    /** Layers and functions in it. */
    abstract String describe();

    static Var live(@Nullable Var[] live, int index) {
        Var var = live[index];
        if (var == null) {
            throw new IllegalStateException("plan: value " + index + " is read after its release");
        }
        return var;
    }
}

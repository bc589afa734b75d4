package org.lrcc.nn.network;

import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.random.Philox;
import org.lrcc.nn.layer.LayerContext;

/** The context of one run of a plan, moved from layer to layer. */
final class StepContext implements LayerContext {
    private final Parameters parameters;
    private final boolean training;
    private final long seed;
    private final long stream;
    private LayerNames names;

    StepContext(Parameters parameters, boolean training, long seed, long stream, LayerNames first) {
        this.parameters = parameters;
        this.training = training;
        this.seed = seed;
        this.stream = stream;
        this.names = first;
    }

    /** From now on this is the context of that layer. */
    void enter(LayerNames layer) {
        names = layer;
        tape().label(layer.layer());
    }

    State state() {
        return parameters.state();
    }

    @Override
    public Tape tape() {
        return parameters.tape();
    }

    @Override
    public Var parameter(String local) {
        Var var = parameters.get(names.parameter(local));
        tape().label(names.layer());
        return var;
    }

    @Override
    public boolean training() {
        return training;
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public long stream() {
        // The name, not the position: the same layer draws the same numbers in a converted network.
        return Philox.stream(stream, names.layer().hashCode());
    }
}

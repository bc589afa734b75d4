package org.lrcc.nn.layer;

import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;

/** What a layer's forward works with: the tape, its parameters, the mode and the source of randomness. */
public interface LayerContext {
    /** The tape that ops are applied on. */
    Tape tape();

    /** A parameter of this layer by its local name; the same value however often it is asked for. */
    Var parameter(String local);

    /** Whether this is a training step: batch statistics, dropout. */
    boolean training();

    /** The run's seed. */
    long seed();

    /** A stream of random numbers that belongs to this step, micro-batch and layer alone. */
    long stream();
}

package org.lrcc.engine.reference;

import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/**
 * Kernels as one would write them on paper. They read F32 or F64 tensors into doubles, compute in double and round
 * once, where they write. Slow on
 * purpose: what is checked against it must not share its tricks.
 */
public final class ReferenceBackend implements Backend {
    /** The backend's name. */
    public static final String NAME = "reference";

    /** The only one. */
    public static final ReferenceBackend INSTANCE = new ReferenceBackend();

    private ReferenceBackend() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return "plain loops in double, 1 thread";
    }

    @Override
    public Kernels open() {
        return new ReferenceKernels();
    }
}

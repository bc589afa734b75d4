package org.lrcc.engine.spi;

import org.jspecify.annotations.Nullable;

/** A place where tensors live and are worked on. Immutable and shared; what running needs is in the {@link Kernels} it opens. */
public interface Backend {
    /** The name used in {@code -Dlrcc.backend} and in messages. */
    String name();

    /** What it runs on, in words: processor, vector width, threads. */
    String description();

    /** Opens a session: kernels with memory of their own, for one thread at a time. */
    Kernels open();

    /** What its kernels are predicted to take: plans are chosen by it. */
    default KernelCosts costs() {
        return KernelCosts.UNMEASURED;
    }

    /** Inference with channels in groups, where this backend is faster that way; else null. */
    default @Nullable ChannelGroups channelGroups() {
        return null;
    }

    /** Whether kernels come to their speed only after some work, as loops that the JVM has yet to compile do: a rehearsal on small inputs shortens the first steps then. */
    default boolean warmsUp() {
        return false;
    }

    /**
     * Where a process should run that ends after no more than this many multiplications with accumulation: here, or where kernels are slower but have their speed at once. Results agree to the
     * tolerance of kernels.
     */
    default Backend forShortRun(long macs) {
        return this;
    }

    /** Gradients of both factors of a low-rank convolution at once, where this backend has them; else null. */
    default @Nullable LowRankGradients lowRankGradients() {
        return null;
    }
}

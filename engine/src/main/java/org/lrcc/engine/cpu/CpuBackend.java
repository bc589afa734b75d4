package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/** Kernels for the processor, on heap arrays and one pool of threads. */
public final class CpuBackend implements Backend {
    /** The backend's name. */
    public static final String NAME = "cpu";

    private final ThreadPool pool;
    private final Instructions instructions;

    /** A backend on a pool of its own; mostly for tests that compare numbers of threads. */
    public CpuBackend(ThreadPool pool) {
        this(pool, Instructions.get());
    }

    CpuBackend(ThreadPool pool, Instructions instructions) {
        this.pool = pool;
        this.instructions = instructions;
    }

    /** The backend on the process's pool. */
    public static CpuBackend shared() {
        CpuFlags.check();
        return Shared.BACKEND;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return instructions.description() + ", " + pool.threads() + (pool.threads() == 1 ? " thread" : " threads");
    }

    @Override
    public Kernels open() {
        return new CpuKernels(this, pool, instructions);
    }

    private static final class Shared {
        static final CpuBackend BACKEND = new CpuBackend(ThreadPool.shared());
    }
}

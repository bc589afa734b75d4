package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.KernelsContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend in the form this JVM chooses: what kernels do beside the ops. */
class CpuKernelsContractTest extends KernelsContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2));

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

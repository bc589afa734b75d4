package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.LinearAlgebraContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend without the Vector API: what kernels do beside the ops. */
class ScalarLinearAlgebraContractTest extends LinearAlgebraContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2), Instructions.scalar());

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

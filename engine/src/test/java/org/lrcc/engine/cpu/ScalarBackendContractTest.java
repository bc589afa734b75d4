package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.BackendContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend without the Vector API, held against the reference. */
class ScalarBackendContractTest extends BackendContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2), Instructions.scalar());

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

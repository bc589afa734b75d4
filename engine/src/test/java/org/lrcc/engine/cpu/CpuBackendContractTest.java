package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.BackendContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend in the form this JVM chooses, held against the reference. */
class CpuBackendContractTest extends BackendContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2));

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.TorchContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend in the form this JVM chooses, on PyTorch's numbers. */
class CpuTorchContractTest extends TorchContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2));

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

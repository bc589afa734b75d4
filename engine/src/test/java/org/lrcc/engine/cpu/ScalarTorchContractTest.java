package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.TorchContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend without the Vector API, on PyTorch's numbers. */
class ScalarTorchContractTest extends TorchContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2), Instructions.scalar());

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

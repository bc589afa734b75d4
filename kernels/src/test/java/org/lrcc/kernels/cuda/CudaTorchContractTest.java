package org.lrcc.kernels.cuda;

import org.lrcc.engine.contract.TorchContract;
import org.lrcc.engine.spi.Backend;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** The CUDA backend on the interpreter of PTX, on PyTorch's numbers. */
class CudaTorchContractTest extends TorchContract {
    private static final Backend BACKEND = new CudaBackend(new InterpreterDriver());

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

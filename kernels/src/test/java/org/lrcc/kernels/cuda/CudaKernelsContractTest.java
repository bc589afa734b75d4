package org.lrcc.kernels.cuda;

import org.lrcc.engine.contract.KernelsContract;
import org.lrcc.engine.spi.Backend;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** The CUDA backend on the interpreter of PTX: what kernels do beside the ops. */
class CudaKernelsContractTest extends KernelsContract {
    private static final Backend BACKEND = new CudaBackend(new InterpreterDriver());

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

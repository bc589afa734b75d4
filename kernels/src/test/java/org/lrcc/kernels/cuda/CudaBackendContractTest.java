package org.lrcc.kernels.cuda;

import org.lrcc.engine.contract.BackendContract;
import org.lrcc.engine.spi.Backend;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** The CUDA backend with its shipped kernels on the interpreter of PTX, held against the reference. */
class CudaBackendContractTest extends BackendContract {
    private static final Backend BACKEND = new CudaBackend(new InterpreterDriver());

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.contract.LinearAlgebraContract;
import org.lrcc.engine.spi.Backend;

/** The CPU backend in the form this JVM chooses: factorizations. */
class CpuLinearAlgebraContractTest extends LinearAlgebraContract {
    private static final Backend BACKEND = new CpuBackend(new ThreadPool(2));

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}

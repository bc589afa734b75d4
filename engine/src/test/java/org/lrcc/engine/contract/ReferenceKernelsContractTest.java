package org.lrcc.engine.contract;

import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Backend;

class ReferenceKernelsContractTest extends KernelsContract {
    @Override
    protected Backend backend() {
        return ReferenceBackend.INSTANCE;
    }
}

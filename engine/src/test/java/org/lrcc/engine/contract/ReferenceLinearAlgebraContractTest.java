package org.lrcc.engine.contract;

import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Backend;

class ReferenceLinearAlgebraContractTest extends LinearAlgebraContract {
    @Override
    protected Backend backend() {
        return ReferenceBackend.INSTANCE;
    }
}

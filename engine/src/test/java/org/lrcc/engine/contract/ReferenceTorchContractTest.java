package org.lrcc.engine.contract;

import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Backend;

class ReferenceTorchContractTest extends TorchContract {
    @Override
    protected Backend backend() {
        return ReferenceBackend.INSTANCE;
    }
}

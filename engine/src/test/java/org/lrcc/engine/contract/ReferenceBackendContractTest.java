package org.lrcc.engine.contract;

import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Backend;

/** The reference in F32 against itself in double: what rounding alone does. */
class ReferenceBackendContractTest extends BackendContract {
    @Override
    protected Backend backend() {
        return ReferenceBackend.INSTANCE;
    }
}

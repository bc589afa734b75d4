package org.lrcc.engine.contract;

import org.lrcc.engine.spi.Backend;

/** The contract of a given backend, to be called from tests of the contract. */
final class ContractOf extends BackendContract {
    private final Backend backend;

    ContractOf(Backend backend) {
        this.backend = backend;
    }

    @Override
    protected Backend backend() {
        return backend;
    }
}

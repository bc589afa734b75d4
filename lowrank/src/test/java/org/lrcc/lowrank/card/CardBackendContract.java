package org.lrcc.lowrank.card;

import org.lrcc.engine.contract.BackendContract;
import org.lrcc.engine.spi.Backend;

/** {@link BackendContract} on a real card. */
class CardBackendContract extends BackendContract {
    @Override
    protected Backend backend() {
        return Card.backend();
    }
}

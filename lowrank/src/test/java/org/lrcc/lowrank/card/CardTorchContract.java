package org.lrcc.lowrank.card;

import org.lrcc.engine.contract.TorchContract;
import org.lrcc.engine.spi.Backend;

/** {@link TorchContract} on a real card. */
class CardTorchContract extends TorchContract {
    @Override
    protected Backend backend() {
        return Card.backend();
    }
}

package org.lrcc.lowrank.card;

import org.lrcc.engine.contract.KernelsContract;
import org.lrcc.engine.spi.Backend;

/** {@link KernelsContract} on a real card. */
class CardKernelsContract extends KernelsContract {
    @Override
    protected Backend backend() {
        return Card.backend();
    }
}

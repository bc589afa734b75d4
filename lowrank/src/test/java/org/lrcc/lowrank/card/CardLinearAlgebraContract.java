package org.lrcc.lowrank.card;

import org.lrcc.engine.contract.LinearAlgebraContract;
import org.lrcc.engine.spi.Backend;

/** {@link LinearAlgebraContract} on a real card. */
class CardLinearAlgebraContract extends LinearAlgebraContract {
    @Override
    protected Backend backend() {
        return Card.backend();
    }
}

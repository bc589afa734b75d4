package org.lrcc.lowrank.card;

import org.lrcc.kernels.cuda.CudaBackend;
import org.lrcc.kernels.cuda.PrecisionContract;

/** {@link PrecisionContract} on a real card. */
class CardPrecisionContract extends PrecisionContract {
    @Override
    protected CudaBackend backend() {
        return (CudaBackend) Card.backend();
    }
}

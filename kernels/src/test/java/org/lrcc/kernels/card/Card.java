package org.lrcc.kernels.card;

import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;

/** The card of this machine. */
final class Card {
    private static final class Holder {
        static final Backend BACKEND = Backends.named("cuda");
    }

    private Card() {}

    /** The backend on it; throws with reason and cure where there is none. */
    static Backend backend() {
        return Holder.BACKEND;
    }
}

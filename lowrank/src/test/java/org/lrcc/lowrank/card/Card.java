package org.lrcc.lowrank.card;

import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;

/**
 * The card of this machine, with {@code -Dlrcc.backend=cuda}; with {@code -Dlrcc.backend=interpreter} the interpreter of PTX in its place, which rehearses the
 * check where there is no card.
 */
final class Card {
    private Card() {}

    /** The backend on it; throws with reason and cure where there is none. */
    static Backend backend() {
        Backend backend = Backends.get();
        if (!backend.name().equals("cuda")) {
            throw new InputException("start with -Dlrcc.backend=cuda");
        }
        return backend;
    }

    /** Whether this is a card. The interpreter gets less to do, and what it measures means nothing. */
    static boolean isReal() {
        return !System.getProperty(Backends.PROPERTY, "").equals("interpreter");
    }
}

package org.lrcc.nn.optim;

import org.lrcc.engine.InputException;

/** Ranges of settings. */
final class Checks {
    private Checks() {}

    static void within(String what, double value, double from, double below) {
        if (!(value >= from && value < below)) {
            throw new InputException(what + " must be in [" + from + ", " + below + "): " + value);
        }
    }

    static void notNegative(String what, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new InputException(what + " must be 0 or more: " + value);
        }
    }

    static void positive(String what, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new InputException(what + " must be above 0: " + value);
        }
    }
}

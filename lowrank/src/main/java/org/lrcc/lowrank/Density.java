package org.lrcc.lowrank;

import org.lrcc.engine.InputException;

/**
 * How much S holds, instead of the threshold lambda.
 *
 * @param value share of the entries that S holds, above 0 and below 1
 * @param global over all layers together, with one threshold; else in each layer
 */
public record Density(double value, boolean global) {
    /** Checks the range. */
    public Density {
        if (!(value > 0 && value < 1)) {
            throw new InputException("density: must be above 0 and below 1, got " + value);
        }
    }
}

package org.lrcc.nn.train;

import org.lrcc.engine.InputException;
import org.lrcc.nn.NamePattern;

/**
 * A penalty on the size of some parameters: {@code coefficient * sum |p|} is added to the loss and {@code coefficient * sign(p)}, sign(0) = 0, to the
 * gradient.
 *
 * @param pattern which parameters, as {@link NamePattern} reads it; others than those that train are left alone
 * @param coefficient 0 or more
 */
public record L1Term(String pattern, double coefficient) {
    /** Checks pattern and range. */
    public L1Term {
        new NamePattern(pattern);
        if (!(coefficient >= 0 && coefficient < Double.POSITIVE_INFINITY)) {
            throw new InputException("l1 term '" + pattern + "': coefficient must be 0 or more: " + coefficient);
        }
    }

    boolean matches(String name) {
        return new NamePattern(pattern).matches(name);
    }
}

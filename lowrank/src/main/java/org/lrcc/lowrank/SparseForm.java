package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;

/** How S lies in memory. What is computed is the same, and so are the files. */
public enum SparseForm {
    /** Whole, with a mask; gradient and optimizer sweep over entries that are off, too. */
    DENSE,
    /** As a list of the entries that are on: gradient and optimizer cover these alone. */
    COMPACT,
    /**
     * Compact where at most half of a layer's entries are on.
     *
     * <p>Counted for SGD with momentum, in bytes: whole, an entry takes 13 (value, mask, gradient, velocity) and a step moves about 50 for it; in a list it takes 16, and a step moves about 52 for it and
     * 4 for every entry, on or off. So a list takes less below 0.8 and moves less below 0.9; half leaves room for its accesses, which are not in a row.
     */
    AUTO;

    /** The form of this name, letters' case aside. */
    public static SparseForm parse(String name) {
        for (SparseForm form : values()) {
            if (form.label().equalsIgnoreCase(name)) {
                return form;
            }
        }
        throw new InputException("sparse form " + name + " is unknown; there are "
                + Arrays.stream(values()).map(SparseForm::label).collect(Collectors.joining(", ")));
    }

    /** The name in files and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a layer's S is a list where this many of its elements are on. */
    boolean lists(int entries, int elements) {
        return switch (this) {
            case DENSE -> false;
            case COMPACT -> true;
            case AUTO -> 2L * entries <= elements;
        };
    }
}

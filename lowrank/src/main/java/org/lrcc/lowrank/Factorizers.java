package org.lrcc.lowrank;

import java.nio.file.Path;
import java.util.List;
import org.lrcc.engine.InputException;

/** The decomposition methods there are. */
final class Factorizers {
    private static final List<Factorizer> ALL =
            List.of(new GreedyFactorizer(), new AcceleratedFactorizer(), new SvdFactorizer());

    private Factorizers() {}

    /** The configuration's method, with its tolerance, and with its cache where it has one. */
    static Factorizer of(LowRankConfig config) {
        Factorizer factorizer = uncached(config);
        Path cache = config.cache();
        return cache == null
                ? factorizer
                : new CachedFactorizer(
                        factorizer,
                        cache,
                        factorizer instanceof AcceleratedFactorizer ? (Double) config.tolerance() : null);
    }

    /** The configuration's method, with its tolerance. */
    static Factorizer uncached(LowRankConfig config) {
        Factorizer factorizer = named(config.method());
        return factorizer instanceof AcceleratedFactorizer ? new AcceleratedFactorizer(config.tolerance()) : factorizer;
    }

    static Factorizer named(String name) {
        for (Factorizer factorizer : ALL) {
            if (factorizer.name().equals(name)) {
                return factorizer;
            }
        }
        throw new InputException("decomposition method " + name + " is unknown; there are "
                + ALL.stream().map(Factorizer::name).toList());
    }
}

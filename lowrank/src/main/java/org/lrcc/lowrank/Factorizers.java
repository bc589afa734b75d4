package org.lrcc.lowrank;

import java.util.List;
import org.lrcc.engine.InputException;

/** The decomposition methods there are. */
final class Factorizers {
    private static final List<Factorizer> ALL = 
            List.of(new GreedyFactorizer(), new AcceleratedFactorizer(), new SvdFactorizer());

    private Factorizers() {}

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

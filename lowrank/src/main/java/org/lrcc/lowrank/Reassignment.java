package org.lrcc.lowrank;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/** Deals out S + noise anew over all layers: the entries of the largest magnitude make up S. */
final class Reassignment {
    private Reassignment() {}

    /** The results with {@code ratio} of all entries, the smallest of the network, switched off. */
    static Map<String, Decomposer.Result> apply(Backend backend, Map<String, Decomposer.Result> results, double ratio) {
        float threshold = threshold(backend, results, ratio);
        Map<String, Decomposer.Result> changed = new LinkedHashMap<>();
        results.forEach((name, r) ->
                changed.put(name, new Decomposer.Result(r.factorization().split(threshold), r.seconds())));
        return changed;
    }

    private static float threshold(Backend backend, Map<String, Decomposer.Result> results, double ratio) {
        List<float[]> values =
                results.values().stream().map(r -> r.factorization().rest()).toList();
        try (Kernels kernels = backend.open();
                Magnitudes magnitudes = new Magnitudes(kernels, values)) {
            long count = magnitudes.count();
            long off = Math.min(Math.round(ratio * count), count - 1);
            return count == 0 ? 0 : magnitudes.largest(count - off);
        }
    }
}

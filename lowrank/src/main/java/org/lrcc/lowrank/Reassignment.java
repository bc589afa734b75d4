package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Deals out S + noise anew over all layers: the entries of the largest magnitude make up S. */
final class Reassignment {
    private Reassignment() {}

    /** The results with {@code ratio} of all entries, the smallest of the network, switched off. */
    static Map<String, Decomposer.Result> apply(Map<String, Decomposer.Result> results, double ratio) {
        int total = results.values().stream()
                .mapToInt(r -> r.factorization().s().length)
                .reduce(0, Math::addExact);
        float[] magnitudes = new float[total];
        int at = 0;
        for (Decomposer.Result result : results.values()) {
            Factorization f = result.factorization();
            for (int i = 0; i < f.s().length; i++) {
                magnitudes[at++] = Math.abs(f.s()[i] + f.noise()[i]);
            }
        }
        Arrays.parallelSort(magnitudes);
        int off = (int) Math.round(ratio * total);
        float threshold = total == 0 ? 0 : magnitudes[Math.min(off, total - 1)];
        Map<String, Decomposer.Result> changed = new LinkedHashMap<>();
        results.forEach((name, r) ->
                changed.put(name, new Decomposer.Result(r.factorization().split(threshold), r.seconds())));
        return changed;
    }
}

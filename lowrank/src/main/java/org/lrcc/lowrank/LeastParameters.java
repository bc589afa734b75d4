package org.lrcc.lowrank;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the ranks at which U, V and S together have the fewest elements, by decomposing: all layers at once, each at the next rank that it has not tried. A
 * layer goes from its best rank so far half of it down and up, then a quarter, and so on. What is tried does not depend on the target, so a count that is
 * told as the least can be asked for.
 */
final class LeastParameters {
    private static final int ROUNDS = 5;

    private final Map<String, Layer> layers = new LinkedHashMap<>();
    private final Set<Map<String, Integer>> tried = new HashSet<>();
    private int rounds;
    private boolean finished;

    /** Where one layer's search is. */
    private static final class Layer {
        private final int limit;
        private final Map<Integer, Long> found = new TreeMap<>();
        private int best;

        Layer(int start, int limit) {
            this.best = start;
            this.limit = limit;
        }

        long least() {
            return Objects.requireNonNull(found.get(best));
        }

        /** The next rank to try; the best where there is none. */
        int next() {
            for (int step = Math.max(1, best / 2); step >= 1; step /= 2) {
                if (best - step >= 1 && !found.containsKey(best - step)) {
                    return best - step;
                }
                if (best + step <= limit && !found.containsKey(best + step)) {
                    return best + step;
                }
            }
            return best;
        }

        void learn(int rank, long parameters) {
            found.put(rank, parameters);
            best = !found.containsKey(best) || parameters < least() ? rank : best;
        }
    }

    /** Adds a layer with the rank to begin with and the highest. */
    void add(String name, int start, int limit) {
        layers.put(name, new Layer(start, limit));
    }

    /** The ranks to decompose with next; those that keep the target, once they are known, or those of the least parameters end the search. Null where nothing is left. */
    @Nullable
    Map<String, Integer> next(long target) {
        if (finished) {
            return null;
        }
        Map<String, Integer> best = new LinkedHashMap<>();
        layers.forEach((name, layer) -> best.put(name, layer.best));
        if (rounds == 0) {
            rounds++;
            tried.add(best);
            return best;
        }
        Map<String, Integer> next = new LinkedHashMap<>();
        layers.forEach((name, layer) -> next.put(name, layer.next()));
        long least = layers.values().stream().mapToLong(Layer::least).sum();
        if (least > target && rounds < ROUNDS && tried.add(next)) {
            rounds++;
            return next;
        }
        finished = true;
        return tried.add(best) ? best : null;
    }

    /** Hears what ranks of {@link #next} came to. */
    void learn(Map<String, Decomposer.Result> results) {
        results.forEach((name, result) -> {
            Factorization f = result.factorization();
            Objects.requireNonNull(layers.get(name)).learn(f.rank(), ParameterBudget.parameters(f));
        });
    }
}

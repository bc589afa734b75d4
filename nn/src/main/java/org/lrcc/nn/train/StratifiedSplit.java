package org.lrcc.nn.train;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.random.Philox;

/**
 * Divides samples into a part to train on and a part to validate on, class by class, by the seed alone.
 *
 * @param train positions, ascending
 * @param validation positions, ascending
 */
record StratifiedSplit(int[] train, int[] validation) {
    private static final long PURPOSE = 0x73706c6974L;

    /** Holds back {@code share} of each class, rounded, but one sample at least and not the last: a class of one sample stays in training. */
    static StratifiedSplit of(BatchSource source, double share, long seed) {
        List<List<Integer>> byClass = new ArrayList<>();
        source.classes().forEach(unused -> byClass.add(new ArrayList<>()));
        for (int i = 0; i < source.size(); i++) {
            byClass.get(source.label(i)).add(i);
        }
        boolean[] held = new boolean[source.size()];
        for (int label = 0; label < byClass.size(); label++) {
            List<Integer> members = byClass.get(label);
            int wanted = (int) Math.max(1, Math.round(share * members.size()));
            int count = Math.min(wanted, members.size() - 1);
            Philox random = new Philox(seed, Philox.stream(PURPOSE, label));
            for (int i = 0; i < count; i++) {
                held[members.remove(random.nextInt(members.size()))] = true;
            }
        }
        return new StratifiedSplit(where(held, false), where(held, true));
    }

    private static int[] where(boolean[] held, boolean value) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < held.length; i++) {
            if (held[i] == value) {
                found.add(i);
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }
}

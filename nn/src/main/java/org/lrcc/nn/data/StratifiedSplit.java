package org.lrcc.nn.data;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.lrcc.engine.random.Philox;

/**
 * Samples divided at random, class by class, in a part that is held out and the rest.
 *
 * @param rest positions, ascending
 * @param heldOut positions, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record StratifiedSplit(int[] rest, int[] heldOut) {
    /**
     * Holds out a share of every class: {@code share} of its samples, rounded, but at least one of a class with two or more, and never all of a class.
     *
     * @param labels class of each sample, below {@code classes}
     * @param share in (0, 1)
     */
    public static StratifiedSplit of(int[] labels, int classes, double share, long seed) {
        boolean[] held = new boolean[labels.length];
        for (int c = 0; c < classes; c++) {
            int label = c;
            int[] members = IntStream.range(0, labels.length)
                    .filter(i -> labels[i] == label)
                    .toArray();
            Shuffle.shuffle(members, new Philox(seed, Philox.stream(Streams.SPLIT, c)));
            int wanted = (int) Math.max(1, Math.round(share * members.length));
            Arrays.stream(members, 0, Math.max(0, Math.min(wanted, members.length - 1)))
                    .forEach(i -> held[i] = true);
        }
        return new StratifiedSplit(where(held, false), where(held, true));
    }

    private static int[] where(boolean[] held, boolean value) {
        return IntStream.range(0, held.length).filter(i -> held[i] == value).toArray();
    }
}

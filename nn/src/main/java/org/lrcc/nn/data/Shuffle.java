package org.lrcc.nn.data;

import org.lrcc.engine.random.Philox;

/** Random orders. */
final class Shuffle {
    private Shuffle() {}

    /** Fisher and Yates. */
    static void shuffle(int[] values, Philox random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }

    /** The numbers below {@code n} in random order. */
    static int[] permutation(int n, Philox random) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        shuffle(order, random);
        return order;
    }
}

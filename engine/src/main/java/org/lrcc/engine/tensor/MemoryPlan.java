package org.lrcc.engine.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where the float tensors of a run of work lie in one array, laid out once from the times at which each is allocated and given back: two share a place if they never live at the same time.
 *
 * <p>The largest come first, each into the smallest gap that its neighbours in time leave, else behind them. Source: Y. Pisarchyk, J. Lee, "Efficient memory management for deep neural net inference", MLSys 2020 workshop
 * (greedy by size). What is given back only after the run has no place.
 */
public final class MemoryPlan {
    /** In the place of an offset: lies outside. */
    static final int OUTSIDE = -1;

    /** Floats of a cache line. */
    private static final int LINE = 16;

    private static final int MOST = Integer.MAX_VALUE - 1024;

    private final int[] lengths;
    private final int[] offsets;
    private final int size;
    private final long highest;

    private MemoryPlan(Recorder events) {
        int count = events.count;
        lengths = Arrays.copyOf(events.lengths, count);
        offsets = new int[count];
        Arrays.fill(offsets, OUTSIDE);
        List<Integer> placed = new ArrayList<>(count);
        IntStream.range(0, count)
                .boxed()
                .filter(i -> events.ends[i] != Recorder.LIVES)
                .sorted(Comparator.comparingInt(i -> -lengths[i]))
                .forEach(i -> place(i, events, placed));
        size = placed.stream().mapToInt(i -> offsets[i] + room(i)).max().orElse(0);
        highest = highest(events);
    }

    /**
     * What a block takes: whole lines and one more. Tensors of powers of two would else all begin at the same place of a page, and a store to one would hold up loads from the next. An object's header, where each
     * tensor is an array of its own, has the same effect.
     */
    private int room(int i) {
        return (lengths[i] + 2 * LINE - 1) / LINE * LINE;
    }

    /** Puts i into the best gap between those of {@code placed}, ordered by offset, that live at its time, and it into the list. */
    private void place(int i, Recorder events, List<Integer> placed) {
        if (lengths[i] > MOST - 2 * LINE) {
            return;
        }
        int room = room(i);
        long best = Long.MAX_VALUE;
        int offset = OUTSIDE;
        int end = 0;
        for (int other : placed) {
            if (events.begins[other] < events.ends[i] && events.begins[i] < events.ends[other]) {
                int gap = offsets[other] - end;
                if (gap >= room && gap < best) {
                    best = gap;
                    offset = end;
                }
                end = Math.max(end, offsets[other] + room(other));
            }
        }
        offset = offset == OUTSIDE ? end : offset;
        if (offset <= MOST - room) {
            offsets[i] = offset;
            int at = 0;
            while (at < placed.size() && offsets[placed.get(at)] < offset) {
                at++;
            }
            placed.add(at, i);
        }
    }

    private long highest(Recorder events) {
        long[] change = new long[events.clock + 1];
        for (int i = 0; i < lengths.length; i++) {
            if (offsets[i] != OUTSIDE) {
                change[events.begins[i]] += lengths[i];
                change[events.ends[i]] -= lengths[i];
            }
        }
        long live = 0;
        long most = 0;
        for (long each : change) {
            live += each;
            most = Math.max(most, live);
        }
        return most;
    }

    /** Number of allocations. */
    int count() {
        return lengths.length;
    }

    /** Floats of an allocation. */
    int length(int allocation) {
        return lengths[allocation];
    }

    /** Where an allocation begins, a multiple of a cache line, or {@link #OUTSIDE}. */
    int offset(int allocation) {
        return offsets[allocation];
    }

    /** Floats of the array. */
    int size() {
        return size;
    }

    /** Bytes of the array. */
    public long bytes() {
        return (long) size * Float.BYTES;
    }

    /** The most bytes that live in it at one time: no layout takes less. */
    public long highestBytes() {
        return highest * Float.BYTES;
    }

    /** Notes in which order float tensors are allocated and given back. */
    public static final class Recorder {
        private static final int LIVES = Integer.MAX_VALUE;

        private int[] lengths = new int[256];
        private int[] begins = new int[256];
        private int[] ends = new int[256];
        private int count;
        private int clock;

        /** Notes an allocation of as many floats, and returns its number. */
        public int allocated(int length) {
            if (count == lengths.length) {
                lengths = Arrays.copyOf(lengths, 2 * count);
                begins = Arrays.copyOf(begins, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            lengths[count] = length;
            begins[count] = clock++;
            ends[count] = LIVES;
            return count++;
        }

        /** Notes that an allocation was given back. */
        public void released(int allocation) {
            ends[allocation] = clock++;
        }

        /** The layout for what was noted. */
        public MemoryPlan plan() {
            return new MemoryPlan(this);
        }

        void clear() {
            count = 0;
            clock = 0;
        }
    }
}

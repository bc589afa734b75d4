package org.lrcc.engine.tensor;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The float tensors of runs that repeat, in one array by a {@link MemoryPlan}. An allocation takes its place as long as all before it were of the lengths that the plan knows; from the first other one on the run gets no
 * places, and what it does is noted for a plan of its own. A place is given only where nothing alive overlaps it, so that tensors which live longer than they used to keep their contents. Not thread-safe.
 */
final class PlannedMemory {
    /** Kept for the kinds of runs used last: training, its short last batch, each size that a server's requests come in. A layout takes a few kilobytes. */
    private static final int MOST_PLANS = 256;

    /** After so many runs of which none needed half of the array it is exchanged for a smaller one. */
    static final int LONG = 256;

    /** A float tensor allocated within a run; outside the array where its offset says so. */
    static final class Block {
        private final long run;
        private final int number;
        private final int offset;
        private final int length;
        private final float[] array;

        private Block(long run, int number, int offset, int length, float[] array) {
            this.array = array;
            this.run = run;
            this.number = number;
            this.offset = offset;
            this.length = length;
        }

        boolean isPlaced() {
            return offset != MemoryPlan.OUTSIDE;
        }

        float[] array() {
            return array;
        }

        /** First element in the array. */
        int offset() {
            return offset;
        }
    }

    private static final float[] NONE = {};

    private final int lead;
    private final Map<Object, MemoryPlan> plans = new LinkedHashMap<>(16, 0.75f, true);
    private final MemoryPlan.Recorder events = new MemoryPlan.Recorder();
    private float[] array = NONE;
    private int needed;
    private @Nullable Object key;
    private @Nullable MemoryPlan plan;
    private boolean departed;
    private long run;
    private int next;
    private int[] from = new int[64];
    private int[] to = new int[64];
    private int live;

    /** An array whose first {@code lead} elements are not used, so that what follows begins at a cache line. */
    PlannedMemory(int lead) {
        this.lead = lead;
    }

    void begin(Object kind, Supplier<@Nullable MemoryPlan> rehearsal) {
        if (key != null) {
            throw new IllegalStateException("a run of " + kind + " begins within one of " + key);
        }
        MemoryPlan known = plans.get(kind);
        if (known == null) {
            known = rehearsal.get();
            keep(kind, known);
        }
        fit(known == null ? 0 : lead + known.size());
        plan = known != null && array.length >= lead + known.size() ? known : null;
        departed = known == null;
        key = kind;
        next = 0;
        events.clear();
        run++;
    }

    /** An array for a run that needs so many floats, as far as none of the old one is in use. */
    private void fit(int size) {
        needed = Math.max(needed, size);
        boolean review = run % LONG == LONG - 1;
        if (live == 0 && (array.length < size || review && array.length / 2 > needed)) {
            int length = array.length < size ? size : needed;
            // The old one first, so that both never stand side by side.
            array = NONE;
            array = new float[length];
        }
        needed = review ? size : needed;
    }

    private void keep(Object kind, @Nullable MemoryPlan made) {
        if (made == null) {
            return;
        }
        if (!plans.containsKey(kind) && plans.size() == MOST_PLANS) {
            plans.remove(plans.keySet().iterator().next());
        }
        plans.put(kind, made);
    }

    void end() {
        if (departed && key != null) {
            keep(key, events.plan());
        }
        key = null;
        plan = null;
    }

    /** A block for as many floats; null outside of runs. */
    @Nullable
    Block allocate(int length) {
        if (key == null) {
            return null;
        }
        int number = events.allocated(length);
        return new Block(run, number, place(length), length, array);
    }

    private int place(int length) {
        MemoryPlan layout = plan;
        if (layout == null) {
            return MemoryPlan.OUTSIDE;
        }
        if (next == layout.count() || layout.length(next) != length) {
            departed = true;
            plan = null;
            return MemoryPlan.OUTSIDE;
        }
        int offset = layout.offset(next++);
        if (offset == MemoryPlan.OUTSIDE) {
            return offset;
        }
        for (int i = 0; i < live; i++) {
            if (from[i] < lead + offset + length && lead + offset < to[i]) {
                departed = true;
                return MemoryPlan.OUTSIDE;
            }
        }
        if (live == from.length) {
            from = Arrays.copyOf(from, 2 * live);
            to = Arrays.copyOf(to, 2 * live);
        }
        from[live] = lead + offset;
        to[live++] = lead + offset + length;
        return lead + offset;
    }

    void giveBack(Block block) {
        if (key != null && block.run == run) {
            events.released(block.number);
        }
        if (block.isPlaced()) {
            int i = 0;
            while (from[i] != block.offset || to[i] != block.offset + block.length) {
                i++;
            }
            live--;
            from[i] = from[live];
            to[i] = to[live];
        }
    }

    long bytes() {
        return (long) array.length * Float.BYTES;
    }

    void clear() {
        plans.clear();
        array = NONE;
    }
}

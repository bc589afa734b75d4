package org.lrcc.engine.tensor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands out heap storage and takes the arrays back when their last reference goes, so that a training step reuses the
 * memory of the one before it
 * instead of leaving hundreds of megabytes to the garbage collector.
 *
 * <p>Free arrays are kept by element type and length; the shapes of a training loop repeat, so arrays of exactly the
 * length asked for are found. To
 * bound what mixed batch sizes leave behind, free arrays that were not asked for over {@value #IDLE} allocations of
 * other sizes are dropped.
 *
 * <p>Float tensors of a run that repeats, between {@link #begin} and {@link #end}, lie in one array instead, by a {@link MemoryPlan} (docs/adr/0016). Arrays of exactly the right length are many: those of a training
 * step took 1.5 times what lived at any one time.
 *
 * <p>Thread-safe. Contents are undefined: those of a reused array are what was there before.
 */
public final class HeapArena implements AutoCloseable {
    private static final int IDLE = 4096;

    private record Key(DType dtype, int length) {}

    /** Free arrays of one key. */
    private static final class Shelf {
        final Deque<Object> arrays = new ArrayDeque<>();
        long lastUse;
    }

    private final Map<Key, Shelf> shelves = new HashMap<>();
    private long clock;
    private long liveBytes;
    private long highestBytes;
    private long freeBytes;
    private int live;
    private boolean closed;
    private final int lead;
    private final PlannedMemory planned;

    /** An arena whose tensors begin at the first element of their arrays. */
    public HeapArena() {
        this(0);
    }

    /** An arena whose float tensors begin at element {@code lead} of an array, or whole cache lines behind it. */
    public HeapArena(int lead) {
        this.lead = lead;
        planned = new PlannedMemory(lead);
    }

    /**
     * Begins a run of work that repeats.
     *
     * @param kind equal for runs that allocate the same
     * @param rehearsal the layout for a kind that is not known yet; null where the first run has to show it
     */
    public synchronized void begin(Object kind, Supplier<@Nullable MemoryPlan> rehearsal) {
        planned.begin(kind, rehearsal);
    }

    /** Ends the run; tensors that it allocated live on. */
    public synchronized void end() {
        planned.end();
    }

    /** A tensor of undefined contents on a storage with one reference, under no scope yet. */
    public Tensor allocate(DType dtype, Shape shape) {
        if (dtype != DType.F32) {
            return Tensor.view(allocate(dtype, shape.elements()), 0, shape);
        }
        PlannedMemory.Block block = place(shape.elements());
        if (block != null && block.isPlaced()) {
            return inArray(block, shape);
        }
        Key key = new Key(dtype, Math.addExact(lead, shape.elements()));
        HeapStorage storage = block == null
                ? allocate(dtype, key.length())
                : HeapStorage.wrap(dtype, key.length(), ready(key), back -> {
                    forget(block, 0);
                    giveBack(key, back);
                });
        return Tensor.view(storage, lead, shape);
    }

    private Tensor inArray(PlannedMemory.Block block, Shape shape) {
        int end = block.offset() + shape.elements();
        HeapStorage storage =
                HeapStorage.wrap(DType.F32, end, block.array(), unused -> forget(block, shape.elements()));
        return Tensor.view(storage, block.offset(), shape);
    }

    private synchronized PlannedMemory.@Nullable Block place(int length) {
        refuseClosed();
        PlannedMemory.Block block = planned.allocate(length);
        if (block != null && block.isPlaced()) {
            count(1, (long) length * Float.BYTES);
            tick();
        }
        return block;
    }

    private synchronized void forget(PlannedMemory.Block block, int length) {
        planned.giveBack(block);
        if (block.isPlaced()) {
            count(-1, -(long) length * Float.BYTES);
        }
    }

    private void refuseClosed() {
        if (closed) {
            throw new IllegalStateException("heap arena: allocation after close");
        }
    }

    private void count(int storages, long bytes) {
        live += storages;
        liveBytes += bytes;
        highestBytes = Math.max(highestBytes, liveBytes);
    }

    private void tick() {
        if (++clock % IDLE == 0) {
            dropIdle();
        }
    }

    /** Storage for {@code length} elements of undefined contents, with one reference, under no scope yet. */
    public HeapStorage allocate(DType dtype, int length) {
        Key key = new Key(dtype, length);
        return HeapStorage.wrap(dtype, length, ready(key), back -> giveBack(key, back));
    }

    private Object ready(Key key) {
        Object array = take(key);
        return array == null ? HeapStorage.newArray(key.dtype(), key.length()) : array;
    }

    private synchronized @Nullable Object take(Key key) {
        refuseClosed();
        count(1, bytes(key));
        tick();
        Shelf shelf = shelves.computeIfAbsent(key, unused -> new Shelf());
        shelf.lastUse = clock;
        Object array = shelf.arrays.pollLast();
        if (array != null) {
            freeBytes -= bytes(key);
        }
        return array;
    }

    private synchronized void giveBack(Key key, Object array) {
        count(-1, -bytes(key));
        if (!closed) {
            freeBytes += bytes(key);
            shelves.computeIfAbsent(key, unused -> new Shelf()).arrays.addLast(array);
        }
    }

    private void dropIdle() {
        shelves.entrySet().removeIf(entry -> {
            boolean idle = clock - entry.getValue().lastUse >= IDLE;
            if (idle) {
                freeBytes -= bytes(entry.getKey()) * entry.getValue().arrays.size();
            }
            return idle;
        });
    }

    private static long bytes(Key key) {
        return (long) key.length() * key.dtype().bytes();
    }

    /** Number of storages handed out and not yet given back. */
    public synchronized int live() {
        return live;
    }

    /** Bytes of the storages handed out and not yet given back. */
    public synchronized long liveBytes() {
        return liveBytes;
    }

    /** The most of {@link #liveBytes} so far. */
    public synchronized long highestBytes() {
        return highestBytes;
    }

    /** Bytes of the arrays that wait to be handed out again. */
    public synchronized long freeBytes() {
        return freeBytes;
    }

    /** Bytes of the array that planned runs share, in use or not. */
    public synchronized long plannedBytes() {
        return planned.bytes();
    }

    /** Drops the free arrays; those handed out are dropped when they come back. */
    @Override
    public synchronized void close() {
        closed = true;
        shelves.clear();
        planned.clear();
        freeBytes = 0;
    }
}

package org.lrcc.engine.tensor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
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
 * Thread-safe. Contents are undefined: those of a reused array are what was there before.
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

    /** Storage for {@code length} elements of undefined contents, with one reference, under no scope yet. */
    public HeapStorage allocate(DType dtype, int length) {
        Key key = new Key(dtype, length);
        Object array = take(key);
        if (array == null) {
            array = HeapStorage.newArray(dtype, length);
        }
        return HeapStorage.wrap(dtype, length, array, back -> giveBack(key, back));
    }

    private synchronized @Nullable Object take(Key key) {
        if (closed) {
            throw new IllegalStateException("heap arena: allocation after close");
        }
        live++;
        liveBytes += bytes(key);
        highestBytes = Math.max(highestBytes, liveBytes);
        if (++clock % IDLE == 0) {
            dropIdle();
        }
        Shelf shelf = shelves.computeIfAbsent(key, unused -> new Shelf());
        shelf.lastUse = clock;
        Object array = shelf.arrays.pollLast();
        if (array != null) {
            freeBytes -= bytes(key);
        }
        return array;
    }

    private synchronized void giveBack(Key key, Object array) {
        live--;
        liveBytes -= bytes(key);
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

    /** Drops the free arrays; those handed out are dropped when they come back. */
    @Override
    public synchronized void close() {
        closed = true;
        shelves.clear();
        freeBytes = 0;
    }
}

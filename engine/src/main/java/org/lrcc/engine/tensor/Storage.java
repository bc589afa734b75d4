package org.lrcc.engine.tensor;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Memory of one element type, shared by the tensors that view it and reference-counted by them.
 *
 * <p>A storage begins with one reference. At zero it goes back to where it came from ({@link #free()}); a closing {@link Scope}
 * frees what it owns whatever the count. Counting is optional on the heap: a storage that nobody releases is garbage-collected, but for
 * one with a place in a {@link MemoryPlan}, which keeps it until its session ends.
 */
public abstract class Storage {
    private static final AtomicIntegerFieldUpdater<Storage> REFERENCES =
            AtomicIntegerFieldUpdater.newUpdater(Storage.class, "references");

    private final DType dtype;
    private final int length;
    private volatile int references = 1;
    private volatile @Nullable String freed;

    /** Memory for {@code length} elements. */
    protected Storage(DType dtype, int length) {
        this.dtype = dtype;
        this.length = length;
    }

    /** Element type. */
    public final DType dtype() {
        return dtype;
    }

    /** Number of elements. */
    public final int length() {
        return length;
    }

    /** Copies {@code count} elements from {@code offset} to a Java array of the matching type (float[], double[], int[], byte[]). */
    public abstract void read(int offset, Object array, int at, int count);

    /** Copies {@code count} elements from a Java array of the matching type to {@code offset}. */
    public abstract void write(int offset, Object array, int at, int count);

    /** Copies elements of another storage of the same type, of any backend, without a way over the host where both lie in one device. */
    public void copyFrom(Storage from, int fromOffset, int offset, int count) {
        if (from instanceof HeapStorage heap) {
            write(offset, heap.array(), fromOffset, count);
        } else if (this instanceof HeapStorage heap) {
            from.read(fromOffset, heap.array(), offset, count);
        } else {
            Object array = HeapStorage.newArray(dtype, count);
            from.read(fromOffset, array, 0, count);
            write(offset, array, 0, count);
        }
    }

    /** Gives the memory back; called once. */
    protected abstract void free();

    final void retain() {
        REFERENCES.incrementAndGet(this);
    }

    final void release() {
        int left = REFERENCES.decrementAndGet(this);
        if (left == 0) {
            freeBecause("was released");
        } else if (left < 0) {
            throw new IllegalStateException(
                    "storage of " + length + " " + dtype + " released more often than retained");
        }
    }

    final boolean isShared() {
        return references > 1;
    }

    final boolean isFreed() {
        return freed != null;
    }

    final synchronized void freeBecause(String reason) {
        if (freed == null) {
            freed = reason;
            free();
        }
    }

    final @Nullable String freedBecause() {
        return freed;
    }
}

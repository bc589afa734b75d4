package org.lrcc.kernels.cuda;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Storage;

/**
 * Memory of a GPU session. Reading waits for the session's kernels; writing is done in their order.
 *
 * <p>Integers that the host wrote are remembered on the host as long as no kernel may have changed them, so that labels can be checked without waiting for the
 * device.
 */
final class DeviceStorage extends Storage {
    private static final int MOST_REMEMBERED = 1 << 16;

    private final KernelQueue queue;
    private final long address;
    private final LongConsumer release;
    private int @Nullable [] remembered;

    DeviceStorage(KernelQueue queue, DType dtype, int length) {
        this(
                queue,
                dtype,
                length,
                queue.memory().allocate((long) length * dtype.bytes(), dtype.toString()),
                queue.memory()::release);
    }

    /** Memory that lies at an address already, and is given back by {@code release}. */
    DeviceStorage(KernelQueue queue, DType dtype, int length, long address, LongConsumer release) {
        super(dtype, length);
        this.queue = queue;
        this.address = address;
        this.release = release;
    }

    /** Where the first element is. */
    long address() {
        if (queue.isClosed()) {
            throw new FailureException("cuda: " + length() + " " + dtype() + " went with the session that held them");
        }
        return address;
    }

    KernelQueue queue() {
        return queue;
    }

    @Override
    public void read(int offset, Object array, int at, int count) {
        long from = address() + (long) offset * dtype().bytes();
        queue.call("read", bytes(count), () -> queue.staging().download(dtype(), from, array, at, count));
    }

    @Override
    public void write(int offset, Object array, int at, int count) {
        long to = address() + (long) offset * dtype().bytes();
        queue.call("write", bytes(count), () -> queue.staging().upload(dtype(), array, at, count, to));
        if (dtype() == DType.I32 && length() <= MOST_REMEMBERED) {
            remember(offset, (int[]) array, at, count);
        }
    }

    private long bytes(int count) {
        return (long) count * dtype().bytes();
    }

    private void remember(int offset, int[] values, int at, int count) {
        int[] known = remembered;
        if (known == null && offset == 0 && count == length()) {
            known = new int[length()];
            remembered = known;
        }
        if (known != null) {
            System.arraycopy(values, at, known, offset, count);
        }
    }

    /** The elements, where the host wrote them and no kernel may have changed them; else null. */
    int @Nullable [] remembered() {
        return remembered;
    }

    /** To be called before a kernel writes here. */
    void changes() {
        remembered = null;
    }

    @Override
    public void copyFrom(Storage from, int fromOffset, int offset, int count) {
        int width = dtype().bytes();
        if (from instanceof DeviceStorage device && device.queue == queue) {
            changes();
            long source = device.address() + (long) fromOffset * width;
            long target = address() + (long) offset * width;
            queue.call("copy", bytes(count), () -> queue.driver().copy(source, target, bytes(count), queue.stream()));
        } else if (from instanceof HeapStorage heap) {
            write(offset, heap.array(), fromOffset, count);
        } else {
            super.copyFrom(from, fromOffset, offset, count);
        }
    }

    @Override
    protected void free() {
        if (!queue.isClosed()) {
            release.accept(address);
        }
    }
}

package org.lrcc.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.DType;

/**
 * Page-locked memory between Java arrays and the device. Uploads go through a ring of buffers, so that filling one overlaps with copying the others; the
 * host waits only for a buffer that is not yet copied.
 */
final class Staging implements AutoCloseable {
    private static final int SLOTS = 4;
    private static final int SMALL = 64 << 10;
    private static final int LARGE = 4 << 20;

    /** A buffer and the event behind its last copy. */
    private final class Slot {
        private @Nullable ByteBuffer buffer;
        private long event;
        private boolean busy;

        ByteBuffer take(int bytes) {
            if (busy) {
                driver.awaitEvent(event);
                busy = false;
            }
            ByteBuffer known = buffer;
            if (known == null || known.capacity() < bytes) {
                if (known != null) {
                    driver.freePinned(known);
                    buffer = null;
                }
                known = driver.allocatePinned(bytes <= SMALL ? SMALL : LARGE);
                buffer = known;
            }
            known.order(ByteOrder.nativeOrder()).clear();
            return known;
        }

        void sent() {
            if (event == 0) {
                event = driver.createEvent();
            }
            driver.record(event, stream);
            busy = true;
        }

        void close() {
            if (buffer != null) {
                driver.freePinned(buffer);
                buffer = null;
            }
            if (event != 0) {
                driver.destroyEvent(event);
                event = 0;
            }
        }
    }

    private final GpuDriver driver;
    private final long stream;
    private final Runnable synchronize;
    private final Slot[] slots = new Slot[SLOTS];
    private int next;

    /**
     * Copies on a stream.
     *
     * @param synchronize waits for all that was given to it
     */
    Staging(GpuDriver driver, long stream, Runnable synchronize) {
        this.driver = driver;
        this.stream = stream;
        this.synchronize = synchronize;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    /** Copies elements of a Java array to the device, in the order of the stream; the array may be changed at once. */
    void upload(DType dtype, Object array, int at, int count, long to) {
        int width = dtype.bytes();
        int most = LARGE / width;
        for (int done = 0; done < count; done += most) {
            int part = Math.min(most, count - done);
            Slot slot = slots[next++ % SLOTS];
            ByteBuffer buffer = slot.take(part * width);
            switch (dtype) {
                case F32 -> buffer.asFloatBuffer().put((float[]) array, at + done, part);
                case F64 -> buffer.asDoubleBuffer().put((double[]) array, at + done, part);
                case I32 -> buffer.asIntBuffer().put((int[]) array, at + done, part);
                case U8 -> buffer.put((byte[]) array, at + done, part).position(0);
            }
            driver.upload(buffer, to + (long) done * width, part * width, stream);
            slot.sent();
        }
    }

    /** Waits for the stream and copies elements from the device to a Java array. */
    void download(DType dtype, long from, Object array, int at, int count) {
        int width = dtype.bytes();
        int most = LARGE / width;
        for (int done = 0; done < count; done += most) {
            int part = Math.min(most, count - done);
            ByteBuffer buffer = slots[next++ % SLOTS].take(part * width);
            driver.download(from + (long) done * width, buffer, part * width, stream);
            synchronize.run();
            switch (dtype) {
                case F32 -> buffer.asFloatBuffer().get((float[]) array, at + done, part);
                case F64 -> buffer.asDoubleBuffer().get((double[]) array, at + done, part);
                case I32 -> buffer.asIntBuffer().get((int[]) array, at + done, part);
                case U8 -> buffer.get((byte[]) array, at + done, part);
            }
        }
    }

    @Override
    public void close() {
        for (Slot slot : slots) {
            slot.close();
        }
    }
}

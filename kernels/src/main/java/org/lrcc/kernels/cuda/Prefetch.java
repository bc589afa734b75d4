package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.DeviceMemoryException;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Storage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is uploaded next to the device on a stream of its own, beside the kernels of the session: the next batch while this one is worked on.
 *
 * <p>Two places in device memory take turns. An event tells the kernels' stream when a place is filled, another tells the copies' stream when the kernels are
 * done with it; so the host waits for neither.
 */
final class Prefetch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Prefetch.class);
    private static final int PLACES = 2;

    private enum Use {
        /** Nobody's. */
        FREE,
        /** Filled, or being filled, for an upload to come. */
        PROMISED,
        /** A tensor's. */
        TAKEN
    }

    /** Device memory for one tensor. */
    private final class Place {
        private Use use = Use.FREE;
        private long address;
        private long bytes;
        private @Nullable HeapStorage from;
        private int offset;
        private int elements;
        /** The copies' stream has filled it. */
        private final long filled = queue.driver().createEvent();
        /** The kernels' stream has left it. */
        private final long left = queue.driver().createEvent();

        boolean isFor(Storage storage, int atOffset, int count) {
            return use == Use.PROMISED && from == storage && offset == atOffset && elements == count;
        }

        /** Takes memory for so many bytes; false where there is none. */
        boolean reserve(long needed) {
            if (bytes >= needed) {
                return true;
            }
            giveBack();
            try {
                address = queue.memory().allocate(needed, "batches to come");
            } catch (DeviceMemoryException e) {
                return false;
            }
            bytes = needed;
            // Kernels given out so far may still use what was here.
            queue.driver().record(left, queue.stream());
            return true;
        }

        /** Gives the memory back; what was promised comes by a plain upload then. */
        boolean giveBack() {
            if (bytes == 0 || use == Use.TAKEN) {
                return false;
            }
            use = Use.FREE;
            from = null;
            bytes = 0;
            // Whoever is given the memory next works on the kernels' stream.
            queue.driver().waitFor(queue.stream(), filled);
            queue.memory().release(address);
            return true;
        }

        void fill(Copies by, HeapStorage storage, int atOffset, int count) {
            from = storage;
            offset = atOffset;
            elements = count;
            use = Use.PROMISED;
            queue.driver().waitFor(by.stream, left);
            by.staging.upload(storage.dtype(), storage.array(), atOffset, count, address);
            queue.driver().record(filled, by.stream);
        }

        Storage take() {
            HeapStorage source = from;
            if (source == null) {
                throw new IllegalStateException("cuda: nothing was promised here");
            }
            from = null;
            use = Use.TAKEN;
            queue.driver().waitFor(queue.stream(), filled);
            return new DeviceStorage(queue, source.dtype(), elements, address, unused -> leave());
        }

        private void leave() {
            try {
                queue.driver().record(left, queue.stream());
                use = Use.FREE;
            } catch (FailureException e) {
                // Tensors are released where an error is on its way already, which says why. The place is used no more.
                LOG.debug("cuda: a batch is released after a fault", e);
            }
        }

        void close() {
            queue.driver().destroyEvent(filled);
            queue.driver().destroyEvent(left);
        }
    }

    /** The stream of the copies, and the page-locked memory that they come from. */
    private record Copies(long stream, Staging staging) {}

    private final KernelQueue queue;
    private @Nullable Copies copies;
    private final @Nullable Place[] places = new Place[PLACES];
    private int next;
    private boolean full;

    Prefetch(KernelQueue queue) {
        this.queue = queue;
    }

    /** Begins to bring elements to the device, whose array may be changed at once; does nothing where both places are taken or memory is short. */
    void begin(HeapStorage storage, int offset, int elements) {
        if (full || elements == 0 || find(storage, offset, elements) != null) {
            return;
        }
        Copies by = copies();
        Place place = free();
        if (place == null) {
            return;
        }
        if (place.reserve((long) elements * storage.dtype().bytes())) {
            place.fill(by, storage, offset, elements);
        } else {
            // What does not fit now will not fit in the next step either, and asking again costs.
            full = true;
        }
    }

    /** Gives back what no tensor uses, and prefetches no more: a step that needs the memory comes first. Says whether there was something to give. */
    boolean giveBack() {
        boolean gave = false;
        for (Place place : places) {
            gave |= place != null && place.giveBack();
        }
        full |= gave;
        return gave;
    }

    /** The elements in device memory, where they were promised; else null. */
    @Nullable
    Storage take(Storage storage, int offset, int elements) {
        Place place = find(storage, offset, elements);
        return place == null ? null : place.take();
    }

    /** See {@link CudaKernels#overlap}. */
    CudaKernels.Overlap overlap(Runnable work, HeapStorage storage, int offset, int elements) {
        GpuDriver driver = queue.driver();
        Copies by = copies();
        long[] events = new long[4];
        for (int i = 0; i < events.length; i++) {
            events[i] = driver.createEvent();
        }
        driver.record(events[0], queue.stream());
        work.run();
        driver.record(events[1], queue.stream());
        driver.record(events[2], by.stream);
        begin(storage, offset, elements);
        driver.record(events[3], by.stream);
        queue.synchronize();
        driver.synchronize(by.stream);
        CudaKernels.Overlap overlap = new CudaKernels.Overlap(
                driver.elapsedMillis(events[0], events[1]),
                driver.elapsedMillis(events[0], events[2]),
                driver.elapsedMillis(events[0], events[3]));
        for (long event : events) {
            driver.destroyEvent(event);
        }
        return overlap;
    }

    private @Nullable Place find(Storage storage, int offset, int elements) {
        for (Place place : places) {
            if (place != null && place.isFor(storage, offset, elements)) {
                return place;
            }
        }
        return null;
    }

    private Copies copies() {
        Copies known = copies;
        if (known == null) {
            long stream = queue.driver().createStream();
            known = new Copies(
                    stream,
                    new Staging(queue.driver(), stream, () -> queue.driver().synchronize(stream)));
            copies = known;
        }
        return known;
    }

    /** The place whose turn it is, or the other one, if it is no tensor's; what was promised longest ago is forgotten. */
    private @Nullable Place free() {
        for (int i = 0; i < PLACES; i++) {
            int at = (next + i) % PLACES;
            Place place = places[at];
            if (place == null) {
                place = new Place();
                places[at] = place;
            }
            if (place.use != Use.TAKEN) {
                next = (at + 1) % PLACES;
                return place;
            }
        }
        return null;
    }

    /** Waits for the copies. The memory itself goes with the session's. */
    @Override
    public void close() {
        Copies known = copies;
        if (known == null) {
            return;
        }
        queue.driver().synchronize(known.stream);
        for (Place place : places) {
            if (place != null) {
                place.close();
            }
        }
        known.staging.close();
        queue.driver().destroyStream(known.stream);
        copies = null;
    }
}

package org.lrcc.kernels.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.DeviceMemoryException;
import org.lrcc.engine.FailureException;

/**
 * A session's device memory: a few large segments, of which pieces are given out and taken back.
 *
 * <p>The smallest free piece that is large enough is taken and split; pieces that come back grow together with free neighbours. A training step asks for the
 * same sizes in the same order as the one before it, finds the pieces that that one left, and allocates nothing. All work on the memory is done by one
 * stream, so a piece can be given out again while kernels that were launched before still use it.
 */
final class CudaMemory implements AutoCloseable {
    private static final long ALIGNMENT = 256;
    private static final long SEGMENT = 64L << 20;
    private static final long LARGE = 2L << 20;

    /** A piece of a segment; neighbours are linked. */
    private static final class Piece {
        final long address;
        long size;
        long asked;
        boolean free;
        String owner = "";

        @Nullable
        Piece before;

        @Nullable
        Piece after;

        Piece(long address, long size) {
            this.address = address;
            this.size = size;
        }
    }

    private final GpuDriver driver;
    private final long segmentBytes;
    private final List<Long> segments = new ArrayList<>();
    private final Map<Long, Piece> live = new HashMap<>();
    private final TreeSet<Piece> free = new TreeSet<>(
            Comparator.<Piece>comparingLong(piece -> piece.size).thenComparingLong(piece -> piece.address));
    private BooleanSupplier makesRoom = () -> false;
    private long reserved;
    private long used;
    private long highest;
    private boolean closed;

    CudaMemory(GpuDriver driver) {
        this.driver = driver;
        // A small card, or an interpreted one, is not given away in one go.
        this.segmentBytes = Math.max(LARGE, Math.min(SEGMENT, driver.device().memoryBytes() / 64));
    }

    /** What else to ask, where nothing fits, to give back what can be done without; it says whether it did. */
    void whereShort(BooleanSupplier asked) {
        BooleanSupplier before = makesRoom;
        // Both are asked: one of them alone may give too little.
        makesRoom = () -> before.getAsBoolean() | asked.getAsBoolean();
    }

    /**
     * Device memory of undefined contents, at a multiple of 256 bytes.
     *
     * @param owner what for, in the message of an allocation that does not fit
     * @throws FailureException where it does not fit: how much was asked for and what holds the memory
     */
    long allocate(long bytes, String owner) {
        try {
            return take(bytes, owner);
        } catch (DeviceMemoryException e) {
            if (!makesRoom.getAsBoolean()) {
                throw e;
            }
            return take(bytes, owner);
        }
    }

    private long take(long bytes, String owner) {
        if (closed) {
            throw new IllegalStateException("cuda: allocation after the session was closed");
        }
        long size = Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        Piece piece = free.ceiling(new Piece(0, size));
        if (piece == null) {
            piece = newSegment(size, bytes, owner);
        } else {
            free.remove(piece);
        }
        split(piece, size);
        piece.free = false;
        piece.asked = bytes;
        piece.owner = owner;
        live.put(piece.address, piece);
        used += piece.size;
        highest = Math.max(highest, used);
        driver.handOut(piece.address, Math.max(1, bytes));
        return piece.address;
    }

    private void split(Piece piece, long size) {
        long rest = piece.size - size;
        if (rest >= ALIGNMENT) {
            Piece tail = new Piece(piece.address + size, rest);
            piece.size = size;
            tail.after = piece.after;
            if (tail.after != null) {
                tail.after.before = tail;
            }
            tail.before = piece;
            piece.after = tail;
            tail.free = true;
            free.add(tail);
        }
    }

    private Piece newSegment(long size, long bytes, String owner) {
        long whole = size >= segmentBytes ? (size + LARGE - 1) / LARGE * LARGE : segmentBytes;
        long address;
        try {
            address = driver.allocate(whole);
        } catch (FailureException first) {
            if (GpuFault.kindOf(first) != GpuFault.Kind.OUT_OF_MEMORY) {
                throw first;
            }
            whole = size;
            try {
                giveBackWholeSegments();
                address = driver.allocate(whole);
            } catch (FailureException second) {
                if (GpuFault.kindOf(second) != GpuFault.Kind.OUT_OF_MEMORY) {
                    throw second;
                }
                throw new DeviceMemoryException(doesNotFit(bytes, owner), second, bytes, used, reserved);
            }
        }
        reserved += whole;
        segments.add(address);
        return new Piece(address, whole);
    }

    /** Frees the segments of which nothing is in use; kernels may still run on them. */
    private void giveBackWholeSegments() {
        for (Piece piece : List.copyOf(free)) {
            if (piece.before == null && piece.after == null) {
                free.remove(piece);
                segments.remove(piece.address);
                reserved -= piece.size;
                driver.free(piece.address);
            }
        }
    }

    /** Takes a piece back; an address of a closed session is ignored, its segments are gone. */
    void release(long address) {
        Piece piece = live.remove(address);
        if (piece == null) {
            if (closed) {
                return;
            }
            throw new IllegalStateException("cuda: 0x" + Long.toHexString(address) + " was not given out");
        }
        driver.takeBack(address);
        used -= piece.size;
        Piece before = piece.before;
        Piece after = piece.after;
        if (after != null && after.free) {
            free.remove(after);
            merge(piece, after);
        }
        if (before != null && before.free) {
            free.remove(before);
            merge(before, piece);
            piece = before;
        }
        piece.free = true;
        free.add(piece);
    }

    private static void merge(Piece left, Piece right) {
        left.size += right.size;
        left.after = right.after;
        if (left.after != null) {
            left.after.before = left;
        }
    }

    /** Bytes in use now. */
    long used() {
        return used;
    }

    /** The most bytes that were in use at once. */
    long highest() {
        return highest;
    }

    /** Bytes of the device that this session holds, in use or not. */
    long reserved() {
        return reserved;
    }

    /** Pieces in use. */
    int pieces() {
        return live.size();
    }

    private String doesNotFit(long bytes, String owner) {
        long largest = free.isEmpty() ? 0 : free.last().size;
        return "out of memory: " + owner + " of " + megabytes(bytes) + " does not fit a device of "
                + megabytes(driver.device().memoryBytes()) + "; this session uses " + megabytes(used) + " in "
                + live.size() + " pieces (" + holders() + "), keeps " + megabytes(reserved - used)
                + " of which the largest piece is " + megabytes(largest)
                + ", the rest belongs to others";
    }

    /** What holds most, largest first. */
    private String holders() {
        Map<String, long[]> byOwner = new TreeMap<>();
        live.values().forEach(piece -> {
            long[] sum = byOwner.computeIfAbsent(piece.owner, unused -> new long[2]);
            sum[0] += piece.size;
            sum[1]++;
        });
        StringBuilder text = new StringBuilder();
        byOwner.entrySet().stream()
                .sorted(Comparator.comparingLong(entry -> -entry.getValue()[0]))
                .limit(5)
                .forEach(entry -> text.append(text.isEmpty() ? "" : ", ")
                        .append(entry.getValue()[1])
                        .append(" x ")
                        .append(entry.getKey())
                        .append(": ")
                        .append(megabytes(entry.getValue()[0])));
        return text.toString();
    }

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    /** Frees everything, in use or not. The device must be done with it. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        live.clear();
        free.clear();
        used = 0;
        reserved = 0;
        segments.forEach(driver::free);
        segments.clear();
    }
}

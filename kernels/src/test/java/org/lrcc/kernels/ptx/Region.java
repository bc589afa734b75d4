package org.lrcc.kernels.ptx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A piece of memory with shadows: which bytes were written, and who read and wrote each word last.
 *
 * <p>Readers and writers are remembered as {@code phase << 11 | thread}. Phases are counted through the life of a {@link Machine}; a new one
 * begins with each block and each barrier. Blocks run one after another, so the phase alone tells another launch, another block of this launch
 * and an earlier barrier of this block apart. Accesses of less than a word take no part in the search for races.
 */
final class Region {
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle DOUBLE = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int CHUNK = 1 << 14;
    private static final byte[] ALL_WRITTEN = new byte[CHUNK];

    static {
        Arrays.fill(ALL_WRITTEN, (byte) -1);
    }

    static final int TAG_BITS = 11;
    private static final int FIELD = (1 << TAG_BITS) - 1;
    /** In place of a reader: several threads of one phase. */
    private static final int MANY = FIELD;
    /** In place of a reader: threads of several blocks. */
    private static final int BLOCKS = FIELD - 1;

    final String name;
    final long base;
    final long bytes;
    /** Bytes that may be accessed: 0 once it is freed. */
    long limit;
    /** Whether something was written since this was last set to false. */
    boolean stored;
    /** Whether only one block sees it. */
    private final boolean shared;
    /** Pieces of it that an arena handed out, by address; then nothing else of it may be accessed. */
    final TreeMap<Long, Region> parts = new TreeMap<>();

    private byte @Nullable [] data;
    private byte @Nullable [] written;
    private long @Nullable [] writers;
    private long @Nullable [] readers;

    Region(String name, long base, long bytes, boolean shared) {
        this.name = name;
        this.base = base;
        this.bytes = bytes;
        this.limit = bytes;
        this.shared = shared;
    }

    byte[] data() {
        byte[] bytes = data;
        if (bytes == null) {
            bytes = new byte[size()];
            data = bytes;
        }
        return bytes;
    }

    private byte[] written() {
        byte[] bytes = written;
        if (bytes == null) {
            bytes = new byte[size()];
            written = bytes;
        }
        return bytes;
    }

    private int size() {
        if (limit > Integer.MAX_VALUE - 16) {
            throw new PtxFault("the interpreter cannot hold " + limit + " bytes in one piece: " + name);
        }
        // Whole words, so that shadows can be read by words.
        return (int) (limit + 15) & -16;
    }

    /** Forgets contents and shadows, as at the start of a block. */
    void clear() {
        if (written != null) {
            Arrays.fill(written, (byte) 0);
        }
    }

    boolean isWritten(int offset, int bytes) {
        byte[] shadow = written();
        switch (bytes) {
            case 1:
                return shadow[offset] != 0;
            case 4:
                return (int) INT.get(shadow, offset) == -1;
            case 8:
                return (long) LONG.get(shadow, offset) == -1;
            default:
                return Arrays.mismatch(
                                        shadow,
                                        offset,
                                        offset + Math.min(bytes, CHUNK),
                                        ALL_WRITTEN,
                                        0,
                                        Math.min(bytes, CHUNK))
                                < 0
                        && (bytes <= CHUNK || isWritten(offset + CHUNK, bytes - CHUNK));
        }
    }

    /** Marks as written without a writer: copies by the host, library calls. */
    void markWritten(int offset, int bytes) {
        stored = true;
        byte[] shadow = written();
        switch (bytes) {
            case 1 -> shadow[offset] = -1;
            case 4 -> INT.set(shadow, offset, -1);
            case 8 -> LONG.set(shadow, offset, -1L);
            default -> Arrays.fill(shadow, offset, offset + bytes, (byte) -1);
        }
    }

    /** Copies bytes and whether they were written. */
    void copyTo(int from, Region target, int to, int bytes) {
        System.arraycopy(data(), from, target.data(), to, bytes);
        System.arraycopy(written(), from, target.written(), to, bytes);
    }

    void read(Machine m, int offset, int bytes, int thread, boolean constant) {
        if (!isWritten(offset, bytes)) {
            throw m.fault(thread, "reads " + bytes + " bytes at " + where(offset) + ", which nothing has written");
        }
        if (m.findsRaces && bytes >= 4) {
            for (int word = offset >> 2; word < offset + bytes >> 2; word++) {
                noteRead(m, word, thread, constant);
            }
        }
    }

    void write(Machine m, int offset, int bytes, int thread) {
        markWritten(offset, bytes);
        if (m.findsRaces && bytes >= 4) {
            for (int word = offset >> 2; word < offset + bytes >> 2; word++) {
                noteWrite(m, word, thread);
            }
        }
    }

    private void noteRead(Machine m, int word, int thread, boolean constant) {
        if (readers == null || writers == null) {
            track();
        }
        long first = shared ? m.blockTag : m.launchTag;
        long mine = m.nowTag + thread;
        long writer = writers[word];
        if (writer >= first) {
            if (constant) {
                throw m.fault(thread, "ld.global.nc of " + where(word << 2) + ", which this launch has written");
            }
            if (writer < m.blockTag || (writer >= m.nowTag && writer != mine)) {
                throw race(m, thread, "reads " + where(word << 2) + ", written", writer);
            }
        }
        long reader = readers[word];
        if (reader == mine) {
            return;
        }
        if (reader >= first && (reader < m.blockTag || (reader & FIELD) == BLOCKS)) {
            readers[word] = m.nowTag + BLOCKS;
        } else {
            readers[word] = reader >= m.nowTag ? m.nowTag + MANY : mine;
        }
    }

    private void noteWrite(Machine m, int word, int thread) {
        if (readers == null || writers == null) {
            track();
        }
        long first = shared ? m.blockTag : m.launchTag;
        long mine = m.nowTag + thread;
        long writer = writers[word];
        if (writer >= first && (writer < m.blockTag || (writer >= m.nowTag && writer != mine))) {
            throw race(m, thread, "writes " + where(word << 2) + ", written", writer);
        }
        long reader = readers[word];
        if (reader >= first
                && (reader < m.blockTag || (reader & FIELD) == BLOCKS || (reader >= m.nowTag && reader != mine))) {
            throw race(m, thread, "writes " + where(word << 2) + ", read", reader);
        }
        writers[word] = mine;
    }

    private void track() {
        readers = new long[size() >> 2];
        writers = new long[size() >> 2];
    }

    private static PtxFault race(Machine m, int thread, String what, long other) {
        int field = (int) (other & FIELD);
        String who = field == BLOCKS || other < m.blockTag
                ? "another block"
                : field == MANY ? "several threads" : m.threadName(field);
        return m.fault(thread, "race: " + what + " by " + who + " with no barrier between");
    }

    String where(long offset) {
        return name + "[" + offset + " of " + limit + "]";
    }
}

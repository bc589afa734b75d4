package org.lrcc.engine.cpu;

import java.util.EnumMap;

/**
 * Scratch memory of one thread: packed panels, padded inputs, tiles of results.
 *
 * <p>A buffer grows to the largest size that was asked for and is then kept, so that after the first step kernels
 * allocate next to nothing. Content is whatever the last user left; chunks of one task may leave something to the next one of it. Kernels do not nest, so one buffer a purpose is
 * enough; a buffer that several threads read is taken by the thread that calls the kernel.
 */
final class Workspace {
    /** What a buffer is for; two buffers in use at the same time have different purposes. */
    enum Purpose {
        /** Left operand of a product, packed, or the other one where it is turned to take its place; shared by the threads of one kernel. One that is packed on the way, by each thread for itself, takes {@link #ROWS}. */
        LEFT,
        /** Right operand, packed panel by panel; private to a thread. */
        PANELS,
        /** Tiles of the result before they are written out; private to a thread. */
        TILES,
        /** The chain of a sum that is being added up, before it joins the tiles of {@link #TILES}; private. */
        CHAIN,
        /** Input with its border of zeros and split by stride, or a product's right operand as a copy; shared. */
        PADDED,
        /** Rows of the im2col matrix of a few pixels; private. */
        ROWS,
        /** Gradient of the output, transposed; private or shared. */
        GRADIENT,
        /** Sums of parts of the batch, or a product before it is transposed; shared. */
        PARTIAL,
        /** Transformed input of a Winograd convolution, or an input or operand turned as a whole. */
        TRANSFORMED,
        /** Anything small. */
        SMALL
    }

    /**
     * Where content begins. An array's first float lies 16 bytes behind the start of the object, so where the JVM aligns objects to 64 bytes
     * ({@code -XX:ObjectAlignmentInBytes=64}) this one lies on a cache line; a vector of 512 bits that does not is loaded from two lines each time. Without the flag it costs 48 bytes.
     */
    static final int START = 12;

    private static final ThreadLocal<Workspace> OF_THREAD = ThreadLocal.withInitial(Workspace::new);

    private final EnumMap<Purpose, float[]> buffers = new EnumMap<>(Purpose.class);
    private final double[] sums = new double[2];
    private final float[] lanes = new float[64];
    private int[] indices = {};

    private Workspace() {}

    /** A buffer of the calling thread with at least {@code size} floats of unspecified content from {@link #START} on. */
    static float[] take(Purpose purpose, long size) {
        if (size > Integer.MAX_VALUE - 64) {
            throw new IllegalStateException("workspace " + purpose + ": " + size + " floats exceed one array");
        }
        Workspace w = OF_THREAD.get();
        float[] b = w.buffers.get(purpose);
        if (b == null || b.length < START + size) {
            b = new float[START + (int) size];
            w.buffers.put(purpose, b);
        }
        return b;
    }

    /** The calling thread's buffer of at least {@code size} positions, of unspecified content; there is one, so that whoever takes it calls nobody who does. */
    static int[] indices(int size) {
        Workspace w = OF_THREAD.get();
        if (w.indices.length < size) {
            w.indices = new int[size];
        }
        return w.indices;
    }

    /** Two sums of the calling thread, set to 0, until it asks again. */
    static double[] twoSums() {
        double[] sums = OF_THREAD.get().sums;
        sums[0] = 0;
        sums[1] = 0;
        return sums;
    }

    /** Room of the calling thread for the lanes of a vector that loops are about to add. */
    static float[] lanes() {
        return OF_THREAD.get().lanes;
    }
}

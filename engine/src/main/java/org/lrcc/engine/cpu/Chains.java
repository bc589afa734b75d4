package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * How far a sum in floats is taken as one chain of fused multiply-adds. The error of a chain grows with the root of its length and more; so long sums are taken in chains, and the chains'
 * results are added: at 4,608 terms (512 channels of 3x3) the largest error over the largest value falls from 3e-6 to 0.8e-6, for one addition in {@link #TERMS}.
 */
final class Chains {
    /** Terms of a chain, about. */
    static final int TERMS = 1024;

    /** Pixels of a chain in a weight gradient, about: there the chains' results are many, and visits to them cost. */
    static final int PIXELS = 4096;

    /** Adds the pixels of a chunk to tiles, or sets these to them. */
    interface Chunk {
        void sum(int chunk, float[] tiles, boolean add);
    }

    private Chains() {}

    /**
     * Sums chunks of pixels in tiles.
     *
     * @param pixels of a chunk, at most
     * @param tiles of which {@code floats} from {@link Workspace#START} on are set
     */
    static void ofChunks(int first, int end, int pixels, float[] tiles, int floats, Chunk chunk) {
        int length = Math.max(1, PIXELS / pixels);
        float[] later = end - first > length ? Workspace.take(Purpose.CHAIN, floats) : tiles;
        for (int i = first; i < end; i++) {
            int chain = (i - first) / length;
            float[] to = chain == 0 ? tiles : later;
            chunk.sum(i, to, (i - first) % length > 0);
            if (chain > 0 && ((i - first + 1) % length == 0 || i == end - 1)) {
                add(later, Workspace.START, tiles, Workspace.START, floats);
            }
        }
    }

    /** {@code total[at + i] += chain[from + i]} for {@code i < n}. */
    static void add(float[] chain, int from, float[] total, int at, int n) {
        for (int i = 0; i < n; i++) {
            total[at + i] += chain[from + i];
        }
    }
}

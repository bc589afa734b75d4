package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Sums of a convolution for rows of pixels that lie channels-last: runs of floats, each at an offset from a pixel's place, times runs of weights {@code [run][columns]}. Long sums are taken in
 * {@link Chains}.
 */
final class ChannelSums {
    /**
     * Steps of the sum between two visits to the tiles, about: their weights stay in L1 beside the pixels. With 320 the strided convolutions of ResNet18 took 1.04 to 1.1 times as long (48 KB of
     * L1).
     */
    private static final int MAX_DEPTH = 200;

    /** More than a tile, where its sum begins, and than the border of a row of pixels is copied from at once. */
    static final float[] ZEROS = new float[1024];

    private final GroupLoops loops;
    private final int height;
    private final int run;
    private final int step;
    private final int[] offsets;
    private final int block;
    /** Runs of a chain, whole blocks. */
    private final int chain;

    /** Pixels of a row that are wanted. */
    final int wide;
    /** Pixels of a row that are summed; those behind the last wanted mean nothing. */
    final int pitch;

    /**
     * Sums of one kind.
     *
     * @param wide pixels of a row
     * @param run floats that lie together in the image and are summed by one call
     * @param step floats from pixel to pixel in the image
     * @param offsets of the runs
     */
    ChannelSums(GroupLoops loops, int wide, int run, int step, int[] offsets) {
        this.loops = loops;
        this.wide = wide;
        this.run = run;
        this.step = step;
        this.offsets = offsets;
        int best = 0;
        for (int h : loops.heights()) {
            best = best == 0 || summed(wide, h) < summed(wide, best) ? h : best;
        }
        height = best;
        pitch = summed(wide, best);
        block = Math.max(1, MAX_DEPTH / run);
        chain = Math.max(1, Chains.TERMS / (block * run)) * block;
    }

    /** Pixels that tiles of a height sum: at the end of a row there may be one of 4. */
    private static int summed(int wide, int height) {
        int rest = wide % height;
        return wide - rest + (rest == 0 ? 0 : rest <= 4 ? 4 : height);
    }

    /** Steps of the whole sum. */
    int depth() {
        return offsets.length * run;
    }

    /** Floats behind a row's last pixel that may be read. */
    int slack() {
        return (pitch - wide) * step;
    }

    /**
     * Sums {@code rows} rows of each of {@code images} images to {@code [image][row][pitch][columns]}.
     *
     * @param image floats from image to image in {@code a}
     * @param line floats from row to row in {@code a}
     */
    void run(int images, int rows, float[] a, int ao, int image, int line, float[] w, int wo, float[] c, int co) {
        int size = pitch * loops.columns();
        int floats = images * rows * size;
        float[] later = offsets.length > chain ? Workspace.take(Purpose.CHAIN, floats) : c;
        for (int k = 0; k < offsets.length; k += block) {
            float[] to = k < chain ? c : later;
            int at = k < chain ? co : Workspace.START;
            for (int i = 0; i < images; i++) {
                for (int r = 0; r < rows; r++) {
                    row(k, a, ao + i * image + r * line, w, wo, to, at + (i * rows + r) * size);
                }
            }
            int end = Math.min(offsets.length, k + block);
            if (k >= chain && (end % chain == 0 || end == offsets.length)) {
                Chains.add(later, Workspace.START, c, co, floats);
            }
        }
    }

    private void row(int k0, float[] a, int ao, float[] w, int wo, float[] c, int co) {
        int nr = loops.columns();
        int k1 = Math.min(offsets.length, k0 + block);
        for (int j = 0; j < pitch; ) {
            int h = Math.min(height, pitch - j);
            int at = ao + j * step;
            int to = co + j * nr;
            for (int k = k0; k < k1; k++) {
                // Zeros are read rather than written first: loads of what other stores wrote wait.
                boolean begins = k % chain == 0;
                float[] from = begins ? ZEROS : c;
                int fo = begins ? Workspace.START : to;
                int weights = wo + k * run * nr;
                loops.multiply(h, run, a, at + offsets[k], step, w, weights, from, fo, c, to, weights);
            }
            j += h;
        }
    }
}

package org.lrcc.engine.cpu;

/**
 * Sums of a convolution for rows of pixels that lie channels-last: runs of floats, each at an offset from a pixel's place, times runs of weights {@code [run][columns]}.
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
        for (int k = 0; k < offsets.length; k += block) {
            for (int i = 0; i < images; i++) {
                for (int r = 0; r < rows; r++) {
                    row(k, a, ao + i * image + r * line, w, wo, c, co + (i * rows + r) * size);
                }
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
                float[] from = k == 0 ? ZEROS : c;
                int fo = k == 0 ? Workspace.START : to;
                int weights = wo + k * run * nr;
                loops.multiply(h, run, a, at + offsets[k], step, w, weights, from, fo, c, to, weights);
            }
            j += h;
        }
    }
}

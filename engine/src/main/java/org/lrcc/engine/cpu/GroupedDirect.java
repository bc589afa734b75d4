package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Direct convolution that writes channels in groups: each tile of a few neighbouring pixels by one group of outputs is summed over taps and channels straight from the image
 * (Zhang et al., High performance zero-memory overhead direct convolutions, 2018). The input is in groups too, or, for a network's first layer, in planes.
 *
 * <p>A chunk of work is a few rows of output pixels, or a few whole images where these are small, by a range of output groups. Where there is padding the rows of pixels that it
 * reads are copied first, with their zeros, to a band in L2; a block of weights stays in L1 while all tiles of the chunk use it.
 *
 * <p>Where one image of 7 x 7 is all there is, the 47 MB of a ResNet18's weights do not stay in L3 and each is used 49 times: the first tile of a block waits for memory (9 GB/s
 * to one core), the other six do not ask for any. So tiles read a little of the next block as they multiply. 512 channels, weights from memory, 1 thread: 2.10 and 1.89 ms;
 * from L3 1.50 and 1.37. Reading a block before its tiles gains nothing, for then the multipliers wait instead.
 */
final class GroupedDirect {
    /** Output pixels of a chunk, about: their sums are 32 KB a group of 32. */
    private static final int PIXELS = 256;

    /** Steps of the sum between two visits to the tiles, about: their weights stay in L1. */
    private static final int MAX_DEPTH = 320;

    /**
     * Pixels of a tile at most. Tiles of fourteen have more nodes than C2 parses (18000) before it puts off calls that it must inline: the sums of the last pixels then have no exact type,
     * and in a fifth of processes all of them became objects, 1.3 GB a run of one image and five times the time. In the others ResNet18 took up to 3 % less for one image, as long for eight.
     */
    private static final int MAX_HEIGHT = 8;

    /** Chunks for each thread at least: one copies what others copy too, so no more. */
    private static final int CHUNKS_PER_THREAD = 2;

    /** More than a tile, where its sum begins and where it has no bias. */
    private static final float[] ZEROS = new float[1024];

    private static final float NONE = Float.NEGATIVE_INFINITY;

    private final ThreadPool pool;
    private final GroupLoops loops;

    GroupedDirect(ThreadPool pool, GroupLoops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    /** Packs weights [outputs, inputs, kernel] as {@code [outputs / columns][inputs / unit][kernel][unit][columns]}; unit is 1 for planes. */
    float[] pack(int outputs, int inputs, int kernel, int unit, float[] w, int wo) {
        int nr = loops.columns();
        float[] packed = new float[Workspace.START + outputs * inputs * kernel];
        pool.run(outputs / nr, m -> {
            int to = Workspace.START + m * nr * inputs * kernel;
            for (int g = 0; g < inputs; g += unit) {
                for (int t = 0; t < kernel; t++) {
                    for (int c = g; c < g + unit; c++) {
                        packRow(w, wo + (m * nr * inputs + c) * kernel + t, inputs * kernel, packed, to);
                        to += nr;
                    }
                }
            }
        });
        return packed;
    }

    private void packRow(float[] w, int from, int step, float[] packed, int to) {
        for (int j = 0; j < loops.columns(); j++) {
            packed[to + j] = w[from + j * step];
        }
    }

    /**
     * Runs a convolution.
     *
     * @param unit channels that lie together in x: a group's, or 1 for planes
     */
    void run(ConvShape s, int unit, float[] x, int xo, float[] packed, Finish finish, float[] y, int yo) {
        Pass pass = new Pass(s, unit, x, xo, packed, finish, y, yo);
        pool.run(pass.chunks * pass.splits, pass::chunk);
    }

    private final class Pass {
        final ConvShape s;
        final int unit;
        final float[] x;
        final int xo;
        final float[] weights;
        final Finish finish;
        final float[] y;
        final int yo;
        final int nr = loops.columns();
        final int mr;
        final int inGroups;
        final int outGroups;
        final int depth;
        /** Floats of a pixel that lie together and are summed by one call: a row of taps of a group's channels, or in planes all. */
        final int run;

        final boolean copies;
        /** Rows and columns of pixels that a chunk's image reads, per group. */
        final int bandRows;

        final int bandColumns;
        final int images;
        final int rows;
        final int chunks;
        final int splits;
        /** Where runs begin, or in planes steps, from a pixel's first tap. */
        final int[] offsets;

        Pass(ConvShape s, int unit, float[] x, int xo, float[] weights, Finish finish, float[] y, int yo) {
            this.s = s;
            this.unit = unit;
            this.x = x;
            this.xo = xo;
            this.weights = weights;
            this.finish = finish;
            this.y = y;
            this.yo = yo;
            inGroups = s.inputs() / unit;
            outGroups = s.outputs() / nr;
            depth = s.inputs() * s.kernel();
            run = unit == 1 ? depth : s.dilationW() == 1 ? s.kernelW() * unit : unit;
            mr = height();
            int high = s.outHeight();
            int most = Math.max(1, PIXELS / s.outPlane());
            int parts = (s.batch() + most - 1) / most;
            images = (s.batch() + parts - 1) / parts;
            rows = images > 1 ? high : Math.max(1, Math.min(high, PIXELS / s.outWidth()));
            chunks = images > 1 ? (s.batch() + images - 1) / images : s.batch() * ((high + rows - 1) / rows);
            splits = Math.max(1, Math.min(outGroups, (CHUNKS_PER_THREAD * pool.threads() + chunks - 1) / chunks));
            boolean pads = s.isPadded();
            copies = pads || s.outWidth() < mr;
            bandRows = copies ? (rows - 1) * s.strideH() + (s.kernelH() - 1) * s.dilationH() + 1 : s.height();
            bandColumns = copies ? (s.outWidth() - 1) * s.strideW() + (s.kernelW() - 1) * s.dilationW() + 1 : s.width();
            offsets = offsets();
        }

        /** The height of tiles that sums the fewest pixels that no row has. */
        private int height() {
            int best = 0;
            for (int height : loops.heights()) {
                if (height <= MAX_HEIGHT) {
                    best = best == 0 || cost(height) < cost(best) ? height : best;
                }
            }
            return best;
        }

        /** Pixels that a row's tiles sum; those of a tile of 4 cost more. */
        private int cost(int height) {
            int rest = s.outWidth() % height;
            int last = rest == 0 ? 0 : rest <= 4 && s.outWidth() >= 4 ? 5 : height;
            return s.outWidth() - rest + last;
        }

        private int[] offsets() {
            boolean rows = unit > 1 && s.dilationW() == 1;
            int[] o = new int[unit == 1 ? depth : depth / run];
            int k = 0;
            for (int g = 0; g < inGroups; g++) {
                for (int i = 0; i < s.kernelH(); i++) {
                    for (int j = 0; j < (rows ? 1 : s.kernelW()); j++) {
                        int pixel = (g * bandRows + i * s.dilationH()) * bandColumns + j * s.dilationW();
                        o[k++] = pixel * unit;
                    }
                }
            }
            return o;
        }

        void chunk(int index) {
            int part = index % splits;
            int chunk = index / splits;
            int m0 = outGroups * part / splits;
            int m1 = outGroups * (part + 1) / splits;
            int perImage = images > 1 ? 1 : (s.outHeight() + rows - 1) / rows;
            int n0 = images > 1 ? chunk * images : chunk / perImage;
            int n1 = images > 1 ? Math.min(s.batch(), n0 + images) : n0 + 1;
            int r0 = chunk % perImage * rows;
            int r1 = images > 1 ? s.outHeight() : Math.min(s.outHeight(), r0 + rows);
            int size = inGroups * bandRows * bandColumns * unit;
            float[] from = x;
            int base = xo + (n0 * s.inputs() * s.height() + r0 * s.strideH() * unit) * s.width();
            if (copies) {
                base = 0;
                from = Workspace.take(Purpose.PADDED, (long) (n1 - n0) * size + (long) mr * s.strideW() * unit);
                for (int n = n0; n < n1; n++) {
                    band(n, r0, r1, from, (n - n0) * size);
                }
            }
            for (int m = m0; m < m1; m++) {
                outputs(m, n0, n1, r0, r1, from, base, size);
            }
        }

        /** Copies the rows that outputs {@code r0 .. r1-1} of an image read, with zeros around. */
        private void band(int n, int r0, int r1, float[] to, int at) {
            int used = (r1 - r0 - 1) * s.strideH() + (s.kernelH() - 1) * s.dilationH() + 1;
            int first = r0 * s.strideH() - s.top();
            int lead = Math.min(s.left(), bandColumns);
            int count = Math.max(0, Math.min(s.width(), bandColumns - lead));
            for (int g = 0; g < inGroups; g++) {
                for (int i = 0; i < used; i++) {
                    int h = first + i;
                    int d = at + (g * bandRows + i) * bandColumns * unit;
                    int end = d + bandColumns * unit;
                    if (h < 0 || h >= s.height()) {
                        Arrays.fill(to, d, end, 0f);
                        continue;
                    }
                    int from = xo + ((n * inGroups + g) * s.height() + h) * s.width() * unit;
                    Arrays.fill(to, d, d + lead * unit, 0f);
                    System.arraycopy(x, from, to, d + lead * unit, count * unit);
                    Arrays.fill(to, d + (lead + count) * unit, end, 0f);
                }
            }
        }

        /** Group {@code m} of the outputs of rows {@code r0 .. r1-1} of images {@code n0 .. n1-1}. */
        private void outputs(int m, int n0, int n1, int r0, int r1, float[] from, int base, int image) {
            int perRow = (s.outWidth() + mr - 1) / mr;
            float[] c = Workspace.take(Purpose.TILES, (long) (n1 - n0) * (r1 - r0) * perRow * mr * nr);
            int runs = depth / run;
            int block = Math.max(1, MAX_DEPTH / run);
            float read = 0;
            for (int k = 0; k < runs; k += block) {
                int end = Math.min(runs, k + block);
                // The next block, of these outputs or of the next ones, lies behind this one. Each row reads its share
                // of it.
                int ahead = Workspace.START + (m * runs + end) * run * nr;
                int to = Workspace.START;
                for (int n = n0; n < n1; n++) {
                    for (int r = r0; r < r1; r++) {
                        int row = base + (n - n0) * image + (r - r0) * s.strideH() * bandColumns * unit;
                        read += row(m, row, k, end, ahead, from, c, to);
                        ahead += (end - k) * run * GroupLoops.AHEAD;
                        to += perRow * mr * nr;
                    }
                }
            }
            c[0] = read; // Nobody's: so that the reads are not dead.
            int to = Workspace.START;
            for (int n = n0; n < n1; n++) {
                int at = ((n * outGroups + m) * s.outHeight() + r0) * s.outWidth() * nr;
                for (int r = r0; r < r1; r++) {
                    store(m, c, to, at + (r - r0) * s.outWidth() * nr);
                    to += perRow * mr * nr;
                }
            }
        }

        /**
         * Sums runs {@code k0 .. k1-1} for the tiles of a row of pixels. The last tile starts early rather than end late, where the row holds one. Each block of runs is
         * summed by itself and then added: one chain of 4608 sums errs twice as much.
         *
         * @param ahead of the weights that will be wanted next
         * @return the sum of what was read of these, for the caller to store
         */
        private float row(int m, int row, int k0, int k1, int ahead, float[] from, float[] c, int to) {
            int wide = s.outWidth();
            int step = s.strideW() * unit;
            float[] sums = k0 == 0 ? c : Workspace.take(Purpose.SMALL, (long) mr * nr);
            float read = 0;
            for (int j = 0; j < wide; j += mr) {
                int height = tileHeight(j);
                int tile = to + j * nr;
                int at = k0 == 0 ? tile : Workspace.START;
                read += sum(m, height, row + tileStart(j, height) * step, step, k0, k1, ahead, from, sums, at);
                if (k0 > 0) {
                    loops.finish(sums, at, height, ZEROS, Workspace.START, c, tile, NONE, -NONE, c, tile);
                }
            }
            return read;
        }

        private float sum(
                int m, int height, int start, int step, int k0, int k1, int ahead, float[] from, float[] c, int to) {
            int weight = Workspace.START + m * depth * nr;
            if (unit == 1) {
                loops.multiplyAt(height, offsets, from, start, step, weights, weight, ZEROS, Workspace.START, c, to);
                return 0;
            }
            int share = run * GroupLoops.AHEAD;
            float read = 0;
            for (int k = k0; k < k1; k++) {
                int w = weight + k * run * nr;
                int next = ahead + (k - k0) * share;
                // Zeros are read rather than written first: loads of what other stores wrote wait.
                float[] sum = k == k0 ? ZEROS : c;
                int at = k == k0 ? Workspace.START : to;
                int reads = next + share <= weights.length ? next : w;
                read += loops.multiply(height, run, from, start + offsets[k], step, weights, w, sum, at, c, to, reads);
            }
            return read;
        }

        private int tileHeight(int j) {
            return s.outWidth() - j <= 4 && s.outWidth() >= 4 ? 4 : mr;
        }

        private int tileStart(int j, int height) {
            return Math.max(0, Math.min(j, s.outWidth() - height));
        }

        private void store(int m, float[] c, int from, int at) {
            int wide = s.outWidth();
            for (int j = 0; j < wide; j += mr) {
                int height = tileHeight(j);
                int start = tileStart(j, height);
                int to = at + start * nr;
                finish.apply(loops, c, from + j * nr, Math.min(height, wide - start), m * nr, to, y, yo + to);
            }
        }
    }

    /**
     * What is done to sums before they are written.
     *
     * @param residual as the output, or null
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
    record Finish(float[] bias, float @Nullable [] residual, int residualOffset, float low, float high) {
        void apply(GroupLoops loops, float[] c, int co, int pixels, int channel, int at, float[] y, int yo) {
            loops.finish(c, co, pixels, bias, channel, residual, residualOffset + at, low, high, y, yo);
        }
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Direct convolution on channels in groups for 16 registers: pixels are packed as rows of the im2col matrix that lie {@link GroupLoops#distance()} floats apart. A kernel's addresses
 * are then one register and constants, which leaves the registers to twelve sums, and tiles of six pixels run on through the ends of image rows.
 *
 * <p>A chunk of work is a few rows of output pixels, or a few images, by a range of output groups. It packs a block of the sum's steps for all of its pixels, which stays in L2, and
 * multiplies with all outputs' weights of that block. Packing moves each pixel once a tap, which costs 1 to 4 % of the products. Weights are those of {@link GroupedDirect}.
 */
final class GroupedIm2col {
    /** Output pixels of a chunk, about: whole rows of images of 224 pixels after any of their halvings. */
    private static final int PIXELS = 112;

    /** Floats of packed pixels of a block at most, which stay in L2 beside the sums; from two runs on. */
    private static final int BLOCK = 65_536;

    /** Runs between two visits to the sums: their weights, 20 KB, stay in L1. */
    private static final int RUNS = 2;

    /** Chunks for each of several threads at least: each packs what others pack too, so no more. */
    private static final int CHUNKS_PER_THREAD = 2;

    /** Planes whose single pixels are packed together. */
    private static final int PLANES = 4;

    private static final float NONE = Float.NEGATIVE_INFINITY;

    private final ThreadPool pool;
    private final GroupLoops loops;

    GroupedIm2col(ThreadPool pool, GroupLoops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    /** Whether there are kernels for packed pixels, and room for a row of taps. */
    boolean fits(ConvShape s, int unit) {
        return loops.distance() > 0 && (unit > 1 || s.kernelW() <= loops.distance() - loops.columns());
    }

    /**
     * Runs a convolution that {@link #fits}.
     *
     * @param unit channels that lie together in x: a group's, or 1 for planes
     */
    void run(ConvShape s, int unit, float[] x, int xo, float[] packed, GroupedDirect.Finish finish, float[] y, int yo) {
        int groups = s.outputs() / loops.columns();
        run(s, unit, x, xo, packed, (sums, from, image, pixel, count, group) -> {
            int at = ((image * groups + group) * s.outPlane() + pixel) * loops.columns();
            finish.apply(loops, sums, from, count, group * loops.columns(), at, y, yo + at);
        });
    }

    /** As {@link #run}, with results that go to {@code sink}. */
    void run(ConvShape s, int unit, float[] x, int xo, float[] packed, Sink sink) {
        Pass pass = new Pass(s, unit, x, xo, packed, sink);
        pool.run(pass.chunks * pass.splits, pass::chunk);
    }

    /** Where results go. */
    interface Sink {
        /** Stores the sums {@code [count][columns]} at {@code from}: a group of outputs at pixels of an image from {@code pixel} on. */
        void store(float[] sums, int from, int image, int pixel, int count, int group);
    }

    private final class Pass {
        final ConvShape s;
        final int unit;
        final float[] x;
        final int xo;
        final float[] weights;
        final Sink sink;
        final int nr = loops.columns();
        final int distance = loops.distance();
        final int inGroups;
        final int outGroups;
        /** Steps of the sum that lie together in x: a tap's group of channels, or in planes a row of taps. */
        final int piece;

        /** Whether pixels of planes are packed by themselves: a kernel of one tap, without a border. */
        final boolean points;

        final int pieces;
        /** Parts of the sum that are packed side by side, each less than {@link #distance}. */
        final int runs;

        final int images;
        final int rows;
        final int chunks;
        final int splits;

        Pass(ConvShape s, int unit, float[] x, int xo, float[] weights, Sink sink) {
            this.s = s;
            this.unit = unit;
            this.x = x;
            this.xo = xo;
            this.weights = weights;
            this.sink = sink;
            inGroups = s.inputs() / unit;
            outGroups = s.outputs() / nr;
            piece = unit == 1 ? s.kernelW() : unit;
            points = unit == 1 && s.kernel() == 1 && !s.isPadded();
            pieces = s.inputs() * s.kernel() / piece;
            // Rows of taps are copied by whole vectors, so up to one more is overwritten.
            int most = Math.max(1, (unit == 1 ? distance - nr / 2 : distance) / piece);
            runs = (pieces + most - 1) / most;
            int high = s.outHeight();
            int together = Math.max(1, PIXELS / s.outPlane());
            int parts = (s.batch() + together - 1) / together;
            images = (s.batch() + parts - 1) / parts;
            int perImage = images > 1 ? 1 : Math.min(high, (s.outPlane() + PIXELS - 1) / PIXELS);
            rows = (high + perImage - 1) / perImage;
            chunks = images > 1 ? (s.batch() + images - 1) / images : s.batch() * ((high + rows - 1) / rows);
            splits = splits();
        }

        /** Ranges of outputs: enough for all threads to have work, and where there are few chunks, the same work. */
        private int splits() {
            int threads = pool.threads();
            if (threads == 1) {
                return 1;
            }
            int n = (CHUNKS_PER_THREAD * threads + chunks - 1) / chunks;
            while (chunks * n % threads != 0 && chunks * n < 4 * CHUNKS_PER_THREAD * threads) {
                n++;
            }
            return Math.min(outGroups, n);
        }

        private int start(int run) {
            return (int) ((long) pieces * run / runs);
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
            int pixels = (n1 - n0) * (r1 - r0) * s.outWidth();
            int room = pixels + loops.packedHeight();
            float[] c = Workspace.take(Purpose.TILES, (long) (m1 - m0) * room * nr);
            int block = Math.max(RUNS, BLOCK / (room * distance));
            float[] a = Workspace.take(Purpose.PADDED, (long) Math.min(block, runs) * room * distance);
            for (int k = 0; k < runs; k += block) {
                int end = Math.min(runs, k + block);
                for (int i = k; i < end; i++) {
                    pack(i, n0, n1, r0, r1, a, Workspace.START + (i - k) * room * distance);
                }
                for (int m = m0; m < m1; m++) {
                    products(m, k, end, pixels, room, a, c, Workspace.START + (m - m0) * room * nr);
                }
            }
            for (int m = m0; m < m1; m++) {
                store(m, n0, n1, r0, r1, c, Workspace.START + (m - m0) * room * nr);
            }
        }

        /** Packs a run of the sum's steps for rows {@code r0 .. r1-1} of images {@code n0 .. n1-1}. */
        private void pack(int run, int n0, int n1, int r0, int r1, float[] a, int ao) {
            if (points) {
                points(start(run), start(run + 1), n0, n1, r0, r1, a, ao);
                return;
            }
            for (int k = start(run); k < start(run + 1); k++) {
                int to = ao + (k - start(run)) * piece;
                for (int n = n0; n < n1; n++) {
                    if (unit == 1) {
                        taps(k, n, r0, r1, a, to);
                    } else {
                        pixels(k, n, r0, r1, a, to);
                    }
                    to += (r1 - r0) * s.outWidth() * distance;
                }
            }
        }

        /** Packs channels {@code c0 .. c1-1} of planes, of which a kernel reads single pixels. */
        private void points(int c0, int c1, int n0, int n1, int r0, int r1, float[] a, int ao) {
            int plane = s.height() * s.width();
            int wide = s.outWidth();
            // Few planes at a time: each lies in pages of its own.
            for (int c = c0; c < c1; c += PLANES) {
                int channels = Math.min(PLANES, c1 - c);
                for (int n = n0; n < n1; n++) {
                    for (int r = r0; r < r1; r++) {
                        int from = xo + (n * inGroups + c) * plane + r * s.strideH() * s.width();
                        int to = ao + ((n - n0) * (r1 - r0) + r - r0) * wide * distance + c - c0;
                        PointPixels.pack(x, from, plane, channels, s.strideW(), wide, a, to, distance);
                    }
                }
            }
        }

        /** Packs one tap's group of channels for rows of output pixels. */
        private void pixels(int k, int n, int r0, int r1, float[] a, int to) {
            int stride = s.strideW();
            int wide = s.outWidth();
            int column = k % s.kernelW() * s.dilationW() - s.left();
            int j0 = Math.min(wide, Math.max(0, (stride - 1 - column) / stride));
            int j1 = Math.max(j0, Math.min(wide, Math.floorDiv(s.width() - 1 - column, stride) + 1));
            int first = k / s.kernelW() % s.kernelH() * s.dilationH() - s.top();
            int plane = xo + ((n * inGroups + k / s.kernel()) * s.height() * s.width() + column + j0 * stride) * unit;
            for (int r = r0; r < r1; r++) {
                int h = r * s.strideH() + first;
                int row = to + (r - r0) * wide * distance;
                if (h < 0 || h >= s.height()) {
                    loops.spread(ChannelSums.ZEROS, Workspace.START, 0, wide, a, row);
                    continue;
                }
                loops.spread(x, plane + h * s.width() * unit, stride * unit, j1 - j0, a, row + j0 * distance);
                if (j0 > 0) {
                    loops.spread(ChannelSums.ZEROS, Workspace.START, 0, j0, a, row);
                }
                if (j1 < wide) {
                    loops.spread(ChannelSums.ZEROS, Workspace.START, 0, wide - j1, a, row + j1 * distance);
                }
            }
        }

        /** Packs a row of taps of a plane for rows of output pixels. */
        private void taps(int k, int n, int r0, int r1, float[] a, int to) {
            for (int r = r0; r < r1; r++) {
                taps(k, n, r, a, to + (r - r0) * s.outWidth() * distance);
            }
        }

        /** Packs a row of taps of a plane for a row of output pixels. */
        private void taps(int k, int n, int r, float[] a, int to) {
            int lanes = nr / 2;
            int h = r * s.strideH() - s.top() + k % s.kernelH() * s.dilationH();
            int stride = s.strideW();
            int line = xo + ((n * inGroups + k / s.kernelH()) * s.height() + h) * s.width();
            boolean inside = h >= 0 && h < s.height();
            int copied = (s.kernelW() + lanes - 1) / lanes * lanes;
            int j0 = 0;
            int j1 = 0;
            if (inside && s.dilationW() == 1) {
                j0 = Math.min(s.outWidth(), (s.left() + stride - 1) / stride);
                // What is copied from behind a row is overwritten by the next row of taps, so only the array's end
                // matters.
                int most = Math.min(s.width() - s.kernelW(), x.length - line - copied);
                j1 = Math.max(j0, Math.min(s.outWidth(), Math.floorDiv(most + s.left(), stride) + 1));
                int from = line + j0 * stride - s.left();
                for (int v = 0; v < copied; v += lanes) {
                    loops.spreadVector(x, from + v, stride, j1 - j0, a, to + j0 * distance + v);
                }
            }
            taps(j1, s.outWidth(), inside, line, a, to);
            taps(0, j0, inside, line, a, to);
        }

        /** The same for output pixels {@code j0 .. j1-1}, some of whose taps lie outside of the image. */
        private void taps(int j0, int j1, boolean inside, int line, float[] a, int to) {
            for (int j = j0; j < j1; j++) {
                for (int t = 0; t < s.kernelW(); t++) {
                    int w = j * s.strideW() - s.left() + t * s.dilationW();
                    a[to + j * distance + t] = inside && w >= 0 && w < s.width() ? x[line + w] : 0;
                }
            }
        }

        /**
         * Adds runs {@code k0 .. k1-1} to the sums of output group {@code m}. Each few runs are summed by themselves and then added: one chain of 4608 sums errs twice as much.
         */
        private void products(int m, int k0, int k1, int pixels, int room, float[] a, float[] c, int co) {
            int most = loops.packedHeight();
            for (int k = k0; k < k1; k += RUNS) {
                int end = Math.min(k1, k + RUNS);
                float[] sums = k == 0 ? c : Workspace.take(Purpose.SMALL, (long) most * nr);
                for (int t = 0; t < pixels; t += most) {
                    int height = pixels - t > 4 ? most : 4;
                    int tile = co + t * nr;
                    int at = k == 0 ? tile : Workspace.START;
                    for (int i = k; i < end; i++) {
                        int depth = (start(i + 1) - start(i)) * piece;
                        int from = Workspace.START + ((i - k0) * room + t) * distance;
                        int weight = Workspace.START + (m * pieces + start(i)) * piece * nr;
                        // Zeros are read rather than written first: loads of what other stores wrote wait.
                        float[] sum = i == k ? ChannelSums.ZEROS : sums;
                        int so = i == k ? Workspace.START : at;
                        loops.multiplyPacked(height, depth, a, from, weights, weight, sum, so, sums, at);
                    }
                    if (k > 0) {
                        loops.finish(
                                sums, at, height, ChannelSums.ZEROS, Workspace.START, c, tile, NONE, -NONE, c, tile);
                    }
                }
            }
        }

        private void store(int m, int n0, int n1, int r0, int r1, float[] c, int from) {
            int count = (r1 - r0) * s.outWidth();
            for (int n = n0; n < n1; n++) {
                sink.store(c, from + (n - n0) * count * nr, n, r0 * s.outWidth(), count, m);
            }
        }
    }
}

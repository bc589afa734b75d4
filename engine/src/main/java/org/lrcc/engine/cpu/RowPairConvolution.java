package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Forward pass of a convolution with kernels of three rows and stride 2, for 16 registers: two rows of the output at once, by five products of rows instead of six.
 *
 * <p>Rows {@code 2t} and {@code 2t+1} of the output read five rows of the input, {@code a, o, b, p, c}, and are {@code a*w0 + o*w1 + b*w2} and {@code b*w0 + p*w1 + c*w2}; they share {@code b*(w0+w2)}, to
 * which {@code (a-b)*w0 + o*w1} and {@code (c-b)*w2 + p*w1} are added: Winograd's F(2, 2) down the columns, with no factor but 1, as in {@link RowPairGradient}. In both directions it would save as much
 * again, but sums would be short and transformed weights three times as many.
 *
 * <p>The input is turned to groups of channels with a border of zeros. Pixels, or differences of two, are packed as {@link GroupedIm2col} packs them, which has the same tiles: a chunk of work is some pairs of
 * rows by a range of outputs. ResNet18's layers of 64 to 128 and 128 to 256 channels, batch 8, take 0.84 of the time (see {@link PackedStrides}); the error is 0.7 to 1.3e-6 of the largest value where that of
 * {@link PackedConvolution} is 0.6 to 1.2e-6.
 */
final class RowPairConvolution {
    private static final int STRIDE = 2;
    private static final int KERNEL = 3;

    /** What it multiplies, of what the definition does. */
    static final double SHARE = 5.0 / 6;

    /** Sums of a pair: what its rows share, and what they do not. */
    private static final int SUMS = 3;

    /** Pixels of a row of pairs in a chunk, about. */
    private static final int PIXELS = 112;

    /** Pixels an image must have, half of its outputs. */
    private static final int MIN_PIXELS = 84;

    /** Runs that are packed together and stay in L2, and runs between two visits to the tiles, whose weights stay in L1. */
    private static final int BLOCK = 4;

    private static final int RUNS = 2;

    /** Chunks for each of several threads at least: each packs what others pack too, so no more. */
    private static final int CHUNKS_PER_THREAD = 2;

    private final ThreadPool pool;
    private final Tiles tiles;
    private final WinogradTiles layouts;
    private final GroupLoops loops;
    private final PlaneOutput planes;
    private final int nr;

    RowPairConvolution(ThreadPool pool, Tiles tiles, WinogradTiles layouts, GroupLoops loops) {
        this.pool = pool;
        this.tiles = tiles;
        this.layouts = layouts;
        this.loops = loops;
        planes = new PlaneOutput(tiles, layouts);
        nr = loops.columns();
    }

    /**
     * Whether it computes a shape; with more inputs, whose sums would be more than one of {@link Chains}, there are more weights to transform than products to save.
     *
     * <p>No bound on kernels of its own is needed: as there is a group of inputs at least, the bound on sums leaves {@code Chains.TERMS / (2 nr)} columns, 32 at 16 channels in a group. Packed weights are 5/3 of the weights;
     * what a chunk packs has the same size for any kernel, and its sums are three floats for two of the output.
     *
     * @param distance as {@link GroupLoops#distance()}
     * @param nr channels in a group
     */
    static boolean fits(ConvShape s, int distance, int nr) {
        return distance > 0
                && s.strideH() == STRIDE
                && s.kernelH() == KERNEL
                && s.dilationH() == 1
                && s.dilationW() == 1
                && s.groups() == 1
                && s.inputs() % nr == 0
                && s.outputs() % nr == 0
                && s.outHeight() % 2 == 0
                && s.outPlane() / 2 >= MIN_PIXELS
                && 2 * s.kernelW() * s.inputs() <= Chains.TERMS;
    }

    void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Convolution.Epilogue epilogue, float[] y, int yo) {
        Pass pass = new Pass(s, pack(s, w, wo), epilogue, y, yo);
        pass.turn(x, xo);
        pool.run(s.batch() * pass.parts * pass.splits, pass::chunk);
    }

    /** Weights as {@code [group of outputs][w0+w2 | w0, w1 | w2, w1][group of inputs][kernel column][input][output]}; the two of a pair are neighbours. */
    private float[] pack(ConvShape s, float[] w, int wo) {
        int kernel = s.kernel();
        int wide = s.kernelW();
        int groups = s.inputs() / nr;
        int piece = nr * nr;
        int pieces = groups * wide;
        float[] packed = Workspace.take(Purpose.LEFT, (long) s.outputs() / nr * 5 * pieces * piece);
        pool.run(s.outputs() / nr * groups, i -> {
            int from = wo + (i / groups * s.inputs() + i % groups) * nr * kernel;
            int depth = s.inputs() * kernel;
            float[] taps = Workspace.take(Purpose.SMALL, (long) kernel * piece);
            GroupedWeights.pack(tiles, layouts, kernel, depth, w, from, taps, Workspace.START);
            int to = Workspace.START + i / groups * 5 * pieces * piece;
            for (int j = 0; j < wide; j++) {
                int first = Workspace.START + j * piece;
                int second = first + wide * piece;
                int third = second + wide * piece;
                int at = i % groups * wide + j;
                int upper = to + (pieces + 2 * at) * piece;
                int lower = upper + 2 * pieces * piece;
                tiles.storeSum(taps, first, taps, third, packed, to + at * piece, piece);
                System.arraycopy(taps, first, packed, upper, piece);
                System.arraycopy(taps, second, packed, upper + piece, piece);
                System.arraycopy(taps, third, packed, lower, piece);
                System.arraycopy(taps, second, packed, lower + piece, piece);
            }
        });
        return packed;
    }

    private final class Pass {
        final ConvShape s;
        final float[] weights;
        final Convolution.Epilogue epilogue;
        final float[] y;
        final int yo;
        final int distance = loops.distance();
        final int most = loops.packedHeight();
        final int inGroups;
        final int outGroups;
        /** Rows and columns of a turned image, its border included. */
        final int rows;

        final int columns;
        /** Pieces of the sum that rows share: a kernel's column and a group of inputs. */
        final int pieces;
        /** Pairs of rows of a chunk, and chunks of an image. */
        final int pairs;

        final int parts;
        /** Ranges of outputs. */
        final int splits;

        float[] turned = new float[0];

        Pass(ConvShape s, float[] weights, Convolution.Epilogue epilogue, float[] y, int yo) {
            this.s = s;
            this.weights = weights;
            this.epilogue = epilogue;
            this.y = y;
            this.yo = yo;
            inGroups = s.inputs() / nr;
            outGroups = s.outputs() / nr;
            rows = STRIDE * (s.outHeight() - 1) + KERNEL;
            columns = s.strideW() * (s.outWidth() - 1) + s.kernelW();
            pieces = inGroups * s.kernelW();
            int all = s.outHeight() / 2;
            int wanted = Math.min(all, (all * s.outWidth() + PIXELS - 1) / PIXELS);
            pairs = (all + wanted - 1) / wanted;
            parts = (all + pairs - 1) / pairs;
            int chunks = s.batch() * parts;
            int threads = pool.threads();
            splits = threads == 1 ? 1 : Math.min(outGroups, (CHUNKS_PER_THREAD * threads + chunks - 1) / chunks);
        }

        /** Turns the input to {@code [image][group][row][column][channel]} with its border. */
        void turn(float[] x, int xo) {
            int size = rows * columns * nr;
            float[] out = Workspace.take(Purpose.TRANSFORMED, (long) s.batch() * inGroups * size);
            int high = Math.min(s.height(), rows - s.top());
            // A stride above two may leave out columns of the border, and of a narrow image all.
            int left = Math.min(s.left(), columns);
            int wide = Math.min(s.width(), columns - left);
            pool.run(s.batch() * inGroups, i -> {
                int to = Workspace.START + i * size;
                int line = columns * nr;
                Arrays.fill(out, to, to + s.top() * line, 0f);
                Arrays.fill(out, to + (s.top() + high) * line, to + size, 0f);
                for (int r = 0; r < high; r++) {
                    int at = to + (s.top() + r) * line;
                    int from = xo + (i * nr * s.height() + r) * s.width();
                    Arrays.fill(out, at, at + left * nr, 0f);
                    layouts.gather(x, from, s.height() * s.width(), nr, 1, wide, out, at + left * nr, 0);
                    Arrays.fill(out, at + (left + wide) * nr, at + line, 0f);
                }
            });
            turned = out;
        }

        void chunk(int index) {
            int chunk = index / splits;
            int m0 = outGroups * (index % splits) / splits;
            int m1 = outGroups * (index % splits + 1) / splits;
            int first = chunk % parts * pairs;
            int count = Math.min(pairs, s.outHeight() / 2 - first);
            int pixels = count * s.outWidth();
            int room = pixels + most;
            float[] c = Workspace.take(Purpose.TILES, (long) SUMS * (m1 - m0) * room * nr);
            float[] a = Workspace.take(Purpose.PADDED, (long) BLOCK * room * distance);
            for (int sum = 0; sum < SUMS; sum++) {
                int all = sum == 0 ? pieces : 2 * pieces;
                int runs = (all * nr + distance - 1) / distance;
                for (int k = 0; k < runs; k += BLOCK) {
                    int end = Math.min(runs, k + BLOCK);
                    for (int i = k; i < end; i++) {
                        int to = Workspace.START + (i - k) * room * distance;
                        pack(sum, all * i / runs, all * (i + 1) / runs, chunk / parts, first, count, a, to);
                    }
                    for (int m = m0; m < m1; m++) {
                        int to = Workspace.START + (SUMS * (m - m0) + sum) * room * nr;
                        products(m, sum, k, end, runs, pixels, room, a, c, to);
                    }
                }
            }
            for (int m = m0; m < m1; m++) {
                store(m, chunk / parts, first, count, c, Workspace.START + SUMS * (m - m0) * room * nr, room);
            }
        }

        /** Packs pieces {@code p0 .. p1-1} of a sum for some pairs of rows of an image. */
        private void pack(int sum, int p0, int p1, int image, int first, int count, float[] a, int to) {
            int step = s.strideW() * nr;
            int line = columns * nr;
            for (int p = p0; p < p1; p++) {
                int piece = sum == 0 ? p : p / 2;
                boolean difference = sum > 0 && p % 2 == 0;
                // Of the five rows of a pair, counted from the first.
                int row = sum == 0 ? 2 : difference ? 4 * (sum - 1) : 2 * sum - 1;
                int group = Workspace.START + (image * inGroups + piece / s.kernelW()) * rows * line;
                int from = group + piece % s.kernelW() * nr + 2 * STRIDE * first * line;
                for (int q = 0; q < count; q++) {
                    int at = from + 2 * STRIDE * q * line;
                    int d = to + q * s.outWidth() * distance + (p - p0) * nr;
                    if (difference) {
                        loops.spreadDifference(turned, at + row * line, at + 2 * line, step, s.outWidth(), a, d);
                    } else {
                        loops.spread(turned, at + row * line, step, s.outWidth(), a, d);
                    }
                }
            }
        }

        /** Adds runs {@code k0 .. k1-1} of a sum for a group of outputs. */
        private void products(
                int m, int sum, int k0, int k1, int runs, int pixels, int room, float[] a, float[] c, int co) {
            int all = sum == 0 ? pieces : 2 * pieces;
            int begin = m * 5 * pieces + (sum == 0 ? 0 : (2 * sum - 1) * pieces);
            for (int k = k0; k < k1; k += RUNS) {
                int end = Math.min(k1, k + RUNS);
                for (int t = 0; t < pixels; t += most) {
                    int height = pixels - t > 4 ? most : 4;
                    int tile = co + t * nr;
                    for (int i = k; i < end; i++) {
                        int p = all * i / runs;
                        int depth = (all * (i + 1) / runs - p) * nr;
                        int from = Workspace.START + ((i - k0) * room + t) * distance;
                        int weight = Workspace.START + (begin + p) * nr * nr;
                        // Zeros are read rather than written first: loads of what other stores wrote wait.
                        float[] added = i == 0 ? ChannelSums.ZEROS : c;
                        int ao = i == 0 ? Workspace.START : tile;
                        loops.multiplyPacked(height, depth, a, from, weights, weight, added, ao, c, tile);
                    }
                }
            }
        }

        private void store(int m, int image, int first, int count, float[] c, int from, int room) {
            int wide = s.outWidth();
            int row = wide * nr;
            float[] lines = Workspace.take(Purpose.ROWS, 2L * count * row);
            for (int q = 0; q < 2 * count; q++) {
                int at = from + q / 2 * row;
                int own = at + (1 + q % 2) * room * nr;
                tiles.storeSum(c, at, c, own, lines, Workspace.START + q * row, row);
            }
            int to = (image * s.outputs() + m * nr) * s.outPlane() + 2 * first * wide;
            int pixels = 2 * count * wide;
            planes.write(lines, Workspace.START, m * nr, nr, pixels, epilogue, y, yo, to, s.outPlane());
        }
    }
}

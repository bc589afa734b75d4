package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Weight gradient of a convolution of few channels with stride 2, for 16 registers: two rows of the output's gradient and two taps at once, by three products instead of four.
 *
 * <p>Taps two rows apart read the same rows of the input, shifted by one: rows {@code a, b, c} of one parity and two rows {@code g, h} of the output's gradient make
 * {@code a*g + b*h} for one tap and {@code b*g + c*h} for the next. These are {@code (a-b)*g + b*(g+h)} and {@code b*(g+h) + (c-b)*h}: Winograd's F(2, 2) (Arithmetic Complexity of Computations, 1980),
 * with no factor but 1. Of seven rows of taps three pairs are computed so, which leaves 11 products of 14. A row of the input is copied, or the difference of two, as rows {@link GroupLoops#distance()} floats
 * apart, so that tiles of six of them run at the speed of packed pixels; each serves all outputs. The first layer of ResNet18, batch 8, takes 0.79 of the time of {@link WeightGradient} (Zen 3, one thread, JDK 17
 * 29.8 and 23.5 ms, 25 30.8 and 22.5: bench/results/strides-256-bits-2026-11-30.md); the error of both is 0.6 to 1.3e-6 of the largest value.
 *
 * <p>Order of sums: pairs of rows in chunks of fixed bounds; the batch is cut into a number of parts that depends on the shape alone, each part summed on its own and the parts added in order.
 */
final class RowPairGradient {
    private static final int STRIDE = 2;

    /** Weights at most: every part of the batch has sums of its own. */
    private static final int MOST_WEIGHTS = 200_000;

    /**
     * Weights of an output at most: there is a copied row, of a distance, for each of them, so a thread holds up to 2.6 MB. Without a bound, kernels as large as images with one output make that a hundred, filled anew
     * for every chunk of some 100 pixels; ResNet18's first layer has 147.
     */
    private static final int MOST_STEPS = 4096;

    private static final int MAX_PARTS = 8;

    /** Pixels of a chunk's sums at least, so that visits to the tiles do not count. */
    private static final int MIN_PIXELS = 80;

    private final ThreadPool pool;
    private final Tiles tiles;
    private final GroupLoops loops;

    RowPairGradient(ThreadPool pool, Tiles tiles, GroupLoops loops) {
        this.pool = pool;
        this.tiles = tiles;
        this.loops = loops;
    }

    /** Pairs of rows that are summed between two visits to the tiles. */
    private static int pairs(ConvShape s, int distance, int lanes) {
        // Rows are copied by whole vectors, so up to one more is overwritten.
        return Math.min(s.outHeight() / 2, (distance - lanes) / s.outWidth());
    }

    /**
     * Whether it computes a shape whose channels are too few for {@link TapWeightGradient}.
     *
     * @param distance as {@link GroupLoops#distance()}
     */
    static boolean fits(ConvShape s, int distance, int lanes) {
        return s.strideH() == STRIDE
                && s.dilationH() == 1
                && s.kernelH() > STRIDE
                && s.groups() == 1
                && s.outHeight() % 2 == 0
                && pairs(s, distance, lanes) * s.outWidth() >= MIN_PIXELS
                && (long) s.inputs() * s.kernel() <= MOST_STEPS
                && (long) s.outputs() * s.inputs() * s.kernel() <= MOST_WEIGHTS
                && !TapWeightGradient.fits(s, lanes);
    }

    /** What it multiplies, of what the definition does: of every four rows of taps one less. */
    static double share(ConvShape s) {
        int twos = (s.kernelH() + 1) / 4 + s.kernelH() / 4;
        return 1 - twos / (2.0 * s.kernelH());
    }

    void run(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        new Product(s, x, xo, dy, dyo).run(dw, dwo);
    }

    /** Rows of the left operand that are multiplied with the same of three gradients: first differences, then rows as they are. */
    private static final class Rows {
        final int[] at;
        /** What is subtracted from the first of them. */
        final int[] less;
        /** Taps to which a row's sums belong; the second one or -1. */
        final int[] tap;

        final int[] other;
        final int differences;
        /** Tiles before these rows'. */
        final int tile;

        private int nextDifference;
        private int nextRow;

        Rows(int differences, int rows, int tile) {
            int count = differences + rows;
            at = new int[count];
            less = new int[count];
            tap = new int[count];
            other = new int[count];
            this.differences = differences;
            this.tile = tile;
            nextRow = differences;
        }

        int count() {
            return at.length;
        }

        void difference(int from, int minus, int toTap) {
            less[nextDifference] = minus;
            set(nextDifference++, from, toTap, -1);
        }

        void row(int from, int toTap, int toOther) {
            set(nextRow++, from, toTap, toOther);
        }

        private void set(int i, int from, int toTap, int toOther) {
            at[i] = from;
            tap[i] = toTap;
            other[i] = toOther;
        }
    }

    private final class Product {
        final ConvShape s;
        final PaddedPlanes planes;
        final float[] source;
        final int base;
        final float[] dy;
        final int dyo;
        final int nr = loops.columns();
        final int distance = loops.distance();
        final int most = loops.packedHeight();
        final int steps;
        final int panels;
        final int perChunk;
        final int chunksPerImage;
        /** Floats of one gradient's panel. */
        final int panelSize;
        /** Rows for the first of two rows of the output's gradient, for their sum, and for the second. */
        final Rows[] rows = new Rows[3];

        final int tileCount;

        Product(ConvShape s, float[] x, int xo, float[] dy, int dyo) {
            this.s = s;
            this.dy = dy;
            this.dyo = dyo;
            planes = PaddedPlanes.ofInput(s);
            source = PackedConvolution.padded(pool, tiles, planes, s.batch(), x, xo);
            base = planes.isIdentity() ? xo : 0;
            steps = s.inputs() * s.kernel();
            panels = (s.outputs() + nr - 1) / nr;
            int all = s.outHeight() / 2;
            int fit = pairs(s, distance, tiles.lanes());
            chunksPerImage = (all + fit - 1) / fit;
            perChunk = (all + chunksPerImage - 1) / chunksPerImage;
            panelSize = perChunk * s.outWidth() * nr;
            tileCount = lay();
        }

        /** Lists the rows; returns the number of their tiles. */
        private int lay() {
            int columns = s.inputs() * s.kernelW();
            int even = (s.kernelH() + 1) / 2;
            int odd = s.kernelH() / 2;
            int twos = columns * (even / 2 + odd / 2);
            int ones = columns * (even % 2 + odd % 2);
            int tile = 0;
            for (int i = 0; i < 3; i++) {
                rows[i] = i == 1 ? new Rows(0, twos, tile) : new Rows(twos, ones, tile);
                tile += (rows[i].count() + most - 1) / most;
            }
            for (int c = 0; c < s.inputs(); c++) {
                for (int j = 0; j < s.kernelW(); j++) {
                    for (int i = 0; i < s.kernelH(); i = i % 4 == 1 ? i + 3 : i + 1) {
                        add(
                                c * planes.channel() + planes.tap(i, j * s.dilationW()),
                                (c * s.kernelH() + i) * s.kernelW() + j,
                                i);
                    }
                }
            }
            return tile;
        }

        /** Adds tap row {@code i} and, if there is one, that two rows below. */
        private void add(int at, int tap, int i) {
            int line = planes.columns();
            if (i + STRIDE < s.kernelH()) {
                int next = tap + STRIDE * s.kernelW();
                rows[0].difference(at, at + line, tap);
                rows[1].row(at + line, tap, next);
                rows[2].difference(at + 2 * line, at + line, next);
            } else {
                rows[0].row(at, tap, -1);
                rows[2].row(at + line, tap, -1);
            }
        }

        /** Parts of the batch side by side, added in order. */
        void run(float[] dw, int dwo) {
            int weights = s.outputs() * steps;
            int chunks = s.batch() * chunksPerImage;
            int parts = Math.min(MAX_PARTS, chunks);
            float[] partial = Workspace.take(Purpose.PARTIAL, (long) parts * weights);
            pool.run(parts, part -> {
                int floats = tileCount * panels * most * nr;
                float[] sums = Workspace.take(Purpose.TILES, floats);
                int end = (part + 1) * chunks / parts;
                // A term is a sum or a difference and errs more than one that is not, so chains are half as long.
                int pixels = 2 * 2 * perChunk * s.outWidth();
                Chains.ofChunks(part * chunks / parts, end, pixels, sums, floats, this::chunk);
                write(sums, partial, part * weights);
            });
            GradientPanels.addParts(pool, tiles, partial, weights, parts, dw, dwo);
        }

        /** Adds a chunk to the tiles {@code [tile][panel]}, or sets these to it. */
        private void chunk(int chunk, float[] sums, boolean add) {
            int image = chunk / chunksPerImage;
            int first = chunk % chunksPerImage * perChunk;
            int count = Math.min(perChunk, s.outHeight() / 2 - first);
            int depth = count * s.outWidth();
            float[] gradient = Workspace.take(Purpose.PANELS, 3L * panels * panelSize);
            packGradient(image, first, count, gradient);
            float[] a = Workspace.take(Purpose.ROWS, (long) (rows[0].count() + rows[1].count() + most) * distance);
            for (int i = 0; i < 3; i++) {
                copyRows(rows[i], base + image * planes.image() + 2 * first * planes.columns(), count, a);
                for (int p = 0; p < panels; p++) {
                    int panel = Workspace.START + (3 * p + i) * panelSize;
                    multiply(rows[i], depth, a, gradient, panel, sums, Workspace.START + p * most * nr, add);
                }
            }
        }

        /** Packs the rows of the output's gradient as {@code [panel][first rows, sums, second rows][pixel][column]}. */
        private void packGradient(int image, int first, int count, float[] out) {
            int wide = s.outWidth();
            for (int p = 0; p < panels; p++) {
                int from = dyo + (image * s.outputs() + p * nr) * s.outPlane() + 2 * first * wide;
                int to = Workspace.START + 3 * p * panelSize;
                int columns = Math.min(nr, s.outputs() - p * nr);
                for (int q = 0; q < count; q++) {
                    int at = to + q * wide * nr;
                    tiles.packTransposed(dy, from + 2 * q * wide, s.outPlane(), columns, wide, out, at);
                    tiles.packTransposed(
                            dy, from + (2 * q + 1) * wide, s.outPlane(), columns, wide, out, at + 2 * panelSize);
                }
                tiles.storeSum(out, to, out, to + 2 * panelSize, out, to + panelSize, count * wide * nr);
            }
        }

        private void copyRows(Rows r, int from, int count, float[] a) {
            for (int q = 0; q < count; q++) {
                int at = from + 2 * q * planes.columns();
                int to = Workspace.START + q * s.outWidth();
                loops.spreadRows(source, at, r.at, r.less, 0, r.differences, s.outWidth(), a, to);
                loops.spreadRows(source, at, r.at, null, r.differences, r.count(), s.outWidth(), a, to);
            }
        }

        private void multiply(
                Rows r, int depth, float[] a, float[] gradient, int panel, float[] sums, int to, boolean add) {
            for (int k = 0; k < r.count(); k += most) {
                int height = r.count() - k > 4 ? most : 4;
                int tile = to + (r.tile + k / most) * panels * most * nr;
                int from = Workspace.START + k * distance;
                float[] c = add ? sums : ChannelSums.ZEROS;
                loops.multiplyPacked(
                        height, depth, a, from, gradient, panel, c, add ? tile : Workspace.START, sums, tile);
            }
        }

        /** Adds up a part's tiles as {@code [output][step]}. */
        private void write(float[] sums, float[] out, int to) {
            Arrays.fill(out, to, to + s.outputs() * steps, 0f);
            for (Rows r : rows) {
                for (int k = 0; k < r.count(); k++) {
                    for (int m = 0; m < s.outputs(); m++) {
                        int tile = ((r.tile + k / most) * panels + m / nr) * most + k % most;
                        float sum = sums[Workspace.START + tile * nr + m % nr];
                        out[to + m * steps + r.tap[k]] += sum;
                        if (r.other[k] >= 0) {
                            out[to + m * steps + r.other[k]] += sum;
                        }
                    }
                }
            }
        }
    }
}

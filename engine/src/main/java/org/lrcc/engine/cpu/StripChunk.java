package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.Workspace.Purpose;

/** A few rows of an image, or a few small images, in {@link StripFactors}. */
final class StripChunk {
    private static final int START = Workspace.START;
    private static final int RANKS = StripLayout.RANKS;
    /** Tiles whose lanes are added together. */
    private static final int TILES = 32;

    private static final int TILE = 2 * RANKS;

    private final StripLayout l;
    private final ConvShape s;
    private final Tiles tiles;
    private final RankTiles products;
    private final Operands in;
    private final float[] left;
    private final int image;
    private final int images;
    /** First row, and rows of each image. */
    private final int h;

    private final int rows;
    /** Floats from image to image among the pixels, and pixels. */
    private final int pitch;

    private final int pixels;
    /** Pixels that products compute, in which whole tiles fit. */
    private final int wide;
    /** Where each of D's rows begins, then each row of the im2col matrix in the current channels. */
    private final int[] offsets;

    private final float[] d;
    private final float[] x;
    /** G, then Z, then what is added to Z. */
    private final float[] work;

    private final int z;
    private final int next;
    /** Sums by lane, and their sums. */
    private final float[] lanes;

    private final float[] values;

    StripChunk(StripLayout l, Tiles tiles, RankTiles products, Operands in, float[] left, int chunk) {
        this.l = l;
        this.s = l.s;
        this.tiles = tiles;
        this.products = products;
        this.in = in;
        this.left = left;
        int part = chunk % l.chunksPerImage;
        image = chunk / l.chunksPerImage * l.images;
        images = Math.min(l.images, s.batch() - image);
        h = part * s.outHeight() / l.chunksPerImage;
        rows = (part + 1) * s.outHeight() / l.chunksPerImage - h;
        pitch = l.pitch(rows) * s.outWidth();
        pixels = (images - 1) * pitch + rows * s.outWidth();
        wide = Ranges.ceil(pixels, tiles.columns());
        offsets = Workspace.indices(Math.max(l.outputs, l.channels * s.kernel()));
        d = Workspace.take(Purpose.GRADIENT, (long) l.outputs * l.ld);
        x = Workspace.take(Purpose.ROWS, (long) l.channels * l.stripsPerChannel * l.strip);
        z = START + l.blocks * l.ranks * l.ld;
        next = z + l.blocks * l.ranks * l.ld;
        work = Workspace.take(Purpose.TRANSFORMED, next + (long) l.ranks * l.ld);
        lanes = Workspace.take(Purpose.TILES, (long) TILES * TILE * tiles.lanes());
        values = Workspace.take(Purpose.SMALL, TILES * TILE);
    }

    void add(float[] sum, int to, boolean add) {
        copyGradient();
        if (l.wantsV) {
            multiplyU();
        }
        StripInput input = new StripInput(l, tiles, in, x);
        input.clearTails((images - 1) * l.pitch(rows) + rows + l.extra, l.channels * l.stripsPerChannel);
        for (int b = 0; b < l.blocks; b++) {
            for (int p = 0; p < l.pairs; p += l.pairsAtOnce) {
                addPairs(input, b, p, Math.min(l.pairsAtOnce, l.pairs - p), sum, to + l.sumsV, add || b > 0);
            }
        }
        if (l.wantsU) {
            for (int m = 0; m < l.outputs; m++) {
                offsets[m] = START + m * l.ld;
            }
            addRows(d, 0, l.outputs, l.outputs, z, l.blocks * l.ranks, sum, to, add);
        }
    }

    /** D with zeros between images and behind the last. */
    private void copyGradient() {
        int n = rows * s.outWidth();
        for (int i = 0; i < images; i++) {
            int from = in.dyo() + (image + i) * l.outputs * s.outPlane() + h * s.outWidth();
            int end = i < images - 1 ? pitch : wide - (images - 1) * pitch;
            for (int m = 0; m < l.outputs; m++) {
                int to = START + m * l.ld + i * pitch;
                System.arraycopy(in.dy(), from + m * s.outPlane(), d, to, n);
                Arrays.fill(d, to + n, to + end, 0f);
            }
        }
    }

    private void multiplyU() {
        for (int m = 0; m < l.outputs; m++) {
            offsets[m] = START + m * l.ld;
        }
        for (int p = 0; p < wide; p += tiles.columns()) {
            for (int q = 0; q < l.blocks * l.ranks; q += RANKS) {
                int u = START + q * l.outputs;
                products.spread(l.outputs, left, u, d, p, offsets, 0, work, START + q * l.ld + p, l.ld);
            }
        }
    }

    /** What {@code n} pairs, from {@code p} on in the block, add to its Z and to the sums of V. */
    private void addPairs(StripInput input, int block, int p, int n, float[] sum, int to, boolean add) {
        int first = block * l.pairs + p;
        int channel = first / s.kernelH();
        for (int c = channel; c <= (first + n - 1) / s.kernelH(); c++) {
            for (int i = 0; i < images; i++) {
                input.fill(c - channel, image + i, c, h, rows, i * l.pitch(rows));
            }
        }
        int count = 0;
        for (int q = first; q < first + n; q++) {
            for (int k = 0; k < s.kernelW(); k++) {
                offsets[count++] = START + l.stripOf(q / s.kernelH() - channel, q % s.kernelH(), k);
            }
        }
        if (l.wantsU) {
            multiplyV(p * s.kernelW(), count, z + block * l.ranks * l.ld, p > 0);
        }
        if (l.wantsV) {
            addRows(x, p * s.kernelW(), count, l.taps, START + block * l.ranks * l.ld, l.ranks, sum, to, add);
        }
    }

    private void multiplyV(int tap, int count, int at, boolean more) {
        int to = more ? next : at;
        for (int p = 0; p < wide; p += tiles.columns()) {
            for (int q = 0; q < l.ranks; q += RANKS) {
                int v = START + l.leftV + q * l.taps + tap * RANKS;
                products.spread(count, left, v, x, p, offsets, 0, work, to + q * l.ld + p, l.ld);
            }
        }
        for (int q = 0; more && q < l.ranks; q++) {
            int row = at + q * l.ld;
            tiles.storeSum(work, next + q * l.ld, work, row, work, row, wide);
        }
    }

    /** Adds products of rows of {@code a}, which begin at {@code offsets}, with rows of {@code work}: to those from {@code row} on of {@code all} rows of sums. */
    private void addRows(float[] a, int row, int count, int all, int b, int columns, float[] sum, int to, boolean add) {
        for (int c = 0; c < columns; c += StripLayout.COLUMNS) {
            int end = Math.min(columns, c + StripLayout.COLUMNS);
            int tile = to + StripLayout.sumOf(row, c, all, columns);
            int waiting = 0;
            for (int i = 0; i < count; i += 2) {
                for (int q = c; q < end; q += RANKS) {
                    multiplyRows(a, i, Math.min(i + 1, count - 1), b + q * l.ld, waiting);
                    if (++waiting == TILES) {
                        put(waiting, sum, tile, add);
                        tile += waiting * TILE;
                        waiting = 0;
                    }
                }
            }
            put(waiting, sum, tile, add);
        }
    }

    private void multiplyRows(float[] a, int first, int second, int y, int tile) {
        int n = Ranges.ceil(pixels, tiles.lanes());
        int at = START + tile * TILE * tiles.lanes();
        int x0 = offsets[first];
        int x1 = offsets[second];
        tiles.rowProducts(n, a, x0, x1, work, y, y + l.ld, y + 2 * l.ld, y + 3 * l.ld, lanes, at);
    }

    private void put(int count, float[] sum, int to, boolean add) {
        // One call: with a second one, for sums that are set, C2 boxes the vectors of either.
        tiles.addLanes(lanes, START, count * TILE, values, START);
        products.put(values, START, count * TILE / tiles.lanes(), sum, to, add);
    }
}

package org.lrcc.engine.cpu;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The left operand of a product, packed for the micro-kernels unless whole blocks of rows are read where they lie: blocks of the sum's length, in each block the blocks of
 * rows, in each of those {@code [depth][height]}. The last block of rows has the least height that holds what is left, so that a
 * matrix of three rows does not cost eight.
 */
final class PackedLeft {
    /** Longest sum between two visits to the result's tile: a panel of this depth fills the L1 cache. */
    private static final int MAX_DEPTH = 320;

    private static final int ROWS_PER_CHUNK = 32;

    /** Output channels whose kernels are turned for one block of rows before the next block's: their neighbours in memory. */
    private static final int TURNED_OUTPUTS = 8;

    private float @Nullable [] data;
    private @Nullable BlockPacker packer;
    private @Nullable MatrixView inPlace;
    private int[] starts = {};
    final int rows;
    final int depth;
    final int blockRows;
    final int blocks;
    final int paddedRows;
    final int depthBlock;
    private final int lastHeight;

    private PackedLeft(Tiles tiles, int rows, int depth) {
        this.rows = rows;
        this.depth = depth;
        blockRows = tiles.rows();
        blocks = (rows + blockRows - 1) / blockRows;
        lastHeight = tiles.height(rows - (blocks - 1) * blockRows);
        paddedRows = (blocks - 1) * blockRows + lastHeight;
        int steps = Math.max(1, (depth + MAX_DEPTH - 1) / MAX_DEPTH);
        depthBlock = Math.max(1, (depth + steps - 1) / steps);
    }

    /** Packs it all, at most {@code steps} steps of one block of rows, then the same of the next. */
    private PackedLeft packed(ThreadPool pool, int steps, BlockPacker blockPacker) {
        float[] o = Workspace.take(Workspace.Purpose.LEFT, (long) paddedRows * depth);
        eachBlock(pool, steps, o, blockPacker);
        data = o;
        return this;
    }

    /** Leaves it to {@link PanelProduct} to pack what it needs, when it does. */
    private PackedLeft onTheWay(BlockPacker blockPacker) {
        packer = blockPacker;
        return this;
    }

    /** Lets whole blocks of rows be read where they lie. */
    private PackedLeft inPlace(MatrixView a) {
        inPlace = a;
        starts = new int[blockRows];
        for (int r = 0; r < blockRows; r++) {
            starts[r] = r * a.row();
        }
        return this;
    }

    /** Whether a block of rows is not packed, but read where it lies. */
    boolean inPlace(int block) {
        return inPlace != null && (block + 1) * blockRows <= rows;
    }

    /** The products of a block that is read where it lies, steps {@code k0 .. k0+kc-1}: see {@link Tiles#multiplyRows}. */
    void multiplyInPlace(Tiles tiles, int block, int k0, int kc, float[] b, int bo, float[] c, int co, boolean add) {
        MatrixView a = Objects.requireNonNull(inPlace, "an operand read where it lies");
        tiles.multiplyRows(kc, a.values(), a.at(block * blockRows, k0), starts, 0, b, bo, c, co, add);
    }

    /** Where it was packed; null of one that is packed on the way. */
    float @Nullable [] packed() {
        return data;
    }

    /** Packs steps {@code k0 .. k0+kc-1} of a block of rows, of an operand that is packed on the way. */
    void pack(int block, int k0, int kc, float[] o, int to) {
        Objects.requireNonNull(packer, "an operand packed on the way").pack(block, k0, kc, o, to);
    }

    int height(int block) {
        return block == blocks - 1 ? lastHeight : blockRows;
    }

    /** Where the block of rows starts, for the block of depth that begins at {@code k0} and has {@code kc} steps. */
    int offset(int block, int k0, int kc) {
        return k0 * paddedRows + block * blockRows * kc;
    }

    /** Packs {@code alpha * a}, {@code a[ao + r*lda + k]}. */
    static PackedLeft ofRows(
            ThreadPool pool, Tiles tiles, int rows, int depth, float[] a, int ao, int lda, float alpha) {
        PackedLeft p = new PackedLeft(tiles, rows, depth);
        return p.packed(pool, p.depthBlock, p.rowPacker(tiles, a, ao, lda, alpha));
    }

    /**
     * As {@link #ofRows} for products of a few panels, of which packing is a large part: rows are packed on the way if at all, an operand that is large then does not go through memory once more. With
     * {@code alpha} 1 whole blocks of them are read where they lie.
     */
    static PackedLeft ofRowsInPlace(Tiles tiles, int rows, int depth, MatrixView a, float alpha) {
        PackedLeft p = new PackedLeft(tiles, rows, depth);
        p.onTheWay(p.rowPacker(tiles, a.values(), a.offset(), a.row(), alpha));
        return alpha == 1f ? p.inPlace(a) : p;
    }

    private BlockPacker rowPacker(Tiles tiles, float[] a, int ao, int lda, float alpha) {
        return (block, k0, kc, o, to) -> {
            int h = height(block);
            int first = ao + block * blockRows * lda + k0;
            boolean whole = block * blockRows + h <= rows;
            if (h == 8 && whole && alpha == 1f) {
                interleaveEight(a, first, lda, o, to, kc);
                return;
            }
            if (h == 4 && whole) {
                tiles.packFourRows(a, first, lda, alpha, kc, o, to);
                return;
            }
            for (int j = 0; j < h; j++) {
                int r = block * blockRows + j;
                if (r < rows) {
                    spread(a, ao + r * lda + k0, o, to + j, h, kc, alpha);
                } else {
                    spread(a, ao, o, to + j, h, kc, 0f);
                }
            }
        };
    }

    /** Packs {@code alpha * transpose(a)}, {@code a[ao + k*lda + r]}. */
    static PackedLeft ofColumns(
            ThreadPool pool, Tiles tiles, int rows, int depth, float[] a, int ao, int lda, float alpha) {
        PackedLeft p = new PackedLeft(tiles, rows, depth);
        return p.packed(pool, p.depthBlock, (block, k0, kc, o, to) -> {
            int h = p.height(block);
            int r = block * p.blockRows;
            int n = Math.min(h, rows - r);
            for (int k = 0; k < kc; k++) {
                copyScaled(a, ao + (k0 + k) * lda + r, o, to + k * h, n, h, alpha);
            }
        });
    }

    /**
     * Packs the weights of an input gradient: row {@code c}, step {@code (m, t)} is
     * {@code w[m][c][tap[t]]} of weights {@code [depth/taps][rows][kernel]} at {@code wo}.
     *
     * <p>For a block of rows the values of one output channel are contiguous in {@code w} and in the packed block: reading channel by channel
     * touches each cache line once. A few channels are packed for one block of rows, then for the next, whose kernels follow in memory: with all channels of a block first the input gradient
     * of 256 -> 512 channels, 3x3, stride 2, 14x14 took 1.10 to 1.4 times as long (processor time of one core, three alternating processes).
     */
    static PackedLeft ofTransposedKernels(
            ThreadPool pool, Tiles tiles, int rows, int outputs, float[] w, int wo, int kernel, int[] taps) {
        int n = taps.length;
        PackedLeft p = new PackedLeft(tiles, rows, outputs * n);
        // Whole output channels a block of depth would be simpler, but unbalance the blocks; so steps are (m, t) pairs.
        return p.packed(pool, TURNED_OUTPUTS * n, (block, k0, kc, o, to) -> {
            int h = p.height(block);
            int c = block * p.blockRows;
            int valid = Math.min(h, rows - c);
            int k = k0;
            while (k < k0 + kc) {
                int m = k / n;
                int t = k - m * n;
                int count = Math.min(n - t, k0 + kc - k);
                int from = wo + (m * rows + c) * kernel;
                if (valid == 8 && h == 8) {
                    transposeEight(w, from, kernel, taps, t, count, o, to + (k - k0) * 8);
                } else {
                    transposeTaps(w, from, kernel, taps, t, count, o, to + (k - k0) * h, valid, h);
                }
                k += count;
            }
        });
    }

    private interface BlockPacker {
        void pack(int block, int k0, int kc, float[] o, int to);
    }

    private void eachBlock(ThreadPool pool, int steps, float[] o, BlockPacker packer) {
        int perChunk = Math.max(1, ROWS_PER_CHUNK / blockRows);
        int chunks = (blocks + perChunk - 1) / perChunk;
        if ((long) rows * depth < 16_384) {
            packBlocks(packer, steps, o, 0, blocks);
        } else {
            pool.run(chunks, i -> packBlocks(packer, steps, o, i * perChunk, Math.min(blocks, (i + 1) * perChunk)));
        }
    }

    private void packBlocks(BlockPacker packer, int steps, float[] o, int first, int end) {
        for (int k0 = 0; k0 < depth; k0 += depthBlock) {
            int kc = Math.min(depthBlock, depth - k0);
            for (int k = 0; k < kc; k += steps) {
                for (int b = first; b < end; b++) {
                    packer.pack(b, k0 + k, Math.min(steps, kc - k), o, offset(b, k0, kc) + k * height(b));
                }
            }
        }
    }

    private static void interleaveEight(float[] a, int r0, int lda, float[] o, int to, int n) {
        int r1 = r0 + lda;
        int r2 = r1 + lda;
        int r3 = r2 + lda;
        int r4 = r3 + lda;
        int r5 = r4 + lda;
        int r6 = r5 + lda;
        int r7 = r6 + lda;
        for (int k = 0; k < n; k++) {
            int d = to + k * 8;
            o[d] = a[r0 + k];
            o[d + 1] = a[r1 + k];
            o[d + 2] = a[r2 + k];
            o[d + 3] = a[r3 + k];
            o[d + 4] = a[r4 + k];
            o[d + 5] = a[r5 + k];
            o[d + 6] = a[r6 + k];
            o[d + 7] = a[r7 + k];
        }
    }

    private static void spread(float[] a, int from, float[] o, int to, int step, int n, float alpha) {
        if (alpha == 0f) {
            for (int k = 0; k < n; k++) {
                o[to + k * step] = 0f;
            }
        } else if (alpha == 1f) {
            for (int k = 0; k < n; k++) {
                o[to + k * step] = a[from + k];
            }
        } else {
            for (int k = 0; k < n; k++) {
                o[to + k * step] = alpha * a[from + k];
            }
        }
    }

    private static void copyScaled(float[] a, int from, float[] o, int to, int n, int h, float alpha) {
        for (int j = 0; j < n; j++) {
            o[to + j] = alpha * a[from + j];
        }
        for (int j = n; j < h; j++) {
            o[to + j] = 0f;
        }
    }

    private static void transposeEight(
            float[] w, int from, int kernel, int[] taps, int t0, int count, float[] o, int to) {
        for (int t = 0; t < count; t++) {
            int s = from + taps[t0 + t];
            int d = to + t * 8;
            o[d] = w[s];
            o[d + 1] = w[s + kernel];
            o[d + 2] = w[s + 2 * kernel];
            o[d + 3] = w[s + 3 * kernel];
            o[d + 4] = w[s + 4 * kernel];
            o[d + 5] = w[s + 5 * kernel];
            o[d + 6] = w[s + 6 * kernel];
            o[d + 7] = w[s + 7 * kernel];
        }
    }

    private static void transposeTaps(
            float[] w, int from, int kernel, int[] taps, int t0, int count, float[] o, int to, int valid, int h) {
        for (int t = 0; t < count; t++) {
            for (int j = 0; j < h; j++) {
                o[to + t * h + j] = j < valid ? w[from + taps[t0 + t] + j * kernel] : 0f;
            }
        }
    }
}

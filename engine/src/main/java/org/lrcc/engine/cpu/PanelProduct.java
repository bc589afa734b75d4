package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * The blocked product of a left operand, packed or where it lies, with panels of a right operand that are packed on the way, after Goto and van de Geijn
 * (Anatomy of high-performance matrix multiplication, 2008) and BLIS.
 *
 * <p>A chunk of work is a few panels times a few blocks of rows. It packs its panels for a block of the sum's length (they stay in
 * L2, one panel in L1), multiplies, goes on to the next block of the sum, and collects the results in a buffer of whole tiles. Only when
 * the sums are complete are the tiles written out, by a {@link TileSink} that knows where a column goes and what is still to be added: so bias,
 * residual and ReLU cost no pass of their own, and an output of 7 x 7 images, where few tiles are contiguous, is scattered once and not once a
 * block.
 */
final class PanelProduct {
    /** Panels a chunk packs at a time. */
    static final int MAX_PANELS = 4;

    /**
     * Rows of the left operand a chunk covers. Every chunk of rows packs the panels anew: at 1024^3 on one thread 1024 rows reach 0.62-0.68 of the FMA peak, 256 rows 0.57-0.59 (four alternating
     * runs, AVX-512, 2 MB of L2).
     */
    private static final int MAX_ROWS = 1024;

    /** The same where the left operand is packed on the way: one block of its depth stays in L2. */
    private static final int ROWS_ON_THE_WAY = 64;

    /** Chunks there should be at least, so that the threads end together. */
    private static final int MIN_CHUNKS = 8;

    private final Tiles tiles;
    private final PackedLeft left;
    private final Panels right;
    private final TileSink sink;
    private final int columnChunks;
    private final int rowChunks;

    /** The right operand. */
    interface Panels {
        /** Number of panels of {@link Tiles#columns()} columns. */
        int count();

        /** Packs steps {@code k0 .. k0+kc-1} of a panel as {@code [kc][columns]} at {@code bo}; may write a vector too much. */
        void pack(int panel, int k0, int kc, float[] b, int bo);

        /** Packs panels {@code first .. end-1}, {@code pitch} floats apart. */
        default void pack(int first, int end, int pitch, int k0, int kc, float[] b, int bo) {
            for (int j = first; j < end; j++) {
                pack(j, k0, kc, b, bo + (j - first) * pitch);
            }
        }
    }

    /** Where results go. */
    interface TileSink {
        /** Stores rows {@code row .. row+rows-1} of a panel's columns from the tile {@code [rows][columns]} at {@code to}. */
        void store(float[] tile, int to, int row, int rows, int panel);
    }

    private PanelProduct(Tiles tiles, PackedLeft left, Panels right, TileSink sink) {
        this.tiles = tiles;
        this.left = left;
        this.right = right;
        this.sink = sink;
        int panels = right.count();
        int maxBlocks = (left.packed() != null ? MAX_ROWS : ROWS_ON_THE_WAY) / left.blockRows;
        rowChunks = (left.blocks + maxBlocks - 1) / maxBlocks;
        int columns = (panels + MAX_PANELS - 1) / MAX_PANELS;
        columnChunks = left.packed() != null
                ? Math.min(panels, Math.max(columns, (MIN_CHUNKS + rowChunks - 1) / rowChunks))
                : columns;
    }

    static void run(ThreadPool pool, Tiles tiles, PackedLeft left, Panels right, TileSink sink) {
        PanelProduct p = new PanelProduct(tiles, left, right, sink);
        int chunks = p.columnChunks * p.rowChunks;
        pool.run((long) left.rows * left.depth * right.count() * tiles.columns(), chunks, p::chunk);
    }

    private void chunk(int chunk) {
        int column = chunk / rowChunks;
        int row = chunk % rowChunks;
        int first = split(right.count(), columnChunks, column);
        int end = split(right.count(), columnChunks, column + 1);
        for (int j = first; j < end; j += MAX_PANELS) {
            block(
                    j,
                    Math.min(end, j + MAX_PANELS),
                    split(left.blocks, rowChunks, row),
                    split(left.blocks, rowChunks, row + 1));
        }
    }

    private static int split(int n, int parts, int i) {
        return (int) ((long) n * i / parts);
    }

    private void block(int j0, int j1, int i0, int i1) {
        int nr = tiles.columns();
        int tile = left.blockRows * nr;
        int floats = (i1 - i0) * (j1 - j0) * tile;
        float[] sums = Workspace.take(Purpose.TILES, floats);
        int chain = Math.max(1, Chains.TERMS / left.depthBlock) * left.depthBlock;
        float[] later = left.depth > chain ? Workspace.take(Purpose.CHAIN, floats) : sums;
        float[] b = Workspace.take(Purpose.PANELS, (long) (j1 - j0) * left.depthBlock * nr + nr);
        for (int k0 = 0; k0 < left.depth; k0 += left.depthBlock) {
            int kc = Math.min(left.depthBlock, left.depth - k0);
            float[] c = k0 < chain ? sums : later;
            right.pack(j0, j1, kc * nr, k0, kc, b, Workspace.START);
            float[] a = left.packed();
            if (a == null) {
                a = packOnTheWay(i0, i1, k0, kc);
            }
            boolean packed = a == left.packed();
            for (int j = j0; j < j1; j++) {
                int panel = Workspace.START + (j - j0) * kc * nr;
                for (int i = i0; i < i1; i++) {
                    int to = Workspace.START + ((j - j0) * (i1 - i0) + i - i0) * tile;
                    if (left.inPlace(i)) {
                        left.multiplyInPlace(tiles, i, k0, kc, b, panel, c, to, k0 % chain > 0);
                        continue;
                    }
                    int from = packed ? left.offset(i, k0, kc) : Workspace.START + (i - i0) * left.blockRows * kc;
                    tiles.multiply(left.height(i), kc, a, from, b, panel, c, to, k0 % chain > 0);
                }
            }
            if (c != sums && ((k0 + kc) % chain == 0 || k0 + kc == left.depth)) {
                Chains.add(c, Workspace.START, sums, Workspace.START, floats);
            }
        }
        for (int j = j0; j < j1; j++) {
            for (int i = i0; i < i1; i++) {
                int rows = Math.min(left.blockRows, left.rows - i * left.blockRows);
                int from = Workspace.START + ((j - j0) * (i1 - i0) + i - i0) * tile;
                sink.store(sums, from, i * left.blockRows, rows, j);
            }
        }
    }

    private float[] packOnTheWay(int i0, int i1, int k0, int kc) {
        float[] a = Workspace.take(Purpose.ROWS, (long) (i1 - i0) * left.blockRows * left.depthBlock);
        for (int i = i0; i < i1; i++) {
            if (left.inPlace(i)) {
                continue;
            }
            left.pack(i, k0, kc, a, Workspace.START + (i - i0) * left.blockRows * kc);
        }
        return a;
    }
}

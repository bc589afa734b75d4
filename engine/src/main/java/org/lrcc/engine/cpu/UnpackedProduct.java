package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * {@code C = D + A B} with B read, and C written, where they lie: for few rows, and for those short sums that {@link ShortSumProduct} does not take, of which packing B and collecting
 * tiles would cost as much as the product.
 *
 * <p>A is small in either case and packed in blocks of four rows, {@code [block][depth][4]}. A chunk's part of B stays in L2 and is walked along its rows: of few rows each column of B is
 * used a few times only, and of short sums C is what moves, four streams of it.
 */
final class UnpackedProduct {
    /** Rows, or steps of the sum, at most. */
    static final int FEW = 16;

    /** Rows of a tile. */
    private static final int TILE_ROWS = 4;

    private static final int ROWS_PER_CHUNK = 32;

    /** Steps between two visits to a tile of C. */
    private static final int DEPTH = 128;
    /** Floats of B at most that few rows are multiplied with: of larger ones panels are packed, since rows far apart fit no cache well. */
    private static final int NEAR = 1 << 19;

    /** Floats of B that a chunk walks over again and again. */
    private static final int PART = 8192;

    private static final float[] ZEROS = new float[64];

    /** Zero wherever it is read. */
    private static final MatrixView NOTHING = new MatrixView(ZEROS, 0, 0, 0);

    private final Tiles tiles;
    private final int m;
    private final int n;
    private final int k;
    private final float[] left;
    private final MatrixView b;
    private final MatrixView c;

    /** Takes {@code alpha * A}; B and C have rows. */
    UnpackedProduct(Tiles tiles, int m, int n, int k, float alpha, MatrixView a, MatrixView b, MatrixView c) {
        this.tiles = tiles;
        this.m = m;
        this.n = n;
        this.k = k;
        this.b = b;
        this.c = c;
        left = Workspace.take(Purpose.LEFT, Ranges.ceil(m, TILE_ROWS) * (long) k + tiles.lanes());
        int i = a.rowMajor() || alpha != 1f ? 0 : packColumns(a);
        for (; a.rowMajor() && i + TILE_ROWS <= m; i += TILE_ROWS) {
            tiles.packFourRows(a.values(), a.at(i, 0), a.row(), alpha, k, left, Workspace.START + i * k);
        }
        for (; i < Ranges.ceil(m, TILE_ROWS); i++) {
            int to = Workspace.START + i / TILE_ROWS * TILE_ROWS * k + i % TILE_ROWS;
            for (int p = 0; p < k; p++) {
                left[to + p * TILE_ROWS] = i < m ? alpha * a.values()[a.at(i, p)] : 0f;
            }
        }
    }

    /**
     * Packs rows of a transposed operand, four of which lie together at each step, and returns how many: with them one by one along each row the product of 16x1536 and 1536x16 took twice as long.
     */
    private int packColumns(MatrixView a) {
        int packed = m / TILE_ROWS * TILE_ROWS;
        for (int i = 0; i < packed; i += TILE_ROWS) {
            int to = Workspace.START + i * k;
            // A vector is read at each step, which may not end behind the array.
            int room = a.values().length - tiles.lanes() - a.at(i, 0);
            int whole = room < 0 ? 0 : Math.min(k, room / a.column() + 1);
            tiles.copyRuns(a.values(), a.at(i, 0), a.column(), whole, TILE_ROWS, left, to);
            for (int p = whole; p < k; p++) {
                System.arraycopy(a.values(), a.at(i, p), left, to + p * TILE_ROWS, TILE_ROWS);
            }
        }
        return packed;
    }

    /** Whether it is the way to compute a product of matrices that are not transposed on the right. Wider vectors' kernels for it have not been measured. */
    static boolean fits(Tiles tiles, int m, int n, int k) {
        return tiles.lanes() <= 8 && (k <= FEW || (m <= FEW && (long) k * n <= NEAR));
    }

    /** {@code C = A B}. */
    void run(ThreadPool pool) {
        runPlus(pool, NOTHING);
    }

    /** {@code C = D + A B}; D may be C. */
    void runPlus(ThreadPool pool, MatrixView d) {
        int nr = tiles.columns();
        int columns = Math.max(nr, PART / Math.min(k, DEPTH) / nr * nr);
        int columnChunks = (n + columns - 1) / columns;
        int chunks = (m + ROWS_PER_CHUNK - 1) / ROWS_PER_CHUNK * columnChunks;
        ThreadPool.Task task = chunk -> {
            int row = chunk / columnChunks * ROWS_PER_CHUNK;
            int column = chunk % columnChunks * columns;
            chunk(row, Math.min(m, row + ROWS_PER_CHUNK), column, Math.min(n, column + columns), d);
        };
        pool.run((long) m * n * k, chunks, task);
    }

    private void chunk(int i0, int i1, int j0, int j1, MatrixView d) {
        int nr = tiles.columns();
        int full = j0 + (j1 - j0) / nr * nr;
        int last = i0 + (i1 - i0) / TILE_ROWS * TILE_ROWS;
        float[] tile = Workspace.take(Purpose.TILES, (long) TILE_ROWS * nr);
        for (int k0 = 0; k0 < k; k0 += DEPTH) {
            int kc = Math.min(DEPTH, k - k0);
            MatrixView from = k0 == 0 ? d : c;
            for (int i = i0; i < last; i += TILE_ROWS) {
                wholeTiles(i, j0, full, k0, kc, from);
            }
            for (int j = j0; last < i1 && j < full; j += nr) {
                edge(last, i1 - last, j, nr, k0, kc, right(k0, j), from, tile);
            }
            if (full < j1) {
                MatrixView right = lastColumns(k0, kc, full, j1 - full);
                for (int i = i0; i < i1; i += TILE_ROWS) {
                    edge(i, Math.min(TILE_ROWS, i1 - i), full, j1 - full, k0, kc, right, from, tile);
                }
            }
        }
    }

    private int left(int i, int k0) {
        return Workspace.START + i * k + k0 * TILE_ROWS;
    }

    private MatrixView right(int k0, int j) {
        return new MatrixView(b.values(), b.at(k0, j), b.row(), 1);
    }

    private void wholeTiles(int i, int j0, int j1, int k0, int kc, MatrixView from) {
        int nr = tiles.columns();
        float[] x = b.values();
        float[] y = c.values();
        float[] d = from.values();
        int move = from.column();
        for (int j = j0; j < j1; j += nr) {
            int at = from.at(i, j0) + (j - j0) * move;
            tiles.multiplyInPlace(
                    kc, left, left(i, k0), x, b.at(k0, j), b.row(), d, at, from.row(), y, c.at(i, j), c.row());
        }
    }

    /** Columns that fill no tile: as they lie, unless a tile would reach behind the end of the array. */
    private MatrixView lastColumns(int k0, int kc, int j, int width) {
        int nr = tiles.columns();
        if (b.at(k0 + kc - 1, j) + nr <= b.values().length) {
            return right(k0, j);
        }
        return right(k0, j).rowMajorCopy(Purpose.PANELS, kc, width, nr);
    }

    /** A tile that has fewer rows or columns: into one of its own, of which a part is taken; {@code tile} is for it. */
    private void edge(
            int i, int rows, int j, int width, int k0, int kc, MatrixView right, MatrixView from, float[] tile) {
        int nr = tiles.columns();
        float[] x = right.values();
        tiles.multiplyInPlace(
                kc, left, left(i, k0), x, right.offset(), right.row(), ZEROS, 0, 0, tile, Workspace.START, nr);
        for (int r = 0; r < rows; r++) {
            int at = Workspace.START + r * nr;
            tiles.storeSum(tile, at, from.values(), from.at(i + r, j), c.values(), c.at(i + r, j), width);
        }
    }
}

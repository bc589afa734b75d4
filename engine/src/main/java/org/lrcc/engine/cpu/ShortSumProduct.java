package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * {@code C = D + A B} for sums of a few terms, of which C is what moves: two rows of C go by at a time, with four terms of both in registers; where C has a few columns, all of its rows go by one vector of
 * them, with eight rows of B in registers. Sums go term by term.
 *
 * <p>B is small and copied, its rows on cache lines, with rows of zeros that make whole groups of terms. Zen 3, in alternation with tiles of {@link UnpackedProduct}: rank 4 takes 0.38 to 0.69 of the time at
 * 64 to 1536 columns (added to D 0.83), rank 8 0.6 to 1.0; 8x8 matrices behind 1536 rows 0.21. With D rank 8, and columns that fill no vector, take longer than tiles, and sums of sixteen as long.
 */
final class ShortSumProduct {
    /** Terms at most that are added to D; without one twice as many. */
    private static final int FEW = 4;

    /** Columns at most for which C's rows go by a vector of columns at a time. */
    private static final int NARROW = 16;

    /** Columns at least for which they go by as rows. */
    private static final int WIDE = 64;

    /** Rows at least: of fewer, copying B takes too long. */
    private static final int ROWS = 8;

    private static final int TWO = 2;
    private static final int FOUR = 4;
    private static final int EIGHT = 8;

    private static final int ROWS_PER_CHUNK = 32;

    /** Rows of a chunk where columns are few. */
    private static final int ROWS_OF_COLUMNS = 256;

    /**
     * Floats of B that a chunk walks over again and again. Where B stays in L1 (a quarter of this) rows of C that are longer go by in shorter pieces: 1536x8x1536 then takes 1.05 to 1.17 of the time of tiles, so 0.93.
     */
    private static final int PART = 16_384;

    /** D where there is none. */
    private static final MatrixView NOTHING = new MatrixView(new float[0], 0, 0, 1);

    private final Tiles tiles;
    private final ShortSums sums;
    private final int m;
    private final int n;
    private final int k;
    private final boolean narrow;
    private final MatrixView a;
    private final MatrixView b;
    private final MatrixView c;

    /** Takes {@code alpha * A}; C has rows. */
    ShortSumProduct(Tiles tiles, int m, int n, int k, float alpha, MatrixView a, MatrixView b, MatrixView c) {
        this.tiles = tiles;
        sums = tiles.shortSums();
        this.m = m;
        this.n = n;
        this.c = c;
        narrow = n <= NARROW;
        int terms = Ranges.ceil(k, narrow ? EIGHT : FOUR);
        this.k = terms;
        this.a = a.rowMajor() && terms == k && alpha == 1f ? a : left(m, k, terms, alpha, a);
        this.b = right(n, k, terms, b);
    }

    /** Whether it is the way to compute a product, {@code plus} a matrix or not. It has not been measured with wider vectors. */
    static boolean fits(Tiles tiles, int m, int n, int k, boolean plus) {
        if (tiles.lanes() > 8 || n % tiles.lanes() != 0 || m < ROWS) {
            return false;
        }
        return n <= NARROW ? k == EIGHT || k == 2 * EIGHT : n >= WIDE && (k <= FEW || (k == EIGHT && !plus));
    }

    private static MatrixView left(int m, int k, int terms, float alpha, MatrixView a) {
        float[] copy = Workspace.take(Purpose.LEFT, (long) m * terms);
        float[] x = a.values();
        for (int p = 0; p < terms; p++) {
            int from = a.offset() + p * a.column();
            int to = Workspace.START + p;
            for (int i = 0; i < m; i++) {
                copy[to + i * terms] = p < k ? alpha * x[from + i * a.row()] : 0f;
            }
        }
        return new MatrixView(copy, Workspace.START, terms, 1);
    }

    private static MatrixView right(int n, int k, int terms, MatrixView b) {
        int ld = Ranges.ceil(n, 16);
        float[] copy = Workspace.take(Purpose.PADDED, (long) terms * ld);
        MatrixView to = new MatrixView(copy, Workspace.START, ld, 1);
        if (b.rowMajor()) {
            for (int p = 0; p < k; p++) {
                System.arraycopy(b.values(), b.at(p, 0), copy, to.at(p, 0), n);
            }
        } else {
            to.set(b, k, n);
        }
        Arrays.fill(copy, to.at(k, 0), to.at(terms, 0), 0f);
        return to;
    }

    /** {@code C = A B}. */
    void run(ThreadPool pool) {
        runPlus(pool, NOTHING);
    }

    /** {@code C = D + A B}; D may be C. */
    void runPlus(ThreadPool pool, MatrixView d) {
        int columns = narrow ? n : Ranges.ceil(PART / k, 16);
        int rows = narrow ? ROWS_OF_COLUMNS : ROWS_PER_CHUNK;
        int columnChunks = (n + columns - 1) / columns;
        int chunks = (m + rows - 1) / rows * columnChunks;
        ThreadPool.Task task = chunk -> {
            int row = chunk / columnChunks * rows;
            int column = chunk % columnChunks * columns;
            int end = Math.min(m, row + rows);
            if (narrow) {
                byColumns(row, end, d);
            } else {
                byRows(row, end, column, Math.min(n, column + columns), d);
            }
        };
        pool.run((long) m * n * k, chunks, task);
    }

    private void byColumns(int i0, int i1, MatrixView d) {
        for (int j = 0; j < n; j += tiles.lanes()) {
            for (int p = 0; p < k; p += EIGHT) {
                MatrixView from = p == 0 ? d : c;
                int rows = i1 - i0;
                if (from == NOTHING) {
                    sums.eightTerms(
                            rows,
                            a.values(),
                            a.at(i0, p),
                            a.row(),
                            b.values(),
                            b.at(p, j),
                            b.row(),
                            c.values(),
                            c.at(i0, j),
                            c.row());
                } else {
                    sums.addEightTerms(
                            rows,
                            a.values(),
                            a.at(i0, p),
                            a.row(),
                            b.values(),
                            b.at(p, j),
                            b.row(),
                            from.values(),
                            from.at(i0, j),
                            from.row(),
                            c.values(),
                            c.at(i0, j),
                            c.row());
                }
            }
        }
    }

    private void byRows(int i0, int i1, int j0, int j1, MatrixView d) {
        float[] y = c.values();
        for (int i = i0; i < i1; i += TWO) {
            int other = Math.min(i + 1, i1 - 1);
            for (int p = 0; p < k; p += FOUR) {
                MatrixView from = p == 0 ? d : c;
                float[] l = a.values();
                int a0 = a.at(i, p);
                int a1 = a.at(other, p);
                int at = b.at(p, j0);
                int y0 = c.at(i, j0);
                int y1 = c.at(other, j0);
                if (from == NOTHING) {
                    sums.fourTerms(j1 - j0, l, a0, a1, b.values(), at, b.row(), y, y0, y1);
                } else {
                    int d0 = from.at(i, j0);
                    int d1 = from.at(other, j0);
                    sums.addFourTerms(j1 - j0, l, a0, a1, b.values(), at, b.row(), from.values(), d0, d1, y, y0, y1);
                }
            }
        }
    }
}

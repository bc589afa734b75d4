package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Products of each of many rows with each of a few, all read along their length: {@code C = alpha*A*B^T + beta*C} where A or B has few rows, and {@code A*B} where B has few columns and is turned first.
 * Two rows with four make a tile of vectors whose lanes are added at the end; so no lane is empty however few rows there are, and nothing is packed but the few.
 */
final class FewRowsProduct {
    /** Few rows at most: a part of all of them stays in L1. */
    static final int FEW = 8;

    private static final int MANY_PER_CHUNK = 48;

    /**
     * Rows of the many at least for which the few are packed, four vectors of a step together: with 192 to 1536 rows that takes 0.75 to 1.00 of the time (Zen 3, in alternation), with ten 1.04 to 1.08.
     */
    private static final int PACK_FOR = 32;

    /** Floats of a row at most between two visits to the sums: four of the few rows then lie in L1, those of the many in L2. */
    private static final int PART = 1024;

    private static final int TWO = 2;
    private static final int FOUR = 4;
    private static final int TILE = TWO * FOUR;

    /** Rows of a row-major matrix. */
    record Rows(MatrixView view, int count) {
        float[] values() {
            return view.values();
        }

        /** Where a row begins; the last one for those behind it, of which nothing is kept. */
        int at(int row) {
            return view.at(Math.min(row, count - 1), 0);
        }
    }

    /** {@code C = alpha * sums + beta*C}, rows of C belonging to the many. */
    record Result(MatrixView c, float alpha, float beta) {
        void store(int first, int end, int j, float[] sums, int from, int pitch) {
            float[] y = c.values();
            int at = c.at(first, j);
            for (int i = 0; i < end - first; i++) {
                float sum = alpha * sums[from + i * pitch];
                int to = at + i * c.row();
                y[to] = beta == 0f ? sum : Math.fma(y[to], beta, sum);
            }
        }
    }

    private final Tiles tiles;
    private final Rows many;
    private final Rows few;
    private final int length;
    private final Result result;

    /** The few, packed in groups of four if at all. */
    private float @Nullable [] packed;

    private FewRowsProduct(Tiles tiles, Rows many, Rows few, int length, Result result) {
        this.tiles = tiles;
        this.many = many;
        this.few = few;
        this.length = length;
        this.result = result;
    }

    /** Whether it is the way to compute products of {@code few} rows: as long as a chain of a sum may be in every lane. */
    static boolean fits(Tiles tiles, int few, int length) {
        return few <= FEW && length <= Chains.TERMS * tiles.lanes() && (!wide(tiles) || length % tiles.lanes() == 0);
    }

    /** Tiles of two rows by four have not been measured with vectors of 512 bits: these take one row of the few at a time. */
    static boolean wide(Tiles tiles) {
        return tiles.lanes() > 8;
    }

    /** The columns of a matrix as rows. */
    static MatrixView turn(MatrixView b, int depth, int columns) {
        // Rows a multiple of a page apart would meet in one set of the L1 cache.
        return b.transposed().rowMajorCopy(Purpose.LEFT, columns, depth, (depth + 31) / 16 * 16);
    }

    static void run(ThreadPool pool, Tiles tiles, Rows many, Rows few, int length, Result result) {
        FewRowsProduct p = new FewRowsProduct(tiles, many, few, length, result);
        if (!p.oneByOne() && many.count >= PACK_FOR) {
            p.pack();
        }
        int chunks = (many.count + MANY_PER_CHUNK - 1) / MANY_PER_CHUNK;
        pool.run((long) many.count * few.count * length, chunks, p::chunk);
    }

    private boolean oneByOne() {
        return few.count == 1 || wide(tiles);
    }

    /** Floats of a row in whole vectors. */
    private int wholeLength() {
        return length / tiles.lanes() * tiles.lanes();
    }

    /** Packs the few in groups of four. */
    private void pack() {
        int whole = wholeLength();
        float[] y = Workspace.take(Purpose.PADDED, (long) Ranges.ceil(few.count, FOUR) * whole);
        for (int j = 0; j < few.count; j += FOUR) {
            int to = Workspace.START + j * whole;
            tiles.packFourRowVectors(
                    few.values(), few.at(j), few.at(j + 1), few.at(j + 2), few.at(j + 3), whole, y, to);
        }
        packed = y;
    }

    private void chunk(int chunk) {
        int first = chunk * MANY_PER_CHUNK;
        int end = Math.min(many.count, first + MANY_PER_CHUNK);
        if (oneByOne()) {
            byOne(first, end);
        } else {
            byFour(first, end);
        }
    }

    /** Each of the few with three rows of the many at a time. */
    private void byOne(int first, int end) {
        int lanes = tiles.lanes();
        int n = end - first;
        int whole = wholeLength();
        float[] sums = Workspace.take(Purpose.SMALL, (long) (n + TILE) * lanes);
        float[] values = Workspace.take(Purpose.TILES, n + TILE);
        int[] rows = Workspace.indices(n);
        for (int i = 0; i < n; i++) {
            rows[i] = i * many.view().row();
        }
        for (int j = 0; j < few.count; j++) {
            Arrays.fill(sums, Workspace.START, Workspace.START + n * lanes, 0f);
            tiles.tapProducts(
                    n, many.values(), many.at(first), rows, few.values(), few.at(j), whole, sums, Workspace.START);
            tiles.addLanes(sums, Workspace.START, (n + TILE - 1) / TILE * TILE, values, Workspace.START);
            store(first, end, j, whole, values, Workspace.START, 1);
        }
    }

    /** Four of the few with two of the many. */
    private void byFour(int first, int end) {
        int lanes = tiles.lanes();
        int pairs = (end - first + 1) / TWO;
        int whole = wholeLength();
        float[] sums = Workspace.take(Purpose.SMALL, (long) pairs * TILE * lanes);
        float[] values = Workspace.take(Purpose.TILES, 2L * pairs * TILE);
        for (int j = 0; j < few.count; j += FOUR) {
            int part = Workspace.START;
            for (int p = 0; p == 0 || p < whole; p += PART) {
                multiply(first, end, j, p, Math.min(PART, whole - p), sums);
                tiles.addLanes(sums, Workspace.START, pairs * TILE, values, part);
                if (p > 0) {
                    Chains.add(values, part, values, Workspace.START, pairs * TILE);
                }
                part = Workspace.START + pairs * TILE;
            }
            for (int r = 0; r < Math.min(FOUR, few.count - j); r++) {
                store(first, end, j + r, whole, values, Workspace.START + r, FOUR);
            }
        }
    }

    /** Products of a part of the rows, four of the few. */
    private void multiply(int first, int end, int j, int p, int n, float[] sums) {
        float[] x = many.values();
        float[] y = few.values();
        int at = Workspace.START + j * wholeLength() + FOUR * p;
        int y0 = few.at(j) + p;
        int y1 = few.at(j + 1) + p;
        int y2 = few.at(j + 2) + p;
        int y3 = few.at(j + 3) + p;
        int to = Workspace.START;
        for (int i = first; i < end; i += TWO) {
            int x0 = many.at(i) + p;
            int x1 = many.at(i + 1) + p;
            if (packed != null) {
                tiles.packedRowProducts(n, x, x0, x1, packed, at, sums, to);
            } else {
                tiles.rowProducts(n, x, x0, x1, y, y0, y1, y2, y3, sums, to);
            }
            to += TILE * tiles.lanes();
        }
    }

    /** Products with row j of the few: those of whole vectors lie in {@code sums}, {@code pitch} floats apart. */
    private void store(int first, int end, int j, int whole, float[] sums, int from, int pitch) {
        if (whole < length) {
            for (int i = first; i < end; i++) {
                sums[from + (i - first) * pitch] += tail(many.at(i), few.at(j), whole);
            }
        }
        result.store(first, end, j, sums, from, pitch);
    }

    /** What lies behind the last whole vector. */
    private float tail(int x, int y, int whole) {
        float sum = 0;
        for (int p = whole; p < length; p++) {
            sum = Math.fma(many.values()[x + p], few.values()[y + p], sum);
        }
        return sum;
    }
}

package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.cpu.simd.VectorTiles;

/** Products against three loops in double: transposes, leading dimensions, alpha and beta, skinny shapes. */
class GemmTest {
    /** Floats behind each matrix: more than a vector of any width. */
    private static final int AROUND = 20;

    private final Gemm gemm = new PackedGemm(new ThreadPool(2), new VectorTiles());

    @Test
    void agreesWithTheDefinition() {
        Random r = new Random(7);
        int[][] fixed = {
            {1, 1, 1}, {1, 1000, 3}, {1000, 1, 70}, {4, 49, 576}, {32, 49, 100}, {8, 1000, 512}, {33, 65, 641}
        };
        for (int i = 0; i < 150; i++) {
            int[] size =
                    i < fixed.length ? fixed[i] : new int[] {1 + r.nextInt(70), 1 + r.nextInt(90), 1 + r.nextInt(700)};
            check(size[0], size[1], size[2], r.nextBoolean(), r.nextBoolean(), i);
        }
    }

    /** Rows, columns and lengths of sums about those at which another kernel takes over; lengths above one part of a row, and above a chain. */
    @Test
    void agreesWhereOneSizeIsSmall() {
        int[] small = {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17};
        int[] large = {31, 49, 64, 130, 257};
        int[] lengths = {40, 128, 300, 1030, 2100, 8300};
        int seed = 0;
        for (int few : small) {
            for (int side = 0; side < 3; side++) {
                for (int flags = 0; flags < 8; flags++) {
                    int one = large[seed % large.length];
                    int other = side == 2 ? large[(seed + 2) % large.length] : lengths[seed % lengths.length];
                    int m = side == 0 ? few : one;
                    int n = side == 1 ? few : side == 0 ? one : other;
                    int k = side == 2 ? few : other;
                    check(m, n, k, (flags & 1) != 0, (flags & 2) != 0, seed++);
                }
            }
            check(few, few, lengths[seed % lengths.length], seed % 2 == 0, seed % 3 == 0, seed);
            seed++;
            check(few, few, few, seed % 2 == 0, seed % 3 == 0, seed);
            seed++;
        }
    }

    /** Columns that fill a few panels, or all but fill or all but leave one; rows that fill a tile and not; either way of packing them. */
    @Test
    void agreesForFewPanels() {
        int[] columns = {16, 17, 20, 21, 31, 32, 33, 48, 49, 50, 52, 64, 65, 68, 80, 84};
        int[] rows = {17, 20, 67, 130};
        int[] lengths = {17, 40, 321, 1100};
        int seed = 0;
        for (int n : columns) {
            for (int m : rows) {
                int k = lengths[seed / 4 % lengths.length];
                check(m, n, k, false, seed % 2 == 0, seed);
                check(m, n, k, seed % 3 == 0, seed % 2 == 0, seed + 1);
                seed++;
            }
        }
    }

    /** Sums of up to 16 terms with columns that fill vectors and not, few ones, and more than go by at a time; rows of more than one chunk. */
    @Test
    void agreesForShortSums() {
        int[] columns = {8, 16, 24, 64, 66, 192, 1000, 4104};
        int[] rows = {7, 8, 9, 33, 270};
        int[] terms = {1, 3, 4, 5, 8, 9, 16};
        int seed = 0;
        for (int n : columns) {
            for (int k : terms) {
                int m = n > 1000 ? 9 : rows[seed % rows.length];
                check(m, n, k, false, false, seed);
                check(m, n, k, seed % 3 == 0, seed % 2 == 0, seed + 1);
                check(m, n, k, seed % 3 == 1, seed % 2 == 1, seed + 2);
                seed++;
            }
        }
    }

    @Test
    void theSameBitsForAnyNumberOfThreads() {
        int[][] sizes = {
            {300, 4, 400},
            {300, 16, 400},
            {7, 700, 300},
            {700, 300, 7},
            {8, 600, 90},
            {200, 49, 700},
            {203, 16, 333},
            {130, 67, 1300},
            {300, 200, 4},
            {300, 192, 8},
            {1600, 8, 8},
            {1000, 16, 16}
        };
        for (int[] s : sizes) {
            for (int flags = 0; flags < 4; flags++) {
                float[] one = product(1, s[0], s[1], s[2], (flags & 1) != 0, (flags & 2) != 0);
                for (int threads : new int[] {2, 3, 8}) {
                    float[] more = product(threads, s[0], s[1], s[2], (flags & 1) != 0, (flags & 2) != 0);
                    assertThat(more)
                            .as("%d x %d x %d, %d threads", s[0], s[1], s[2], threads)
                            .isEqualTo(one);
                }
            }
            float[] one = sum(1, s[0], s[1], s[2]);
            for (int threads : new int[] {2, 3, 8}) {
                assertThat(sum(threads, s[0], s[1], s[2]))
                        .as("D + %d x %d x %d, %d threads", s[0], s[1], s[2], threads)
                        .isEqualTo(one);
            }
        }
    }

    private static float[] product(int threads, int m, int n, int k, boolean ta, boolean tb) {
        float[] a = NaiveConv.random(m * k, 1);
        float[] b = NaiveConv.random(k * n, 2);
        float[] c = new float[m * n];
        Gemm product = new PackedGemm(new ThreadPool(threads), new VectorTiles());
        product.multiply(ta, tb, m, n, k, 1f, a, 0, ta ? m : k, b, 0, tb ? k : n, 0f, c, 0, n);
        return c;
    }

    private static float[] sum(int threads, int m, int n, int k) {
        Floats a = new Floats(NaiveConv.random(m * k, 1), 0);
        Floats b = new Floats(NaiveConv.random(k * n, 2), 0);
        Floats d = new Floats(NaiveConv.random(m * n, 3), 0);
        Floats c = new Floats(new float[m * n], 0);
        new PackedGemm(new ThreadPool(threads), new VectorTiles()).multiplyPlus(m, n, k, 1f, a, b, d, c);
        return c.array();
    }

    private void check(int m, int n, int k, boolean ta, boolean tb, int seed) {
        int lda = (ta ? m : k) + seed % 3;
        int ldb = (tb ? k : n) + seed % 2;
        int ldc = n + seed % 4;
        int ao = seed % 5;
        int bo = seed % 7;
        int co = seed % 11;
        float[] a = matrix(ta ? k : m, ta ? m : k, lda, ao, seed);
        float[] b = matrix(tb ? n : k, tb ? k : n, ldb, bo, seed + 1);
        float[] c = NaiveConv.random(co + m * ldc + AROUND, seed + 2);
        float alpha = seed % 2 == 0 ? 1f : 0.5f;
        float beta = seed % 3 == 0 ? 0f : seed % 3;
        for (int i = 0; beta == 0f && i < m; i++) {
            // What is not read may be anything.
            Arrays.fill(c, co + i * ldc, co + i * ldc + n, Float.NaN);
        }
        float[] before = c.clone();
        double[] expected = new double[c.length];
        for (int i = 0; i < c.length; i++) {
            expected[i] = c[i];
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += (double) a[ao + (ta ? p * lda + i : i * lda + p)] * b[bo + (tb ? j * ldb + p : p * ldb + j)];
                }
                int at = co + i * ldc + j;
                expected[at] = beta == 0f ? alpha * sum : alpha * sum + beta * c[at];
            }
        }
        String what = String.format("%d x %d x %d, %s %s, %s + %s C", m, n, k, ta, tb, alpha, beta);
        gemm.multiply(ta, tb, m, n, k, alpha, a, ao, lda, b, bo, ldb, beta, c, co, ldc);
        assertThat(NaiveConv.error(c, 0, expected)).as(what).isLessThan(2e-6);
        assertUntouched(what, m, n, co, ldc, before, c);
        if (!ta && !tb) {
            checkPlus(m, n, k, seed);
        }
    }

    /** D + alpha A B, likewise, against alpha A B + C. */
    private void checkPlus(int m, int n, int k, int seed) {
        Floats a = new Floats(matrix(m, k, k, seed % 3, seed), seed % 3);
        Floats b = new Floats(matrix(k, n, n, seed % 6, seed + 1), seed % 6);
        Floats d = new Floats(matrix(m, n, n, seed % 4, seed + 2), seed % 4);
        Floats c = new Floats(NaiveConv.random(seed % 9 + m * n + AROUND, seed + 3), seed % 9);
        float[] before = c.array().clone();
        double[] expected = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += (double) a.array()[a.offset() + i * k + p] * b.array()[b.offset() + p * n + j];
                }
                expected[i * n + j] = d.array()[d.offset() + i * n + j] + 0.5f * sum;
            }
        }
        String what = String.format("D + %d x %d x %d", m, n, k);
        gemm.multiplyPlus(m, n, k, 0.5f, a, b, d, c);
        assertThat(NaiveConv.error(c.array(), c.offset(), expected)).as(what).isLessThan(2e-6);
        assertUntouched(what, m, n, c.offset(), n, before, c.array());
    }

    /** Random numbers amid ones that would spoil every sum. */
    private static float[] matrix(int rows, int columns, int ld, int offset, int seed) {
        float[] values = NaiveConv.random(rows * columns, seed);
        float[] placed = new float[offset + rows * ld + AROUND];
        Arrays.fill(placed, Float.NaN);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(values, i * columns, placed, offset + i * ld, columns);
        }
        return placed;
    }

    /** What lies before, between and behind the rows of C is as it was. */
    private static void assertUntouched(String what, int m, int n, int co, int ldc, float[] before, float[] after) {
        for (int i = 0; i < before.length; i++) {
            int at = i - co;
            if (at < 0 || at >= m * ldc || at % ldc >= n) {
                assertThat(after[i]).as("%s: %d outside of C", what, i).isEqualTo(before[i]);
            }
        }
    }

    @Test
    void betaZeroDoesNotReadTheResult() {
        float[] c = {Float.NaN, Float.NaN};
        gemm.multiply(false, false, 1, 2, 1, 1f, new float[] {2f}, 0, 1, new float[] {3f, 4f}, 0, 2, 0f, c, 0, 2);
        assertThat(c).containsExactly(6f, 8f);
    }
}

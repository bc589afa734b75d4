package org.lrcc.engine.cpu;

/**
 * Single precision matrix product {@code C = alpha*op(A)*op(B) + beta*C}, row-major with leading dimensions.
 *
 * <p>Measured with {@link PanelProduct}'s blocking at 1024^3, the micro-kernels say what the peak is.
 */
final class PackedGemm implements Gemm {
    /** The longest sums for which a row of the result is made at once: more rows of B do not stay in L1. */
    private static final int FEW = 16;

    /** Rows of a chunk then. */
    private static final int ROWS = 64;

    private final ThreadPool pool;
    private final Tiles tiles;

    PackedGemm(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    @Override
    public void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            float[] a,
            int ao,
            int lda,
            float[] b,
            int bo,
            int ldb,
            float beta,
            float[] c,
            int co,
            int ldc) {
        if (m == 0 || n == 0) {
            return;
        }
        if (k == 0 || alpha == 0f) {
            scale(m, n, beta, c, co, ldc);
            return;
        }
        if (!transposeA && transposeB && beta == 0f && RowProducts.fits(tiles, m, k)) {
            RowProducts.run(pool, tiles, m, n, k, alpha, a, ao, lda, b, bo, ldb, c, co, ldc);
            return;
        }
        PackedLeft left = transposeA
                ? PackedLeft.ofColumns(pool, tiles, m, k, a, ao, lda, alpha)
                : PackedLeft.ofRows(pool, tiles, m, k, a, ao, lda, alpha);
        PanelProduct.Panels right =
                transposeB ? new TransposedPanels(tiles, n, b, bo, ldb) : new RowPanels(tiles, n, k, b, bo, ldb);
        int nr = tiles.columns();
        PanelProduct.run(pool, tiles, left, right, (tile, to, row, rows, panel) -> {
            int width = Math.min(nr, n - panel * nr);
            for (int r = 0; r < rows; r++) {
                tiles.store(tile, to + r * nr, c, co + (row + r) * ldc + panel * nr, width, beta);
            }
        });
    }

    @Override
    public void multiplyPlus(int m, int n, int k, float alpha, Floats a, Floats b, Floats d, Floats c) {
        if (m == 0 || n == 0 || k == 0 || alpha == 0f) {
            Gemm.super.multiplyPlus(m, n, k, alpha, a, b, d, c);
            return;
        }
        if (k <= FEW && n % tiles.lanes() == 0) {
            addRows(m, n, k, alpha, a, b, d, c);
            return;
        }
        PackedLeft left = PackedLeft.ofRows(pool, tiles, m, k, a.array(), a.offset(), k, alpha);
        PanelProduct.Panels right = new RowPanels(tiles, n, k, b.array(), b.offset(), n);
        int nr = tiles.columns();
        float[] from = d.array();
        float[] y = c.array();
        PanelProduct.run(pool, tiles, left, right, (tile, to, row, rows, panel) -> {
            int width = Math.min(nr, n - panel * nr);
            for (int r = 0; r < rows; r++) {
                int at = (row + r) * n + panel * nr;
                tiles.storeSum(tile, to + r * nr, from, d.offset() + at, y, c.offset() + at, width);
            }
        });
    }

    /** {@link #multiplyPlus} row by row: D and C, which are all there is to move where k is small, then go by as they lie. The same bits as by tiles. */
    private void addRows(int m, int n, int k, float alpha, Floats a, Floats b, Floats d, Floats c) {
        int[] offsets = new int[k];
        float[] left = Workspace.take(Workspace.Purpose.LEFT, (long) m * k);
        for (int i = 0; i < m * k; i++) {
            left[i] = alpha * a.array()[a.offset() + i];
        }
        for (int p = 0; p < k; p++) {
            offsets[p] = p * n;
        }
        int chunks = (m + ROWS - 1) / ROWS;
        pool.run(chunks, chunk -> {
            float[] row = Workspace.take(Workspace.Purpose.TILES, n);
            for (int i = chunk * ROWS; i < Math.min(m, (chunk + 1) * ROWS); i++) {
                tiles.taps(k, b.array(), b.offset(), offsets, left, i * k, n, row, Workspace.START);
                tiles.storeSum(row, Workspace.START, d.array(), d.offset() + i * n, c.array(), c.offset() + i * n, n);
            }
        });
    }

    private static void scale(int m, int n, float beta, float[] c, int co, int ldc) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                int at = co + i * ldc + j;
                c[at] = beta == 0f ? 0f : beta * c[at];
            }
        }
    }

    /** Panels of {@code b[k*ldb + j]}. */
    private record RowPanels(Tiles tiles, int n, int k, float[] b, int bo, int ldb) implements PanelProduct.Panels {
        @Override
        public int count() {
            return (n + tiles.columns() - 1) / tiles.columns();
        }

        @Override
        public void pack(int panel, int k0, int kc, float[] to, int at) {
            int nr = tiles.columns();
            int from = bo + k0 * ldb + panel * nr;
            int width = Math.min(nr, n - panel * nr);
            int p = 0;
            if (from + (kc - 1) * ldb + nr <= b.length) {
                tiles.copyRows(b, from, ldb, to, at, kc);
                return;
            }
            for (; p < kc; p++) {
                System.arraycopy(b, from + p * ldb, to, at + p * nr, width);
            }
        }
    }

    /** Panels of {@code b[j*ldb + k]}. */
    private record TransposedPanels(Tiles tiles, int n, float[] b, int bo, int ldb) implements PanelProduct.Panels {
        @Override
        public int count() {
            return (n + tiles.columns() - 1) / tiles.columns();
        }

        @Override
        public void pack(int panel, int k0, int kc, float[] to, int at) {
            int nr = tiles.columns();
            int j = panel * nr;
            tiles.packTransposed(b, bo + j * ldb + k0, ldb, Math.min(nr, n - j), kc, to, at);
        }
    }
}

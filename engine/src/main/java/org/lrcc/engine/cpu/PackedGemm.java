package org.lrcc.engine.cpu;

/**
 * Single precision matrix product {@code C = alpha*op(A)*op(B) + beta*C}, row-major with leading dimensions.
 *
 * <p>Measured with {@link PanelProduct}'s blocking at 1024^3, the micro-kernels say what the peak is. Where packing both operands costs as much as the product, one of them is read where it lies:
 * {@link FewRowsProduct}, {@link UnpackedProduct}, {@link ShortSumProduct}.
 */
final class PackedGemm implements Gemm {
    /** The longest sums for which a row of the result is made at once: more rows of B do not stay in L1. */
    private static final int FEW = 16;

    /** Rows of a chunk then. */
    private static final int ROWS = 64;

    /**
     * Columns behind the last full panel, of at most {@link PanelProduct#MAX_PANELS}, that another way takes than an all but empty panel: 49 columns then take 0.83 to 0.91 of the time, 52 0.89 to 0.93; behind
     * twelve panels four columns take 1.08 (Zen 3, in alternation).
     */
    private static final int LAST = 4;

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
        MatrixView left = MatrixView.of(transposeA, a, ao, lda);
        MatrixView right = MatrixView.of(transposeB, b, bo, ldb);
        MatrixView out = MatrixView.of(false, c, co, ldc);
        if (byFewRows(m, n, k, alpha, left, right, beta, out) || unpacked(m, n, k, alpha, left, right, beta, out)) {
            return;
        }
        int whole = n - lastColumns(m, n, k, left);
        byPanels(m, whole, k, alpha, left, right, beta, out);
        if (whole < n) {
            byRows(m, n - whole, k, alpha, left, right.columns(whole), beta, out.columns(whole));
        }
    }

    private void byPanels(int m, int n, int k, float alpha, MatrixView a, MatrixView b, float beta, MatrixView c) {
        PanelProduct.Panels panels = panels(b, n, k);
        int nr = tiles.columns();
        PanelProduct.run(pool, tiles, pack(a, m, k, alpha, panels), panels, (tile, to, row, rows, panel) -> {
            int width = Math.min(nr, n - panel * nr);
            for (int r = 0; r < rows; r++) {
                tiles.store(tile, to + r * nr, c.values(), c.at(row + r, panel * nr), width, beta);
            }
        });
    }

    /** Columns behind the last full panel that {@link FewRowsProduct} takes. */
    private int lastColumns(int m, int n, int k, MatrixView a) {
        int panels = n / tiles.columns();
        int last = n % tiles.columns();
        boolean few = last <= LAST && last <= m && panels > 0 && panels <= PanelProduct.MAX_PANELS;
        boolean fits = !FewRowsProduct.wide(tiles) && FewRowsProduct.fits(tiles, last, k);
        return few && fits && a.rowMajor() ? last : 0;
    }

    @Override
    public void multiplyPlus(int m, int n, int k, float alpha, Floats a, Floats b, Floats d, Floats c) {
        if (m == 0 || n == 0 || k == 0 || alpha == 0f) {
            Gemm.super.multiplyPlus(m, n, k, alpha, a, b, d, c);
            return;
        }
        MatrixView left = MatrixView.of(a, k);
        MatrixView right = MatrixView.of(b, n);
        if (ShortSumProduct.fits(tiles, m, n, k, true)) {
            new ShortSumProduct(tiles, m, n, k, alpha, left, right, MatrixView.of(c, n))
                    .runPlus(pool, MatrixView.of(d, n));
            return;
        }
        if (UnpackedProduct.fits(tiles, m, n, k)) {
            UnpackedProduct product = new UnpackedProduct(tiles, m, n, k, alpha, left, right, MatrixView.of(c, n));
            product.runPlus(pool, MatrixView.of(d, n));
            return;
        }
        if (k <= FEW && n % tiles.lanes() == 0) {
            addRows(m, n, k, alpha, a, b, d, c);
            return;
        }
        PanelProduct.Panels panels = panels(right, n, k);
        int nr = tiles.columns();
        float[] from = d.array();
        float[] y = c.array();
        PanelProduct.run(pool, tiles, pack(left, m, k, alpha, panels), panels, (tile, to, row, rows, panel) -> {
            int width = Math.min(nr, n - panel * nr);
            for (int r = 0; r < rows; r++) {
                int at = (row + r) * n + panel * nr;
                tiles.storeSum(tile, to + r * nr, from, d.offset() + at, y, c.offset() + at, width);
            }
        });
    }

    /** By {@link FewRowsProduct} where A's rows lie as such, and few of them or of B's columns. */
    private boolean byFewRows(int m, int n, int k, float alpha, MatrixView a, MatrixView b, float beta, MatrixView c) {
        if (!a.rowMajor() || !FewRowsProduct.fits(tiles, Math.min(m, n), k)) {
            return false;
        }
        boolean turned = b.rowMajor();
        boolean fewLeft = m < n;
        // Wider vectors were measured with few rows on the left only.
        if (FewRowsProduct.wide(tiles) && (turned || !fewLeft || beta != 0f)) {
            return false;
        }
        if (turned && (fewLeft || k <= UnpackedProduct.FEW)) {
            return false;
        }
        byRows(m, n, k, alpha, a, b, beta, c);
        return true;
    }

    /** The same, whatever suits it. */
    private void byRows(int m, int n, int k, float alpha, MatrixView a, MatrixView b, float beta, MatrixView c) {
        MatrixView rows = b.rowMajor() ? FewRowsProduct.turn(b, k, n) : b.transposed();
        FewRowsProduct.Rows left = new FewRowsProduct.Rows(a, m);
        FewRowsProduct.Rows right = new FewRowsProduct.Rows(rows, n);
        if (m < n) {
            FewRowsProduct.run(pool, tiles, right, left, k, new FewRowsProduct.Result(c.transposed(), alpha, beta));
        } else {
            FewRowsProduct.run(pool, tiles, left, right, k, new FewRowsProduct.Result(c, alpha, beta));
        }
    }

    /** By {@link UnpackedProduct}; of operands that do not lie as it wants them, a small one is turned. */
    private boolean unpacked(int m, int n, int k, float alpha, MatrixView a, MatrixView b, float beta, MatrixView c) {
        if (beta != 0f && beta != 1f) {
            return false;
        }
        if (ShortSumProduct.fits(tiles, m, n, k, beta != 0f)) {
            ShortSumProduct product = new ShortSumProduct(tiles, m, n, k, alpha, a, b, c);
            if (beta == 0f) {
                product.run(pool);
            } else {
                product.runPlus(pool, c);
            }
            return true;
        }
        if (k > UnpackedProduct.FEW && n < m && beta == 0f && !a.rowMajor() && UnpackedProduct.fits(tiles, n, m, k)) {
            // The product's transpose has few rows.
            float[] few = Workspace.take(Workspace.Purpose.PARTIAL, (long) n * m);
            MatrixView transpose = new MatrixView(few, Workspace.START, m, 1);
            new UnpackedProduct(tiles, n, m, k, alpha, b.transposed(), a.transposed(), transpose).run(pool);
            c.set(transpose.transposed(), m, n);
            return true;
        }
        if (!UnpackedProduct.fits(tiles, m, n, k) || (!b.rowMajor() && k > UnpackedProduct.FEW)) {
            return false;
        }
        MatrixView right = b.rowMajor() ? b : b.rowMajorCopy(Workspace.Purpose.PADDED, k, n, n);
        UnpackedProduct product = new UnpackedProduct(tiles, m, n, k, alpha, a, right, c);
        if (beta == 0f) {
            product.run(pool);
        } else {
            product.runPlus(pool, c);
        }
        return true;
    }

    private PanelProduct.Panels panels(MatrixView b, int n, int k) {
        return b.rowMajor()
                ? new RowPanels(tiles, n, k, b.values(), b.offset(), b.row())
                : new TransposedPanels(tiles, n, b.values(), b.offset(), b.column());
    }

    /** The left operand; wider vectors have not been measured to gain by leaving it where it lies. */
    private PackedLeft pack(MatrixView a, int m, int k, float alpha, PanelProduct.Panels right) {
        if (!a.rowMajor()) {
            return PackedLeft.ofColumns(pool, tiles, m, k, a.values(), a.offset(), a.column(), alpha);
        }
        return right.count() <= PanelProduct.MAX_PANELS && tiles.lanes() <= 8
                ? PackedLeft.ofRowsInPlace(tiles, m, k, a, alpha)
                : PackedLeft.ofRows(pool, tiles, m, k, a.values(), a.offset(), a.row(), alpha);
    }

    /**
     * {@link #multiplyPlus} row by row: D and C, which are all there is to move where k is small, then go by as they lie. The same bits as by tiles. For vectors of 512 bits, with which
     * {@link UnpackedProduct} has not been measured.
     */
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

        @Override
        public void pack(int first, int end, int pitch, int k0, int kc, float[] to, int at) {
            int nr = tiles.columns();
            if (end - first == 4 && end * nr <= n && pitch == kc * nr) {
                tiles.copyFourPanels(b, bo + k0 * ldb + first * nr, ldb, to, at, kc);
            } else {
                PanelProduct.Panels.super.pack(first, end, pitch, k0, kc, to, at);
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

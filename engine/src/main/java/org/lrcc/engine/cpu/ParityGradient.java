package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.ParityPlan.Axis;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Input gradient of a convolution with stride 2 whose four parities of rows and columns are summed together, in packed panels as {@link PanelProduct} has them.
 *
 * <p>{@link PackedConvolution} makes a product of each parity: it packs a panel of each, of 9 taps in all for 3x3 kernels, and writes every second float of a row. Here a panel of the pixels of the
 * output's gradient under all shifts (4 for 3x3, 16 for 7x7 with its 49 taps) is packed once, and the two parities of a row are written side by side. Milliseconds of one thread on Zen 3 (256
 * bits), JDK 17, batch 8, both in alternation:
 *
 * <table>
 *   <caption>Stride 2</caption>
 *   <tr><th>layer<th>a product a parity<th>here
 *   <tr><td>3 to 64, 7x7, 224x224<td>142<td>64
 *   <tr><td>64 to 128, 3x3, 56x56<td>22.3<td>15.8
 *   <tr><td>128 to 256, 3x3, 28x28<td>16.8<td>13.9
 *   <tr><td>256 to 512, 3x3, 14x14<td>16.2<td>14.3
 * </table>
 *
 * <p>At 512 bits most of these shapes are {@link StridedConvolution}'s, and this one was not measured: there the products stay as they were.
 */
final class ParityGradient {
    /** Panels a chunk packs at a time, and rows of the result it covers: its tiles then fit L2 beside the panels. */
    private static final int MAX_PANELS = 4;

    private static final int MAX_ROWS = 128;

    /** Chunks there should be at least, so that threads end together. */
    private static final int MIN_CHUNKS = 8;

    /** Rows whose weights one thread packs together. */
    private static final int ROWS_PACKED = 32;

    /** Output channels whose weights are packed for one block of rows before the next's. */
    private static final int TURNED_OUTPUTS = 8;

    private final ThreadPool pool;
    private final Tiles tiles;

    ParityGradient(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    void run(ParityPlan plan, ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        float[] source = PackedConvolution.padded(pool, tiles, plan.gradient, s.batch(), dy, dyo);
        int base = plan.gradient.isIdentity() ? dyo : 0;
        new Product(plan, s, w, wo, plan.panels.of(tiles, source, base, plan.offsets), dx, dxo).run();
    }

    private final class Product {
        final ParityPlan plan;
        final ConvShape s;
        final float[] w;
        final int wo;
        final PanelProduct.Panels right;
        final float[] dx;
        final int dxo;
        final int mr = tiles.rows();
        final int nr = tiles.columns();
        /** Blocks of {@link #mr} rows; the last may be lower. */
        final int blocks;

        final int lastHeight;
        final int paddedRows;
        final float[] left;
        final int rowChunks;
        final int columnChunks;

        Product(ParityPlan plan, ConvShape s, float[] w, int wo, PanelProduct.Panels right, float[] dx, int dxo) {
            this.plan = plan;
            this.s = s;
            this.w = w;
            this.wo = wo;
            this.right = right;
            this.dx = dx;
            this.dxo = dxo;
            blocks = (s.inputs() + mr - 1) / mr;
            lastHeight = tiles.height(s.inputs() - (blocks - 1) * mr);
            paddedRows = (blocks - 1) * mr + lastHeight;
            left = Workspace.take(Purpose.LEFT, (long) paddedRows * s.outputs() * s.kernel());
            rowChunks = (s.inputs() + MAX_ROWS - 1) / MAX_ROWS;
            int most = (right.count() + MAX_PANELS - 1) / MAX_PANELS;
            columnChunks = Math.min(right.count(), Math.max(most, (MIN_CHUNKS + rowChunks - 1) / rowChunks));
        }

        void run() {
            int together = Math.max(1, ROWS_PACKED / mr);
            int packs = (blocks + together - 1) / together;
            pool.run(packs, i -> packWeights(i * together, Math.min(blocks, (i + 1) * together)));
            pool.run(columnChunks * rowChunks, chunk -> {
                int column = chunk / rowChunks;
                int i0 = split(blocks, rowChunks, chunk % rowChunks);
                int i1 = split(blocks, rowChunks, chunk % rowChunks + 1);
                int end = split(right.count(), columnChunks, column + 1);
                for (int j = split(right.count(), columnChunks, column); j < end; j += MAX_PANELS) {
                    block(j, Math.min(end, j + MAX_PANELS), i0, i1);
                }
            });
        }

        int height(int block) {
            return block == blocks - 1 ? lastHeight : mr;
        }

        /**
         * Packs weights as {@code [block of channels][parity][row tap][block of rows][column tap][channel][row]}: a few channels for one block of rows, then for the next, whose kernels are their
         * neighbours in memory, see {@link PackedLeft#ofTransposedKernels}.
         */
        void packWeights(int b0, int b1) {
            for (int m = 0; m < s.outputs(); ) {
                int first = m / plan.block * plan.block;
                int channels = Math.min(plan.block, s.outputs() - first);
                int count = Math.min(TURNED_OUTPUTS, first + channels - m);
                for (int b = b0; b < b1; b++) {
                    packBlock(b, m, count, first, channels);
                }
                m += count;
            }
        }

        private void packBlock(int b, int m, int count, int first, int channels) {
            int h = height(b);
            int valid = Math.min(h, s.inputs() - b * mr);
            int from = wo + (m * s.inputs() + b * mr) * s.kernel();
            int at = Workspace.START + first * s.kernel() * paddedRows;
            for (int parity = 0; parity < 4; parity++) {
                int[] columns = plan.columns[parity % 2].taps();
                int depth = columns.length * channels;
                for (int i : plan.rows[parity / 2].taps()) {
                    int to = at + b * mr * depth + (m - first) * h;
                    for (int j : columns) {
                        turn(from + i * s.kernelW() + j, count, valid, to, h);
                        to += channels * h;
                    }
                    at += depth * paddedRows;
                }
            }
        }

        /** One tap of some channels and a block's rows. */
        private void turn(int from, int count, int valid, int to, int h) {
            int step = s.inputs() * s.kernel();
            if (valid == 4 && h == 4) {
                turnFour(w, from, step, s.kernel(), count, left, to);
                return;
            }
            for (int i = 0; i < count; i++) {
                for (int r = 0; r < h; r++) {
                    left[to + i * h + r] = r < valid ? w[from + i * step + r * s.kernel()] : 0f;
                }
            }
        }

        /** Panels {@code j0 .. j1-1} of blocks of rows {@code i0 .. i1-1}, all parities. */
        void block(int j0, int j1, int i0, int i1) {
            int shifts = plan.rowShifts * plan.columnShifts;
            int parity = (j1 - j0) * (i1 - i0) * mr * nr;
            float[] c = Workspace.take(Purpose.TILES, 4L * parity);
            float[] b = Workspace.take(Purpose.PANELS, (long) (j1 - j0) * shifts * plan.block * nr + nr);
            for (int m = 0; m < s.outputs(); m += plan.block) {
                int channels = Math.min(plan.block, s.outputs() - m);
                int panel = shifts * channels * nr;
                for (int j = j0; j < j1; j++) {
                    right.pack(j, m * shifts, shifts * channels, b, Workspace.START + (j - j0) * panel);
                }
                int at = Workspace.START + m * s.kernel() * paddedRows;
                for (int p = 0; p < 4; p++) {
                    Axis rows = plan.rows[p / 2];
                    Axis columns = plan.columns[p % 2];
                    int depth = columns.taps().length * channels;
                    for (int i = 0; i < rows.taps().length; i++) {
                        int shift = (rows.first() + i) * plan.columnShifts + columns.first();
                        int from = Workspace.START + shift * channels * nr;
                        tiles(depth, at, b, from, panel, c, Workspace.START + p * parity, j1 - j0, i0, i1, m + i > 0);
                        at += depth * paddedRows;
                    }
                }
            }
            write(c, parity, j0, j1, i0, i1);
        }

        /** One row of taps of a parity. */
        private void tiles(
                int depth,
                int weights,
                float[] b,
                int from,
                int panel,
                float[] c,
                int to,
                int panels,
                int i0,
                int i1,
                boolean add) {
            for (int j = 0; j < panels; j++) {
                for (int i = i0; i < i1; i++) {
                    int tile = to + (j * (i1 - i0) + i - i0) * mr * nr;
                    tiles.multiply(height(i), depth, left, weights + i * mr * depth, b, from + j * panel, c, tile, add);
                }
            }
        }

        private void write(float[] c, int parity, int j0, int j1, int i0, int i1) {
            int plane = s.height() * s.width();
            for (int j = j0; j < j1; j++) {
                for (int row = i0 * mr; row < Math.min(s.inputs(), i1 * mr); row++) {
                    int from = Workspace.START + ((j - j0) * (i1 - i0) * mr + row - i0 * mr) * nr;
                    int to = dxo + row * plane;
                    row(c, from, from + parity, j, to);
                    row(c, from + 2 * parity, from + 3 * parity, j, to + s.width());
                }
            }
        }

        /** A panel's columns of one row of the sums and of one parity of the input's rows. */
        private void row(float[] c, int even, int odd, int panel, int to) {
            PixelPanels panels = plan.panels;
            for (int i = panels.first[panel]; i < panels.first[panel + 1]; i++) {
                int column = panels.column[i];
                int d = to + panels.target[i];
                both(c, even + column, odd + column, panels.length[i], dx, d);
            }
        }
    }

    private static void turnFour(float[] w, int from, int step, int row, int count, float[] o, int to) {
        for (int i = 0; i < count; i++) {
            int f = from + i * step;
            int d = to + i * 4;
            o[d] = w[f];
            o[d + 1] = w[f + row];
            o[d + 2] = w[f + 2 * row];
            o[d + 3] = w[f + 3 * row];
        }
    }

    private static int split(int n, int parts, int i) {
        return (int) ((long) n * i / parts);
    }

    private static void both(float[] c, int even, int odd, int n, float[] dx, int to) {
        for (int i = 0; i < n; i++) {
            dx[to + 2 * i] = c[even + i];
            dx[to + 2 * i + 1] = c[odd + i];
        }
    }
}

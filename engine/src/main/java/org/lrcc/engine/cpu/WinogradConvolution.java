package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Convolution with 3x3 kernels and stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Winograd, Arithmetic complexity of computations, 1980; Lavin and
 * Gray, Fast algorithms for convolutional neural networks, 2016): a tile of 4x4 outputs costs 36 multiplications a pair of channels instead of 144.
 *
 * <p>Vectors run along channels. A chunk of tiles is turned to channels-last, its border filled with zeros and transformed, so that each is an inner one; for each of the
 * 36 values there is then a product of [tiles, channels] with [channels, outputs], of those tiles that need the value ({@link TileOrder}); products are transformed back, turned to planes, and
 * written with bias, residual and clamp. Where weights are few they are transformed once and each chunk of tiles goes from input to output inside L2. Where they are
 * many and tiles few (14 x 14 and 7 x 7 images) the transformed weights would be four times the model and pass through memory twice; there each
 * panel of outputs transforms its own weights and uses them at once. Input gradients are forward passes with turned kernels; weight gradients are in
 * {@link WinogradWeightGradient}.
 *
 * <p>Interpolation points are 0, 1, -1, 1/2, -2 (and infinity): with 2 in place of 1/2 errors are two to four times as large. Largest error over largest value,
 * against double, ResNet18's layers at batch 8: 2.7e-6 at 64 channels, 3.9e-6 at 128, 5.1e-6 at 256, 4.8e-6 at 512 (up to 1.2e-5 if these were one chain); asserted at 1e-5, weight gradients (1.6e-6 .. 4.5e-6) likewise.
 *
 * <p>Measured, milliseconds of one core (processor time: the machine was shared), batch 8, forward / input gradient / weight gradient, on an Intel processor with AVX-512
 * (two FMA units, 236 GFLOP/s a core), JDK 17:
 *
 * <table>
 *   <caption>Direct and Winograd convolution</caption>
 *   <tr><th>layer<th>direct<th>Winograd
 *   <tr><td>64, 56x56<td>14.4 / 13.9 / 13.9<td>5.5 / 5.5 / 6.2
 *   <tr><td>128, 28x28<td>11.7 / 12.2 / 14.7<td>4.9 / 5.0 / 6.0
 *   <tr><td>256, 14x14<td>11.2 / 11.3 / 13.6<td>5.6 / 6.1 / 6.1
 *   <tr><td>512, 7x7<td>13.3 / 14.3 / 16.5<td>8.1 / 9.9 / 6.5
 * </table>
 *
 * <p>Of the 5.5 ms of the first layer the products take 2.7 (170 GFLOP/s). Vectors
 * that cross cache lines cost up to a fifth of it; the times are without the alignment that {@link Workspace#START} makes possible.
 */
final class WinogradConvolution implements Convolution {
    /** Tiles of a chunk at most: their transformed input and output, 36 values each, then stay in L2. */
    private static final int MAX_TILES = 64;

    /** Transformed input of a chunk, in floats, at most. */
    private static final int MAX_INPUT = 36 * 64 * 96;

    /** Chunks there should be at least, so that threads end together. */
    private static final int MIN_CHUNKS = 8;

    /** Weights (pairs of channels) above which they are transformed panel by panel, */
    private static final int LARGE = 16_384;

    /** where there are no more tiles than this, so that the transformed input is read again from a near cache. */
    private static final int FEW_TILES = 160;

    /** Channels of the input that a chunk transforms where weights are many. */
    private static final int INPUT_CHANNELS = 64;

    /** Channels whose weights are transformed at a time. */
    private static final int WEIGHT_ROWS = 32;

    private final ThreadPool pool;
    private final WinogradTiles kernels;
    private final PlaneOutput planes;
    private final WinogradInput input;
    private final WinogradWeightGradient weightGradient;

    WinogradConvolution(ThreadPool pool, Tiles tiles, WinogradTiles kernels) {
        this.pool = pool;
        this.kernels = kernels;
        planes = new PlaneOutput(tiles, kernels);
        input = new WinogradInput(kernels);
        weightGradient = new WinogradWeightGradient(pool, tiles, kernels);
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
        WinogradGrid g = WinogradGrid.forward(s);
        new Pass(g, x, xo, w, wo, false, epilogue, y, yo).run();
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        WinogradGrid g = WinogradGrid.inputGradient(s);
        new Pass(g, dy, dyo, w, wo, true, Epilogue.NONE, dx, dxo).run();
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        weightGradient.run(s, x, xo, dy, dyo, dw, dwo);
    }

    /** One forward pass or input gradient. */
    private final class Pass {
        final WinogradGrid g;
        final float[] x;
        final int xo;
        final float[] w;
        final int wo;
        final boolean turned;
        final Epilogue epilogue;
        final float[] y;
        final int yo;
        final int nr = kernels.columns();
        final int panels;
        /** Floats between two of the 36 values of a panel of weights. */
        final int weightSlab;

        final int panelSize;
        /** Chunks the rows of tiles are cut into. */
        final int chunks;

        final int maxTiles;
        final boolean byPanels;
        final WinogradInput.Order order;

        Pass(
                WinogradGrid g,
                float[] x,
                int xo,
                float[] w,
                int wo,
                boolean turned,
                Epilogue epilogue,
                float[] y,
                int yo) {
            this.g = g;
            this.x = x;
            this.xo = xo;
            this.w = w;
            this.wo = wo;
            this.turned = turned;
            this.epilogue = epilogue;
            this.y = y;
            this.yo = yo;
            order = input.forSumsOverChannels(g.depth(), WinogradTiles.VALUES);
            panels = (g.outputs() + nr - 1) / nr;
            weightSlab = g.depth() * nr + 16;
            panelSize = WinogradTiles.VALUES * weightSlab;
            int most = Math.max(8, Math.min(MAX_TILES, MAX_INPUT / (36 * g.depth())));
            if (g.depth() * (long) g.outputs() > LARGE && g.tiles() <= FEW_TILES) {
                most = MAX_TILES;
            }
            int rows = Math.max(1, most / g.tilesWide());
            int parts = (g.tileRows() + rows - 1) / rows;
            byPanels = g.depth() * (long) g.outputs() > LARGE && g.tiles() <= FEW_TILES;
            chunks = byPanels ? parts : Math.min(g.tileRows(), Math.max(MIN_CHUNKS, parts));
            maxTiles = (g.tileRows() + chunks - 1) / chunks * g.tilesWide();
        }

        void run() {
            if (byPanels) {
                byPanels();
            } else {
                byTiles();
            }
        }

        /** First row of tiles of a chunk. */
        int row(int chunk) {
            return (int) ((long) g.tileRows() * chunk / chunks);
        }

        /** Few weights: they are transformed once, then each chunk of tiles goes from input to output. */
        private void byTiles() {
            float[] u = Workspace.take(Purpose.LEFT, (long) panels * panelSize);
            int steps = (g.depth() + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
            pool.run(panels * steps, i -> {
                int k0 = i % steps * WEIGHT_ROWS;
                weights(
                        i / steps,
                        k0,
                        Math.min(g.depth(), k0 + WEIGHT_ROWS),
                        u,
                        Workspace.START + i / steps * panelSize);
            });
            pool.run(chunks, chunk -> {
                float[] v = Workspace.take(Purpose.TRANSFORMED, input.size(order, maxTiles, g.depth()));
                int r0 = row(chunk);
                int r1 = row(chunk + 1);
                TileOrder places = new TileOrder(g, r0, r1);
                input.image(places, x, xo, r0, r1, 0, g.depth(), order, v, Workspace.START);
                for (int p = 0; p < panels; p++) {
                    panel(p, places, r0, r1, v, Workspace.START, u, Workspace.START + p * panelSize);
                }
            });
        }

        /** Many weights, few tiles: all input is transformed, then each panel's weights are transformed and used at once, out of L2. */
        private void byPanels() {
            int steps = (g.depth() + INPUT_CHANNELS - 1) / INPUT_CHANNELS;
            int size = input.size(order, maxTiles, g.depth());
            float[] v = Workspace.take(Purpose.TRANSFORMED, (long) chunks * size);
            TileOrder[] places = new TileOrder[chunks];
            Arrays.setAll(places, i -> new TileOrder(g, row(i), row(i + 1)));
            pool.run(chunks * steps, i -> {
                int chunk = i / steps;
                int c0 = i % steps * INPUT_CHANNELS;
                int c1 = Math.min(g.depth(), c0 + INPUT_CHANNELS);
                int to = Workspace.START + chunk * size;
                input.image(places[chunk], x, xo, row(chunk), row(chunk + 1), c0, c1, order, v, to);
            });
            pool.run(panels, p -> {
                float[] u = Workspace.take(Purpose.LEFT, panelSize);
                for (int k = 0; k < g.depth(); k += WEIGHT_ROWS) {
                    weights(p, k, Math.min(g.depth(), k + WEIGHT_ROWS), u, Workspace.START);
                }
                for (int i = 0; i < chunks; i++) {
                    panel(p, places[i], row(i), row(i + 1), v, Workspace.START + i * size, u, Workspace.START);
                }
            });
        }

        /** Transforms weights {@code k0 .. k1-1} of a panel of outputs. */
        private void weights(int panel, int k0, int k1, float[] u, int uo) {
            float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
            float[] taps = Workspace.take(Purpose.PANELS, (long) WEIGHT_ROWS * 9 * nr);
            int m0 = panel * nr;
            int width = Math.min(nr, g.outputs() - m0);
            if (turned) {
                for (int k = k0; k < k1; k++) {
                    int from = wo + (k * g.outputs() + m0) * 9;
                    kernels.gather(w, from, 9, width, 1, 9, taps, Workspace.START + (k - k0) * 9 * nr, 0);
                }
            } else {
                int from = wo + (m0 * g.depth() + k0) * 9;
                kernels.gather(w, from, g.depth() * 9, width, 1, (k1 - k0) * 9, taps, Workspace.START, 0);
            }
            int to = uo + k0 * nr;
            kernels.transformWeights(
                    taps, Workspace.START, k1 - k0, turned, u, to, weightSlab, scratch, Workspace.START);
        }

        /** Output of a panel of channels for the rows of tiles {@code r0 .. r1-1}, whose transformed input is at {@code vo}. */
        private void panel(int panel, TileOrder places, int r0, int r1, float[] v, int vo, float[] u, int uo) {
            int mr = kernels.rows();
            int products = (places.tiles() + mr - 1) / mr * mr * nr + 16;
            float[] o = Workspace.take(Purpose.TILES, (long) WinogradTiles.VALUES * products);
            for (int e = 0; e < WinogradTiles.VALUES; e++) {
                if (places.from(e) < places.to(e)) {
                    int first = places.from(e) / mr * mr;
                    int weight = uo + e * weightSlab;
                    int to = Workspace.START + e * products;
                    products(first, places.to(e), v, vo + e * order.slab(), u, weight, o, to);
                }
            }
            output(panel, places, r0, r1, o, products);
        }

        /** Products of one value with tiles {@code first .. end-1}; the output's transform would magnify what long chains lose, so blocks of channels are summed apart. */
        private void products(int first, int end, float[] v, int vo, float[] u, int uo, float[] o, int oo) {
            int mr = kernels.rows();
            int block = kernels.depthBlock();
            for (int k = 0; k < g.depth(); k += block) {
                float[] sums = k == 0 ? o : Workspace.take(Purpose.CHAIN, (end + mr) * (long) nr);
                int to = k == 0 ? oo : Workspace.START;
                int depth = Math.min(block, g.depth() - k);
                for (int t = first; t < end; t += mr) {
                    int height = end - t > 4 ? mr : 4;
                    int from = vo + t / mr * order.group() + k * mr;
                    kernels.multiplyRows(height, depth, v, from, u, uo + k * nr, sums, to + t * nr);
                }
                if (k > 0) {
                    Chains.add(sums, to + first * nr, o, oo + first * nr, (end - first) * nr);
                }
            }
        }

        /** Transforms products to pixels and writes these with the epilogue, image by image. */
        private void output(int panel, TileOrder places, int r0, int r1, float[] o, int products) {
            float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
            int[] at = Workspace.indices(16);
            int wide = g.tilesWide();
            for (int r = r0; r < r1; ) {
                int run = g.run(r, r1);
                int above = r % g.tilesHigh();
                int first = g.firstRow(above);
                int rows = g.rows(above, above + run);
                int pixels = rows * g.outWidth();
                float[] lines = Workspace.take(Purpose.ROWS, (long) (pixels + 1) * nr);
                for (int i = 0; i < run * wide; i++) {
                    int row = i / wide;
                    int column = i % wide;
                    pixels(g.firstRow(above + row) - first, g.rows(above + row, above + row + 1), column, pixels, at);
                    int from = Workspace.START + places.place(r + row, column) * nr;
                    kernels.transformOutput(o, from, products, lines, Workspace.START, at, scratch, Workspace.START);
                }
                int to = (r / g.tilesHigh() * g.outputs() + panel * nr) * g.outPlane() + first * g.outWidth();
                int m0 = panel * nr;
                int channels = Math.min(nr, g.outputs() - m0);
                planes.write(lines, Workspace.START, m0, channels, pixels, epilogue, y, yo, to, g.outPlane());
                r += run;
            }
        }

        /** Pixels of a tile among those of its run; what the tile has no pixel for goes to a place behind the last. */
        private void pixels(int top, int rows, int column, int nowhere, int[] at) {
            int left = g.firstColumn(column);
            int columns = g.columns(column);
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 4; j++) {
                    at[4 * i + j] = i < rows && j < columns ? (top + i) * g.outWidth() + left + j : nowhere;
                }
            }
        }
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Weight gradient of a 3x3 convolution by Winograd's F(3x3, 4x4): a tile of 6x6 inputs filtered with the 4x4 gradients of its outputs. Points and input
 * transform are those of {@link WinogradConvolution}, where the measurements stand too.
 *
 * <p>For each of the 36 values the product is [channels, tiles] with [tiles, outputs], a sum over all tiles of the batch. Order of sums: where weights are few, tiles are cut
 * into parts that depend on the shape alone, with sums of their own, added in order; otherwise all tiles are transformed once, and every block of channels and
 * panel of outputs sums them in one go and is transformed back while it lies in L2.
 */
final class WinogradWeightGradient {
    /** Tiles summed between two visits to the sums, and transformed by one thread at a time. */
    private static final int MAX_TILES = 96;

    private static final int MAX_PARTS = 8;

    /** Weights (pairs of channels) up to which the batch is cut into parts with sums of their own. */
    private static final int SMALL = 10_000;

    /** Floats of the transformed input and gradient of the whole batch, at most; beyond, the batch is cut if the parts' sums take less, or if one sum over it had too many terms. */
    private static final long MAX_TRANSFORMED = 1L << 23;

    /** Floats of a block of the transformed input that many panels of the gradient meet: half of an L2. */
    private static final int BLOCK = 250_000;

    private static final int REDUCED_CHANNELS = 32;

    private final ThreadPool pool;
    private final Tiles tiles;
    private final WinogradTiles kernels;
    private final WinogradInput input;

    WinogradWeightGradient(ThreadPool pool, Tiles tiles, WinogradTiles kernels) {
        this.pool = pool;
        this.tiles = tiles;
        this.kernels = kernels;
        input = new WinogradInput(kernels);
    }

    void run(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        Pass pass = new Pass(WinogradGrid.weightGradient(s), x, xo, dy, dyo, dw, dwo);
        long transformed = (long) pass.g.tiles() * WinogradTiles.VALUES * (s.inputs() + s.outputs());
        if (s.inputs() * (long) s.outputs() <= SMALL
                || (transformed > MAX_TRANSFORMED && (transformed > pass.summed() || pass.g.tiles() > Chains.PIXELS))) {
            pass.byParts();
        } else {
            pass.byBlocks();
        }
    }

    private final class Pass {
        final WinogradGrid g;
        final float[] x;
        final int xo;
        final float[] dy;
        final int dyo;
        final float[] dw;
        final int dwo;
        final int nr = kernels.columns();
        final int panels;
        /** Channels of a product tile. */
        final int height = Math.min(kernels.rows(), kernels.lanes());

        Pass(WinogradGrid g, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
            this.g = g;
            this.x = x;
            this.xo = xo;
            this.dy = dy;
            this.dyo = dyo;
            this.dw = dw;
            this.dwo = dwo;
            panels = (g.outputs() + nr - 1) / nr;
        }

        private int row(int part, int parts) {
            return (int) ((long) g.tileRows() * part / parts);
        }

        /** Floats between two of the 36 values of the sums of {@code channels} channels and a panel. */
        private int sumSlab(int channels) {
            return (channels + height - 1) / height * height * nr + 16;
        }

        private int parts() {
            return Math.min(g.tileRows(), MAX_PARTS);
        }

        /** Floats of the sums of all parts. */
        long summed() {
            return (long) parts() * panels * WinogradTiles.VALUES * sumSlab(g.depth());
        }

        /** Few weights: each part of the batch sums its tiles on its own, and the parts are added in order. */
        void byParts() {
            int parts = parts();
            int blockRows = Math.max(1, MAX_TILES / g.tilesWide());
            int slab = sumSlab(g.depth());
            int panelSize = WinogradTiles.VALUES * slab;
            float[] sums = Workspace.take(Purpose.PARTIAL, summed());
            pool.run(parts, part -> {
                int end = row(part + 1, parts);
                for (int r = row(part, parts); r < end; r += blockRows) {
                    int r1 = Math.min(end, r + blockRows);
                    addTiles(r, r1, sums, Workspace.START + part * panels * panelSize, slab, r > row(part, parts));
                }
            });
            int steps = (g.depth() + REDUCED_CHANNELS - 1) / REDUCED_CHANNELS;
            pool.run(panels * steps, i -> {
                int c0 = i % steps * REDUCED_CHANNELS;
                int c1 = Math.min(g.depth(), c0 + REDUCED_CHANNELS);
                int from = Workspace.START + i / steps * panelSize + c0 * nr;
                int length = (c1 - c0) * nr;
                float[] total = Workspace.take(Purpose.TILES, (long) WinogradTiles.VALUES * length);
                for (int e = 0; e < WinogradTiles.VALUES; e++) {
                    int to = Workspace.START + e * length;
                    System.arraycopy(sums, from + e * slab, total, to, length);
                    for (int p = 1; p < parts; p++) {
                        int next = from + e * slab + p * panels * panelSize;
                        tiles.store(sums, next, total, to, length, 1f);
                    }
                }
                write(i / steps, c0, c1, total, length);
            });
        }

        private void addTiles(int r0, int r1, float[] sums, int so, int sumSlab, boolean add) {
            TileOrder places = new TileOrder(g, r0, r1);
            int n = places.tiles();
            WinogradInput.Order order = input.forSumsOverTiles(n);
            float[] v = Workspace.take(Purpose.TRANSFORMED, input.size(order, n, g.depth()));
            input.image(places, x, xo, r0, r1, 0, g.depth(), order, v, Workspace.START);
            int slab = n * nr + 16;
            float[] y = Workspace.take(Purpose.GRADIENT, (long) WinogradTiles.VALUES * slab);
            for (int p = 0; p < panels; p++) {
                input.gradient(places, dy, dyo, r0, r1, p * nr, y, Workspace.START, slab);
                int to = so + p * WinogradTiles.VALUES * sumSlab;
                products(places, 0, g.depth(), v, order, y, Workspace.START, slab, sums, to, sumSlab, add);
            }
        }

        /** Adds the products of tiles to the sums of channels {@code c0 .. c1-1} with a panel. */
        private void products(
                TileOrder places,
                int c0,
                int c1,
                float[] v,
                WinogradInput.Order order,
                float[] y,
                int yo,
                int slab,
                float[] sums,
                int so,
                int sumSlab,
                boolean add) {
            int vl = kernels.lanes();
            for (int e = 0; e < WinogradTiles.VALUES; e++) {
                int first = places.from(e);
                int n = places.to(e) - first;
                for (int c = c0; c < c1; c += height) {
                    int from = Workspace.START + c / vl * order.next() + e * order.slab() + first * vl + c % vl;
                    int to = so + e * sumSlab + (c - c0) * nr;
                    tiles.multiplyColumns(height, n, v, from, y, yo + e * slab + first * nr, sums, to, add);
                }
            }
        }

        /** Many weights: all is transformed first, then each block of channels meets each panel, which sums all tiles. */
        void byBlocks() {
            TileOrder places = new TileOrder(g, 0, g.tileRows());
            int n = places.tiles();
            WinogradInput.Order order = input.forSumsOverTiles(n);
            float[] v = Workspace.take(Purpose.TRANSFORMED, input.size(order, n, g.depth()));
            int slab = n * nr + 16;
            float[] y = Workspace.take(Purpose.GRADIENT, (long) panels * WinogradTiles.VALUES * slab);
            int groups = (g.depth() + nr - 1) / nr;
            int parts = Math.min(g.tileRows(), (n + MAX_TILES - 1) / MAX_TILES);
            pool.run((groups + panels) * parts, i -> {
                int r0 = row(i % parts, parts);
                int r1 = row(i % parts + 1, parts);
                int c = i / parts;
                if (c < groups) {
                    int c1 = Math.min(g.depth(), (c + 1) * nr);
                    input.image(places, x, xo, r0, r1, c * nr, c1, order, v, Workspace.START);
                } else {
                    int p = c - groups;
                    int to = Workspace.START + p * WinogradTiles.VALUES * slab;
                    input.gradient(places, dy, dyo, r0, r1, p * nr, y, to, slab);
                }
            });
            int channels = Math.max(1, BLOCK / (n * WinogradTiles.VALUES * nr)) * nr;
            int blocks = (g.depth() + channels - 1) / channels;
            pool.run(blocks * panels, i -> {
                int c0 = i / panels * channels;
                int c1 = Math.min(g.depth(), c0 + channels);
                int p = i % panels;
                int sumSlab = sumSlab(channels);
                float[] sums = Workspace.take(Purpose.TILES, (long) WinogradTiles.VALUES * sumSlab);
                int from = Workspace.START + p * WinogradTiles.VALUES * slab;
                products(places, c0, c1, v, order, y, from, slab, sums, Workspace.START, sumSlab, false);
                write(p, c0, c1, sums, sumSlab);
            });
        }

        /** Turns the sums of channels {@code c0 .. c1-1} with a panel into gradients of its weights. */
        private void write(int panel, int c0, int c1, float[] sums, int slab) {
            float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
            int taps = (c1 - c0) * 9;
            float[] lines = Workspace.take(Purpose.ROWS, (long) taps * nr);
            kernels.transformWeightGradient(
                    sums, Workspace.START, slab, c1 - c0, lines, Workspace.START, scratch, Workspace.START);
            int m0 = panel * nr;
            int outputs = Math.min(nr, g.outputs() - m0);
            int to = dwo + (m0 * g.depth() + c0) * 9;
            kernels.scatter(lines, Workspace.START, outputs, taps, dw, to, g.depth() * 9);
        }
    }
}

package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * {@link WinogradConvolution} forward on channels in groups, with weights transformed beforehand: no turning from planes and back, and bias, residual and clamp are applied as
 * the output's transform stores its pixels. Tiles are of 4x4 pixels, or of 2x2 where the weights of the former would take longer to read than those of the latter to multiply.
 *
 * <p>One image of 7x7 with 512 channels (256 bits, one core, weights from memory): 38 MB of weights in 4 tiles took 3.05 ms, for 0.8 ms of multiplication; 17 MB in 16 tiles take 2.55. The first
 * tiles that use a block of weights wait for memory at 12 GB/s, whichever size they have; the others find it in L1.
 */
final class GroupedWinograd {
    /** Tiles of a chunk at most: their transformed input and output, 36 values each, then stay in L2. */
    private static final int MAX_TILES = 64;

    /** Transformed input of a chunk, in floats, at most. */
    private static final int MAX_INPUT = 36 * 64 * 96;

    private static final int MIN_CHUNKS = 8;

    /** Weights (pairs of channels) from which on each of the 36 values is taken by itself, */
    private static final int LARGE = 16_384;

    /** where there are no more tiles than this, so that a value's input stays in a near cache. */
    private static final int FEW_TILES = 160;

    /** Channels whose weights are transformed at a time. */
    private static final int WEIGHT_ROWS = 32;

    private final ThreadPool pool;
    private final GroupLoops loops;
    private final WinogradTiles kernels;
    private final SmallWinograd small;
    private final WinogradInput input;

    GroupedWinograd(ThreadPool pool, GroupLoops loops, WinogradTiles kernels) {
        this.pool = pool;
        this.loops = loops;
        this.kernels = kernels;
        small = kernels.small();
        input = new WinogradInput(kernels);
    }

    /** Floats between two of the 36 values of a panel of weights; no multiple of a power of two, or they meet in one set of L1. */
    private int weightSlab(int depth) {
        return depth * kernels.columns() + 16;
    }

    /** Transforms weights [outputs, inputs, 3, 3] for tiles of one size. */
    float[] transform(int tile, int outputs, int inputs, float[] w, int wo) {
        int nr = kernels.columns();
        int slab = weightSlab(inputs);
        int values = (tile + 2) * (tile + 2);
        int panels = outputs / nr;
        int steps = (inputs + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
        float[] u = new float[Workspace.START + Math.multiplyExact(panels * values, slab)];
        pool.run(panels * steps, i -> {
            int panel = i / steps;
            int k0 = i % steps * WEIGHT_ROWS;
            int count = Math.min(inputs - k0, WEIGHT_ROWS);
            float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
            float[] taps = Workspace.take(Purpose.PANELS, (long) WEIGHT_ROWS * 9 * nr);
            int from = wo + (panel * nr * inputs + k0) * 9;
            kernels.gather(w, from, inputs * 9, nr, 1, count * 9, taps, Workspace.START, 0);
            int to = Workspace.START + panel * values * slab + k0 * nr;
            if (tile == WinogradGrid.SMALL) {
                small.transformWeights(taps, Workspace.START, count, u, to, slab, scratch, Workspace.START);
            } else {
                kernels.transformWeights(taps, Workspace.START, count, false, u, to, slab, scratch, Workspace.START);
            }
        });
        return u;
    }

    /** Runs a convolution that {@link WinogradGrid#fits}, with weights transformed for tiles of the same size. */
    void run(ConvShape s, int tile, float[] x, int xo, float[] u, GroupedDirect.Finish finish, float[] y, int yo) {
        Pass pass = new Pass(WinogradGrid.forward(s, tile), x, xo, u, finish, y, yo);
        if (pass.byValues) {
            pass.byValues();
        } else {
            pass.byTiles();
        }
    }

    private final class Pass {
        final WinogradGrid g;
        final float[] x;
        final int xo;
        final float[] u;
        final GroupedDirect.Finish finish;
        final float[] y;
        final int yo;
        final int nr = kernels.columns();
        final int values;
        final int panels;
        final int weightSlab;
        final boolean byValues;
        final int chunks;
        final int maxTiles;
        final WinogradInput.Order order;

        Pass(WinogradGrid g, float[] x, int xo, float[] u, GroupedDirect.Finish finish, float[] y, int yo) {
            this.g = g;
            this.x = x;
            this.xo = xo;
            this.u = u;
            this.finish = finish;
            this.y = y;
            this.yo = yo;
            values = g.values();
            panels = g.outputs() / nr;
            weightSlab = weightSlab(g.depth());
            byValues = g.depth() * (long) g.outputs() >= LARGE && g.tiles() <= FEW_TILES;
            int most = byValues ? MAX_TILES : Math.max(8, Math.min(MAX_TILES, MAX_INPUT / (36 * g.depth())));
            int rows = Math.max(1, most / g.tilesWide());
            int parts = (g.tileRows() + rows - 1) / rows;
            chunks = byValues ? parts : Math.min(g.tileRows(), Math.max(MIN_CHUNKS, parts));
            maxTiles = (g.tileRows() + chunks - 1) / chunks * g.tilesWide();
            order = loops.distance() > 0
                    ? input.forPackedProducts(g.depth(), maxTiles, values, loops)
                    : input.forSumsOverChannels(g.depth(), values);
        }

        private int row(int chunk) {
            return (int) ((long) g.tileRows() * chunk / chunks);
        }

        /** Each chunk of tiles goes from input to output. */
        void byTiles() {
            pool.run(chunks, chunk -> {
                float[] v = Workspace.take(Purpose.TRANSFORMED, input.size(order, maxTiles, g.depth()));
                int r0 = row(chunk);
                int r1 = row(chunk + 1);
                TileOrder places = new TileOrder(g, r0, r1);
                input.groups(places, x, xo, r0, r1, 0, g.depth(), order, v, Workspace.START);
                for (int p = 0; p < panels; p++) {
                    panel(p, places, r0, r1, v, Workspace.START);
                }
            });
        }

        /**
         * Many weights, few tiles: the products of one of the 36 values need a 36th of the input, which stays in L2 while each of the value's weights is read once. Going
         * through the panels instead, all of the input is read again for each: from L3 where there are 128 tiles of 256 channels.
         */
        void byValues() {
            int steps = g.depth() / nr;
            int size = input.size(order, maxTiles, g.depth());
            float[] v = Workspace.take(Purpose.TRANSFORMED, (long) chunks * size);
            TileOrder[] places = new TileOrder[chunks];
            Arrays.setAll(places, i -> new TileOrder(g, row(i), row(i + 1)));
            pool.run(chunks * steps, i -> {
                int chunk = i / steps;
                int c0 = i % steps * nr;
                int to = Workspace.START + chunk * size;
                input.groups(places[chunk], x, xo, row(chunk), row(chunk + 1), c0, c0 + nr, order, v, to);
            });
            int slab = productSlab(maxTiles);
            int part = values * slab;
            float[] o = Workspace.take(Purpose.GRADIENT, (long) chunks * panels * part);
            pool.run(values, e -> {
                for (int p = 0; p < panels; p++) {
                    for (int i = 0; i < chunks; i++) {
                        int to = Workspace.START + (p * chunks + i) * part + e * slab;
                        products(p, e, places[i], v, Workspace.START + i * size, o, to);
                    }
                }
            });
            pool.run(panels * chunks, i -> {
                int chunk = i % chunks;
                int from = Workspace.START + i * part;
                output(i / chunks, places[chunk], row(chunk), row(chunk + 1), o, from, slab);
            });
        }

        private int productSlab(int tiles) {
            int mr = order.tiles();
            return (tiles + mr - 1) / mr * mr * nr + 16;
        }

        /** Output of a panel of channels for the rows of tiles {@code r0 .. r1-1}, whose transformed input is at {@code vo}. */
        private void panel(int panel, TileOrder places, int r0, int r1, float[] v, int vo) {
            int slab = productSlab(places.tiles());
            float[] o = Workspace.take(Purpose.TILES, (long) values * slab);
            for (int e = 0; e < values; e++) {
                products(panel, e, places, v, vo, o, Workspace.START + e * slab);
            }
            output(panel, places, r0, r1, o, Workspace.START, slab);
        }

        /** Products of value {@code e} for the tiles that need it and a panel of channels. */
        private void products(int panel, int e, TileOrder places, float[] v, int vo, float[] o, int oo) {
            int mr = loops.distance() > 0 ? loops.packedHeight() : kernels.rows();
            int block = loops.distance() > 0 ? order.channels() : kernels.depthBlock();
            int end = places.to(e);
            if (places.from(e) == end) {
                return;
            }
            int first = places.from(e) / mr * mr;
            for (int k = 0; k < g.depth(); k += block) {
                int depth = Math.min(block, g.depth() - k);
                int weight = Workspace.START + (panel * values + e) * weightSlab + k * nr;
                float[] sums = k == 0 ? o : Workspace.take(Purpose.CHAIN, (end + mr) * (long) nr);
                int to = k == 0 ? oo : Workspace.START;
                if (loops.distance() > 0) {
                    int at = vo + input.channel(order, k) + e * order.slab();
                    packedProducts(first, end, depth, v, at, weight, sums, to);
                } else {
                    for (int t = first; t < end; t += mr) {
                        int height = end - t > 4 ? mr : 4;
                        int from = vo + t / mr * order.group() + e * order.slab() + k * mr;
                        kernels.multiplyRows(height, depth, v, from, u, weight, sums, to + t * nr);
                    }
                }
                if (k > 0) {
                    Chains.add(sums, to + first * nr, o, oo + first * nr, (end - first) * nr);
                }
            }
        }

        /** With the kernels for 16 registers. */
        private void packedProducts(int first, int end, int depth, float[] v, int vo, int weight, float[] c, int co) {
            int mr = loops.packedHeight();
            for (int t = first; t < end; t += mr) {
                int height = end - t > 4 ? mr : 4;
                int from = vo + order.tile(t);
                int to = co + t * nr;
                loops.multiplyPacked(height, depth, v, from, u, weight, ChannelSums.ZEROS, Workspace.START, c, to);
            }
        }

        /** Transforms products to pixels and writes these. */
        private void output(int panel, TileOrder places, int r0, int r1, float[] o, int oo, int slab) {
            float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
            int wide = g.tilesWide();
            for (int i = 0; i < places.tiles(); i++) {
                int r = r0 + i / wide;
                int column = i % wide;
                int above = r % g.tilesHigh();
                int rows = g.rows(above, above + 1);
                int columns = g.columns(column);
                int image = r / g.tilesHigh() * panels + panel;
                int at = ((image * g.outHeight() + g.firstRow(above)) * g.outWidth() + g.firstColumn(column)) * nr;
                int from = oo + places.place(r, column) * nr;
                if (g.tile() == WinogradGrid.SMALL) {
                    smallOutput(panel, o, from, slab, rows, columns, at);
                    continue;
                }
                loops.winogradOutput(
                        o,
                        from,
                        slab,
                        rows,
                        columns,
                        g.outWidth(),
                        finish.bias(),
                        panel * nr,
                        finish.residual(),
                        finish.residualOffset() + at,
                        finish.low(),
                        finish.high(),
                        y,
                        yo + at,
                        scratch,
                        Workspace.START);
            }
        }

        /** The pixels of a tile of 2x2, or of as many rows and columns as it has. */
        private void smallOutput(int panel, float[] o, int oo, int slab, int rows, int columns, int at) {
            int so = Workspace.START + SmallWinograd.PIXELS * nr;
            float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
            small.transformOutput(o, oo, slab, scratch, Workspace.START, scratch, so);
            for (int i = 0; i < rows; i++) {
                int to = at + i * g.outWidth() * nr;
                finish.apply(loops, scratch, Workspace.START + 2 * i * nr, columns, panel * nr, to, y, yo + to);
            }
        }
    }
}

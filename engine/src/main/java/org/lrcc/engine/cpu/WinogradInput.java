package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Brings an image, or the gradient of an output, into the Winograd domain.
 *
 * <p>For a group of channels the rows of pixels that a run of tiles needs are first turned to channels-last, with their border of zeros, in a buffer of L1 or L2;
 * then each tile is transformed with vectors along channels. So every tile is an inner one, whatever the padding.
 */
final class WinogradInput {
    private final WinogradTiles kernels;
    private final SmallWinograd small;

    WinogradInput(WinogradTiles kernels) {
        this.kernels = kernels;
        small = kernels.small();
    }

    /**
     * Where the transform of a vector of channels goes: value e at {@code e * slab} from where {@link #tile} and {@link #channel} say together, the group's second vector {@code next} farther.
     *
     * @param tiles in a group
     * @param apart floats between the tiles of a group
     * @param beside groups of tiles that share one place: their channels lie side by side
     * @param group floats between such places
     * @param channels of a block
     * @param block floats between blocks of channels
     */
    record Order(int slab, int next, int tiles, int apart, int beside, int group, int channels, int block) {
        /** Where tile {@code t} begins. */
        int tile(int t) {
            int i = t / tiles;
            return i / beside * group + i % beside * channels + t % tiles * apart;
        }
    }

    /** Where channel {@code c}, a multiple of the columns, begins in a tile. */
    int channel(Order order, int c) {
        return c / order.channels() * order.block() + c % order.channels() / kernels.lanes() * order.next();
    }

    private Order order(int slab, int next, int tiles, int group) {
        return new Order(slab, next, tiles, kernels.lanes(), 1, group, Integer.MAX_VALUE, 0);
    }

    /** The order of {@link WinogradTiles#multiplyRows}: {@code [tile / rows][value][vector][tile % rows][lane]}. */
    Order forSumsOverChannels(int depth, int values) {
        int mr = kernels.rows();
        // Not a multiple of a power of two: the 36 values must not meet in one set of L1.
        int slab = vectors(depth) * mr * kernels.lanes() + 16;
        return order(slab, mr * kernels.lanes(), mr, values * slab);
    }

    /**
     * The order of {@link GroupLoops#multiplyPacked}: {@code [block of channels][value][tile][channel]} with tiles {@link GroupLoops#distance()} apart, of which as many groups lie side by
     * side as there is room for.
     */
    Order forPackedProducts(int depth, int tiles, int values, GroupLoops loops) {
        int nr = kernels.columns();
        int blocks = (depth + loops.distance() - 1) / loops.distance();
        int channels = ((depth + blocks - 1) / blocks + nr - 1) / nr * nr;
        int beside = loops.distance() / channels;
        int mr = loops.packedHeight();
        int group = mr * loops.distance();
        int slab = (tiles + mr * beside - 1) / (mr * beside) * group + 16;
        return new Order(slab, kernels.lanes(), mr, loops.distance(), beside, group, channels, values * slab);
    }

    /** The order of {@link Tiles#multiplyColumns} for {@code tiles} tiles: {@code [vector][value][tile][lane]}. */
    Order forSumsOverTiles(int tiles) {
        int slab = tiles * kernels.lanes() + 16;
        return order(slab, WinogradTiles.VALUES * slab, Integer.MAX_VALUE, 0);
    }

    private int vectors(int depth) {
        return (depth + kernels.columns() - 1) / kernels.columns() * 2;
    }

    /** Floats for {@code tiles} tiles of {@code depth} channels. */
    int size(Order order, int tiles, int depth) {
        if (order.block() > 0) {
            return (depth + order.channels() - 1) / order.channels() * order.block();
        }
        if (order.group() > 0) {
            return (tiles + order.tiles() - 1) / order.tiles() * order.group();
        }
        return vectors(depth) * order.next();
    }

    /**
     * Transforms channels {@code c0 .. c1-1} of the rows of tiles {@code row .. end-1}, to their places from {@code vo} on.
     *
     * @param places of these rows, and perhaps of more
     * @param c0 a multiple of the kernels' columns
     */
    void image(TileOrder places, float[] x, int xo, int row, int end, int c0, int c1, Order order, float[] v, int vo) {
        WinogradGrid g = places.grid();
        int nr = kernels.columns();
        int pixels = 4 * g.tilesWide() + 2;
        for (int r = row; r < end; ) {
            int run = g.run(r, end);
            int first = g.firstRow(r % g.tilesHigh()) - g.top();
            int rows = 4 * run + 2;
            float[] band = Workspace.take(Purpose.PADDED, (long) rows * pixels * nr);
            border(band, rows, pixels, first, g.height(), g.left(), g.width());
            int h0 = Math.max(0, first);
            int h1 = Math.max(h0, Math.min(g.height(), first + rows));
            int to = Workspace.START + ((h0 - first) * pixels + g.left()) * nr;
            for (int c = c0; c < c1; c += nr) {
                int from = xo + (r / g.tilesHigh() * g.depth() + c) * g.plane() + h0 * g.width();
                kernels.gather(x, from, g.plane(), Math.min(nr, c1 - c), h1 - h0, g.width(), band, to, pixels);
                tiles(places, band, r, run, order, v, vo + channel(order, c));
            }
            r += run;
        }
    }

    /** As {@link #image} for an image whose channels are in groups. */
    void groups(TileOrder places, float[] x, int xo, int row, int end, int c0, int c1, Order order, float[] v, int vo) {
        WinogradGrid g = places.grid();
        int nr = kernels.columns();
        int pixels = g.tile() * g.tilesWide() + 2;
        int line = g.width() * nr;
        for (int r = row; r < end; ) {
            int run = g.run(r, end);
            int first = g.firstRow(r % g.tilesHigh()) - g.top();
            int rows = g.tile() * run + 2;
            float[] band = Workspace.take(Purpose.PADDED, (long) rows * pixels * nr);
            border(band, rows, pixels, first, g.height(), g.left(), g.width());
            int h0 = Math.max(0, first);
            int h1 = Math.max(h0, Math.min(g.height(), first + rows));
            for (int c = c0; c < c1; c += nr) {
                int from = xo + (r / g.tilesHigh() * g.depth() + c) * g.plane();
                for (int h = h0; h < h1; h++) {
                    int to = Workspace.START + ((h - first) * pixels + g.left()) * nr;
                    System.arraycopy(x, from + h * line, band, to, line);
                }
                tiles(places, band, r, run, order, v, vo + channel(order, c));
            }
            r += run;
        }
    }

    /** Transforms {@code high} rows of tiles of an image from row {@code r} of the batch on. */
    private void tiles(TileOrder places, float[] band, int r, int high, Order order, float[] v, int vo) {
        WinogradGrid g = places.grid();
        for (int h = r; h < r + high; ) {
            int rows = places.together(h, r + high);
            run(places, band, r, h, rows, 0, g.fullWide(), order, v, vo);
            run(places, band, r, h, rows, g.fullWide(), g.tilesWide(), order, v, vo);
            h += rows;
        }
    }

    /** Transforms tiles {@code left .. right-1} of {@code rows} rows, which lie one behind the other, of a band that begins with row {@code r}. */
    private void run(
            TileOrder places,
            float[] band,
            int r,
            int row,
            int rows,
            int left,
            int right,
            Order order,
            float[] v,
            int vo) {
        WinogradGrid g = places.grid();
        float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
        int[] at = Workspace.indices(WinogradTiles.BATCH);
        int pixels = g.tile() * g.tilesWide() + 2;
        int begin = right > left ? places.place(row, left) : 0;
        int end = begin + rows * (right - left);
        for (int t = begin; t < end; ) {
            int n = Math.min(end - t, Math.min(WinogradTiles.BATCH, order.tiles() - t % order.tiles()));
            pixels(g, t - begin, n, r, row, left, right, pixels, at);
            int to = vo + order.tile(t);
            int so = Workspace.START;
            if (g.tile() == WinogradGrid.SMALL) {
                small.transformInput(
                        band, at, n, pixels, v, to, order.apart(), order.next(), order.slab(), scratch, so);
            } else {
                kernels.transformInput(
                        band, at, n, pixels, v, to, order.apart(), order.next(), order.slab(), scratch, so);
            }
            t += n;
        }
    }

    /** First pixels, in a band that begins with row {@code r}, of {@code n} tiles from the {@code k}-th on of columns {@code left .. right-1} of the rows from {@code row} on. */
    private void pixels(WinogradGrid g, int k, int n, int r, int row, int left, int right, int pixels, int[] at) {
        int image = r - r % g.tilesHigh();
        int wide = right - left;
        for (int i = 0; i < n; i++) {
            int down = g.firstRow(row - image + (k + i) / wide) - g.firstRow(r - image);
            at[i] = Workspace.START + (down * pixels + g.firstColumn(left + (k + i) % wide)) * kernels.columns();
        }
    }

    /**
     * Transforms up to one group of channels of an output's gradient as right operand: value e of a tile is the row {@code [columns]} at
     * {@code yo + e*slab + place*columns}.
     */
    void gradient(TileOrder places, float[] dy, int dyo, int row, int end, int m0, float[] y, int yo, int slab) {
        WinogradGrid g = places.grid();
        int nr = kernels.columns();
        int pixels = 4 * g.tilesWide();
        for (int r = row; r < end; ) {
            int run = g.run(r, end);
            int first = g.firstRow(r % g.tilesHigh());
            int rows = 4 * run;
            int h1 = Math.min(g.outHeight(), first + rows);
            float[] band = Workspace.take(Purpose.PADDED, (long) rows * pixels * nr);
            border(band, rows, pixels, first, g.outHeight(), 0, g.outWidth());
            int from = dyo + (r / g.tilesHigh() * g.outputs() + m0) * g.outPlane() + first * g.outWidth();
            int channels = Math.min(nr, g.outputs() - m0);
            kernels.gather(dy, from, g.outPlane(), channels, h1 - first, g.outWidth(), band, Workspace.START, pixels);
            for (int h = r; h < r + run; ) {
                int together = places.together(h, r + run);
                gradientRun(places, band, r, h, together, 0, g.fullWide(), y, yo, slab);
                gradientRun(places, band, r, h, together, g.fullWide(), g.tilesWide(), y, yo, slab);
                h += together;
            }
            r += run;
        }
    }

    /** As {@link #run} for a gradient's tiles. */
    private void gradientRun(
            TileOrder places,
            float[] band,
            int r,
            int row,
            int rows,
            int left,
            int right,
            float[] y,
            int yo,
            int slab) {
        WinogradGrid g = places.grid();
        float[] scratch = Workspace.take(Purpose.SMALL, kernels.scratch());
        int[] at = Workspace.indices(WinogradTiles.BATCH);
        int nr = kernels.columns();
        int pixels = 4 * g.tilesWide();
        int tiles = rows * (right - left);
        int to = right > left ? yo + places.place(row, left) * nr : 0;
        for (int t = 0; t < tiles; t += WinogradTiles.BATCH) {
            int n = Math.min(WinogradTiles.BATCH, tiles - t);
            pixels(g, t, n, r, row, left, right, pixels, at);
            kernels.transformGradient(band, at, n, pixels, y, to + t * nr, slab, scratch, Workspace.START);
        }
    }

    /** Zeros whatever is not a pixel of the image in rows {@code first .. first+rows-1} of it. */
    private void border(float[] band, int rows, int pixels, int first, int height, int left, int width) {
        int nr = kernels.columns();
        for (int i = 0; i < rows; i++) {
            int to = Workspace.START + i * pixels * nr;
            if (first + i < 0 || first + i >= height) {
                Arrays.fill(band, to, to + pixels * nr, 0f);
            } else {
                Arrays.fill(band, to, to + left * nr, 0f);
                Arrays.fill(band, to + (left + width) * nr, to + pixels * nr, 0f);
            }
        }
    }
}

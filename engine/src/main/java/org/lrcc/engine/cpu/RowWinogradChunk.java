package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * A few rows of an image in {@link RowWinogradFactors}.
 *
 * <p>No product is one vector wide: such loops reach two fifths of what two vectors reach. Where a block has one slice of ranks, Z is multiplied with tiles in the lanes and turned, and dV takes a
 * channel's three kernel rows together, as three slices: the same slice of G, moved by a row of tiles each. Rows of X that two chunks of a part share meet all their rows of G in the second one, which has kept the
 * first one's last rows of G; only where a part or an image begins or ends are there zeros.
 */
final class RowWinogradChunk {
    private static final int TILE = RankTiles.TILE;
    private static final int VALUES = RankTiles.VALUES;

    /** Rows of X that a chunk shares with the next. */
    private static final int BORDER = 2;

    private final RankLayout l;
    private final ConvShape s;
    private final RankTiles tiles;
    private final Operands in;
    private final float[] left;
    private final int image;
    /** First row, rows of the output and of the input. */
    private final int h;

    private final int rows;
    private final int inputRows;
    private final int pixels;
    /** Tiles. */
    private final int n;

    /** Where D begins. */
    private final int d;
    /** Where each of D's rows begins, then each of X's in the current block, then each of its channels. */
    private final int[] offsets;

    private final int pairOffsets;
    private final int channelOffsets;
    private final float[] x;
    private final float[] tile;
    /** G, then Z, then what is transformed of them, then Z's transformed tiles before they are turned. */
    private final float[] work;

    private final int z;
    private final int gradients;
    private final int products;
    private final int unturned;
    /** Where the last rows of each block's transformed G of the chunk before lie. */
    private final int carried;

    /** Floats of a row of transformed G. */
    private final int move;

    RowWinogradChunk(RankLayout l, RankTiles tiles, Operands in, float[] left, int chunk) {
        this.l = l;
        this.s = l.s;
        this.tiles = tiles;
        this.in = in;
        this.left = left;
        image = chunk / l.chunksPerImage;
        int part = chunk % l.chunksPerImage;
        h = part * s.outHeight() / l.chunksPerImage;
        rows = (part + 1) * s.outHeight() / l.chunksPerImage - h;
        inputRows = rows + s.kernelH() - 1;
        pixels = rows * s.outWidth();
        n = rows * l.wide;
        d = in.dyo() + image * l.outputs * s.outPlane() + h * s.outWidth();
        pairOffsets = l.outputRows;
        channelOffsets = pairOffsets + l.pairRows;
        offsets = Workspace.indices(channelOffsets + l.channelRows);
        for (int m = 0; m < l.outputRows; m++) {
            offsets[m] = Math.min(m, l.outputs - 1) * s.outPlane();
        }
        x = Workspace.take(Purpose.ROWS, VALUES * (long) l.slab);
        tile = Workspace.take(Purpose.TILES, RankTiles.TILE_VECTORS * l.lanes);
        z = l.allSlices * l.pixelSlice;
        gradients = 2 * z;
        products = gradients + VALUES * l.slices * l.gradientSlice;
        unturned = products + VALUES * l.slices * l.tileSlice;
        carried = unturned + TILE * l.slices * l.tileSlice;
        move = l.wide * l.lanes;
        long carry = l.single() ? (long) l.blocks * VALUES * BORDER * move : 0;
        work = Workspace.take(Purpose.TRANSFORMED, carried + carry);
    }

    /**
     * Adds the chunk's sums.
     *
     * @param begins whether the part or the image begins with this chunk; if not, the chunk before was the last one that this thread added
     * @param ends whether one of them ends with it
     */
    void add(float[] sum, int to, boolean add, boolean begins, boolean ends) {
        if (l.wantsV) {
            multiplyU();
        }
        RowWinogradInput input = new RowWinogradInput(l, tiles, in, image, h - s.top(), inputRows, x);
        for (int b = 0; b < l.blocks; b++) {
            input.transform(b);
            setOffsets(b);
            if (l.wantsU) {
                multiplyV(b);
            }
            if (l.wantsV) {
                transformG(b);
                if (l.single()) {
                    joinG(b, begins, ends);
                    addChannels(b, ends ? n + BORDER * l.wide : n, sum, to + l.sumsV, add);
                } else {
                    addPairs(sum, to + l.sumsV, add || b > 0);
                }
            }
        }
        if (l.wantsU) {
            addRows(pixels, in.dy(), d, 0, l.outputs, l.outputRows, z, l.pixelSlice, l.allSlices, sum, to, add);
        }
    }

    /** Slices that the next product takes of those that are left: one, or as many that no single one remains. */
    private static int take(int left) {
        return left > 1 && left % 2 == 1 ? 3 : Math.min(2, left);
    }

    private void setOffsets(int block) {
        int first = l.firstChannel(block);
        for (int i = 0; i < l.pairRows; i++) {
            int pair = block * l.pairs + Math.min(i, l.pairs - 1);
            offsets[pairOffsets + i] = (pair / s.kernelH() - first) * l.strip + pair % s.kernelH() * l.wide;
        }
        int last = l.lastChannel(block) - first;
        for (int i = 0; i < l.channelRows; i++) {
            offsets[channelOffsets + i] = Math.min(i, last) * l.strip;
        }
    }

    /** G, in which each row of pixels begins with a tile. */
    private void multiplyU() {
        for (int q = 0; q < l.allSlices; ) {
            int slices = take(l.allSlices - q);
            int u = q * l.outputs * l.lanes;
            int to = q * l.pixelSlice;
            q += slices;
            // One slice alone is computed twice.
            int many = Math.max(2, slices);
            int uNext = slices == 1 ? 0 : l.outputs * l.lanes;
            int toNext = slices == 1 ? 0 : l.pixelSlice;
            for (int p = 0; p < pixels; p += RankTiles.rows(many)) {
                int i = Math.min(p, pixels - RankTiles.rows(many));
                int c = to + i * l.lanes;
                tiles.columns(many, l.outputs, in.dy(), d + i, offsets, 0, left, u, uNext, work, c, toNext);
            }
        }
        int filled = s.outWidth() * l.lanes;
        int row = l.wide * TILE * l.lanes;
        for (int q = 0; filled < row && q < l.allSlices; q++) {
            for (int i = rows - 1; i >= 0; i--) {
                int to = q * l.pixelSlice + i * row;
                System.arraycopy(work, q * l.pixelSlice + i * filled, work, to, filled);
                Arrays.fill(work, to + filled, to + row, 0f);
            }
        }
    }

    private void transformG(int block) {
        int margin = BORDER * move;
        for (int q = 0; q < l.slices; q++) {
            int from = (block * l.slices + q) * l.pixelSlice;
            int to = gradients + q * l.gradientSlice + margin;
            tiles.transformGradient(work, from, n, work, to, l.slices * l.gradientSlice);
        }
    }

    /** Sets the rows before and behind a block's transformed G: zeros, or the last rows of the chunk before, which meet the first rows of this one's X. */
    private void joinG(int block, boolean begins, boolean ends) {
        int margin = BORDER * move;
        for (int e = 0; e < VALUES; e++) {
            int g = gradients + e * l.gradientSlice;
            int carry = carried + (block * VALUES + e) * margin;
            if (begins) {
                Arrays.fill(work, g, g + margin, 0f);
            } else {
                System.arraycopy(work, carry, work, g, margin);
            }
            if (ends) {
                Arrays.fill(work, g + margin + rows * move, g + 2 * margin + rows * move, 0f);
            } else {
                System.arraycopy(work, g + rows * move, work, carry, margin);
            }
        }
    }

    /** The block's slices of Z, rows of pixels one behind the other. */
    private void multiplyV(int block) {
        int to = z + block * l.slices * l.pixelSlice;
        if (l.single()) {
            multiplySingle(to);
        } else {
            multiplySlices(to);
        }
        int filled = s.outWidth() * l.lanes;
        int row = l.wide * TILE * l.lanes;
        for (int q = 0; filled < row && q < l.slices; q++) {
            for (int i = 1; i < rows; i++) {
                int at = to + q * l.pixelSlice;
                System.arraycopy(work, at + i * row, work, at + i * filled, filled);
            }
        }
    }

    private void multiplySlices(int to) {
        int next = l.pairs * l.lanes;
        for (int e = 0; e < VALUES; e++) {
            for (int q = 0; q < l.slices; ) {
                int slices = take(l.slices - q);
                int v = l.leftV + (e * l.slices + q) * next;
                int c = products + (e * l.slices + q) * l.tileSlice;
                for (int t = 0; t < n; t += RankTiles.rows(slices)) {
                    int at = e * l.slab + t;
                    int ct = c + t * l.lanes;
                    tiles.columns(slices, l.pairs, x, at, offsets, pairOffsets, left, v, next, work, ct, l.tileSlice);
                }
                q += slices;
            }
        }
        for (int q = 0; q < l.slices; q++) {
            int from = products + q * l.tileSlice;
            int at = to + q * l.pixelSlice;
            tiles.transformOutput(work, from, l.slices * l.tileSlice, n, l.lanes, work, at, l.lanes, TILE * l.lanes);
        }
    }

    /** With tiles in the lanes: values as {@code [value][rank][tile]}, then pixels as {@code [column of a tile][rank][tile]}. */
    private void multiplySingle(int to) {
        int row = l.tileSlice / l.lanes;
        int groups = (l.rank + 3) / 4;
        for (int e = 0; e < VALUES; e++) {
            for (int t = 0; t < n; t += 2 * l.lanes) {
                for (int g = 0; g < groups; g++) {
                    int v = l.leftV + (e * l.lanes + g * 4) * l.pairs;
                    int c = products + e * l.tileSlice + g * 4 * row + t;
                    tiles.spread(l.pairs, left, v, x, e * l.slab + t, offsets, pairOffsets, work, c, row);
                }
            }
        }
        int vectors = (n + l.lanes - 1) / l.lanes;
        for (int r = 0; r < 4 * groups; r++) {
            int from = products + r * row;
            tiles.transformOutput(
                    work, from, l.tileSlice, vectors, l.lanes, work, unturned + r * row, l.tileSlice, l.lanes);
        }
        if (4 * groups < l.lanes) {
            for (int i = 0; i < TILE; i++) {
                int from = unturned + i * l.tileSlice;
                Arrays.fill(work, from + 4 * groups * row, from + l.tileSlice, 0f);
            }
        }
        for (int i = 0; i < TILE; i++) {
            tiles.turn(work, unturned + i * l.tileSlice, row, n, work, to + i * l.lanes, TILE * l.lanes);
        }
    }

    /** Adds {@code X G^T} of a block of several slices. */
    private void addPairs(float[] sum, int to, boolean add) {
        int margin = BORDER * move;
        for (int e = 0; e < VALUES; e++) {
            int g = gradients + e * l.slices * l.gradientSlice + margin;
            int at = e * l.slab;
            int c = to + e * l.valueV;
            addRows(n, x, at, pairOffsets, l.pairs, l.pairRows, g, l.gradientSlice, l.slices, sum, c, add);
        }
    }

    /** Adds {@code X G^T} of a block of one slice, the first {@code depth} tiles of X. */
    private void addChannels(int block, int depth, float[] sum, int to, boolean add) {
        int channels = l.lastChannel(block) - l.firstChannel(block) + 1;
        for (int e = 0; e < VALUES; e++) {
            int g = gradients + e * l.gradientSlice + 2 * move;
            for (int c = 0; c < channels; c += 3) {
                tiles.rows(3, depth, x, e * l.slab, offsets, channelOffsets + c, work, g, -move, tile);
                for (int k = 0; k < 3; k++) {
                    int row = (block * 3 + k) * l.channelRows + c;
                    int at = to + e * l.valueV + row * l.lanes;
                    tiles.put(tile, 3 * k * l.lanes, 3, sum, at, add);
                }
            }
        }
    }

    /** Adds products of {@code count} rows of {@code a}, whose places are {@code offsets[k ..]}, and slices of {@code work} at {@code b}, to sums with room for {@code room} rows. */
    private void addRows(
            int depth,
            float[] a,
            int ao,
            int k,
            int count,
            int room,
            int b,
            int bNext,
            int all,
            float[] sum,
            int to,
            boolean add) {
        for (int q = 0; q < all; ) {
            int slices = take(all - q);
            int many = Math.max(2, slices);
            int step = RankTiles.rows(many);
            for (int i = 0; i < count; i += step) {
                int next = slices == 1 ? 0 : bNext;
                tiles.rows(many, depth, a, ao, offsets, k + i, work, b + q * bNext, next, tile);
                for (int j = 0; j < slices; j++) {
                    int c = to + ((q + j) * room + i) * l.lanes;
                    tiles.put(tile, j * step * l.lanes, step, sum, c, add);
                }
            }
            q += slices;
        }
    }
}

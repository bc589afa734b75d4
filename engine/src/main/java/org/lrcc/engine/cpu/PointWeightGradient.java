package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Weight gradient of a strided convolution with kernels of one tap and no more inputs than outputs.
 *
 * <p>{@link WeightGradient} turns the output's gradient, copies the pixels that are read and writes its tiles transposed. Here the pixels that are read, the smaller operand, are turned as they are
 * picked; rows of the output's gradient are multiplied where they lie, or, where images are small, copied side by side; and rows of tiles are rows of the result.
 *
 * <p>Order of sums: pixels in chunks of fixed bounds. Each piece of work sums all pixels for a range of outputs; where these are few, the batch is cut into parts, which are added in order.
 */
final class PointWeightGradient {
    /** Pixels summed between two visits to the result's tiles: a panel of them takes a third of L1. */
    private static final int MAX_PIXELS = 200;

    /** Pixels an image must have for its rows to be multiplied where they lie. */
    private static final int MIN_PIXELS = 100;

    /** Outputs of a piece of work at least, which share each panel; and pieces there should be. */
    private static final int MIN_OUTPUTS = 32;

    private static final int PIECES = 8;

    private final ThreadPool pool;
    private final Tiles tiles;

    PointWeightGradient(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    /** Whether it computes a shape; at widths other than 256 bits it was not measured. */
    static boolean fits(ConvShape s, int lanes) {
        return lanes == 8
                && s.kernel() == 1
                && s.strideH() * s.strideW() > 1
                && s.groups() == 1
                && !s.isPadded()
                && s.inputs() <= s.outputs();
    }

    void run(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        new Product(s, dy, dyo).run(x, xo, dw, dwo);
    }

    private final class Product {
        final ConvShape s;
        final float[] dy;
        final int dyo;
        final int mr = tiles.rows();
        final int nr = tiles.columns();
        final int panels;
        /** Whether a chunk is some rows of an image, or else some images. */
        final boolean inPlace;

        final int perChunk;
        final int chunksPerImage;
        final int chunks;
        /** Floats of a chunk's panel of pixels. */
        final int panelSize;

        final int range;
        final int ranges;
        final int parts;
        /** Rows of the output's gradient where they lie. */
        final int[] offsets;

        Product(ConvShape s, float[] dy, int dyo) {
            this.s = s;
            this.dy = dy;
            this.dyo = dyo;
            panels = (s.inputs() + nr - 1) / nr;
            inPlace = s.outPlane() >= MIN_PIXELS;
            int all = inPlace ? s.outHeight() : s.batch();
            int each = inPlace ? s.outWidth() : s.outPlane();
            int most = Math.max(1, MAX_PIXELS / each);
            int balanced = (all + most - 1) / most;
            perChunk = (all + balanced - 1) / balanced;
            chunksPerImage = inPlace ? (all + perChunk - 1) / perChunk : 1;
            chunks = inPlace ? s.batch() * chunksPerImage : (all + perChunk - 1) / perChunk;
            panelSize = perChunk * each * nr;
            int wanted = Math.max(MIN_OUTPUTS, (s.outputs() + PIECES - 1) / PIECES);
            range = (wanted + mr - 1) / mr * mr;
            ranges = (s.outputs() + range - 1) / range;
            parts = Math.min(chunks, Math.max(1, PIECES / ranges));
            offsets = new int[inPlace ? s.outputs() + mr : 0];
            Arrays.setAll(offsets, m -> Math.min(m, s.outputs() - 1) * s.outPlane());
        }

        void run(float[] x, int xo, float[] dw, int dwo) {
            int size = panels * panelSize;
            float[] pixels = Workspace.take(Purpose.PADDED, (long) chunks * size);
            pool.run(chunks, c -> pack(c, x, xo, pixels, Workspace.START + c * size));
            int weights = s.outputs() * s.inputs();
            float[] partial = parts == 1 ? dw : Workspace.take(Purpose.PARTIAL, (long) parts * weights);
            pool.run(parts * ranges, i -> {
                int part = i / ranges;
                int m0 = i % ranges * range;
                int m1 = Math.min(s.outputs(), m0 + range);
                int floats = (m1 - m0 + mr - 1) / mr * panels * mr * nr;
                float[] sums = Workspace.take(Purpose.TILES, floats);
                int end = (part + 1) * chunks / parts;
                Chains.ofChunks(part * chunks / parts, end, panelSize / nr, sums, floats, (c, to, add) -> {
                    add(c, m0, m1, pixels, Workspace.START + c * size, to, add);
                });
                int at = parts == 1 ? dwo : part * weights;
                write(sums, m0, m1, partial, at);
            });
            if (parts > 1) {
                GradientPanels.addParts(pool, tiles, partial, weights, parts, dw, dwo);
            }
        }

        private int count(int chunk) {
            int all = inPlace ? s.outHeight() : s.batch();
            return Math.min(perChunk, all - chunk % (inPlace ? chunksPerImage : chunks) * perChunk);
        }

        private int firstImage(int chunk) {
            return inPlace ? chunk / chunksPerImage : chunk * perChunk;
        }

        private int firstRow(int chunk) {
            return inPlace ? chunk % chunksPerImage * perChunk : 0;
        }

        /** Packs the pixels of a chunk that are read, {@code [panel][pixel][column]}. */
        private void pack(int chunk, float[] x, int xo, float[] out, int to) {
            int plane = s.height() * s.width();
            int rows = inPlace ? count(chunk) : s.outHeight();
            int images = inPlace ? 1 : count(chunk);
            for (int p = 0; p < panels; p++) {
                int channels = Math.min(nr, s.inputs() - p * nr);
                int d = to + p * panelSize;
                if (channels < nr) {
                    Arrays.fill(out, d, d + panelSize, 0f);
                }
                for (int i = 0; i < images * rows; i++) {
                    int first = xo + ((firstImage(chunk) + i / rows) * s.inputs() + p * nr) * plane;
                    int from = first + (firstRow(chunk) + i % rows) * s.strideH() * s.width();
                    int at = d + i * s.outWidth() * nr;
                    PointPixels.pack(x, from, plane, channels, s.strideW(), s.outWidth(), out, at, nr);
                }
            }
        }

        /** Adds a chunk's pixels to the tiles {@code [block of rows][panel]} of outputs {@code m0 .. m1-1}, or sets these to them. */
        private void add(int chunk, int m0, int m1, float[] pixels, int po, float[] sums, boolean add) {
            if (inPlace) {
                int from = dyo + firstImage(chunk) * s.outputs() * s.outPlane() + firstRow(chunk) * s.outWidth();
                multiply(count(chunk) * s.outWidth(), dy, from, offsets, m0, m1 - m0, pixels, po, sums, add);
                return;
            }
            int depth = count(chunk) * s.outPlane();
            int rows = m1 - m0 + mr;
            float[] r = Workspace.take(Purpose.ROWS, (long) rows * depth);
            int[] starts = Workspace.indices(rows);
            for (int i = 0; i < rows; i++) {
                starts[i] = Math.min(i, m1 - m0 - 1) * depth;
            }
            for (int i = 0; i < count(chunk); i++) {
                for (int m = m0; m < m1; m++) {
                    int from = dyo + ((firstImage(chunk) + i) * s.outputs() + m) * s.outPlane();
                    int to = Workspace.START + (m - m0) * depth + i * s.outPlane();
                    System.arraycopy(dy, from, r, to, s.outPlane());
                }
            }
            multiply(depth, r, Workspace.START, starts, 0, m1 - m0, pixels, po, sums, add);
        }

        /** Multiplies {@code rows} rows, row m of which starts at {@code a[ao + starts[first + m]]}. */
        private void multiply(
                int depth,
                float[] a,
                int ao,
                int[] starts,
                int first,
                int rows,
                float[] pixels,
                int po,
                float[] sums,
                boolean add) {
            for (int p = 0; p < panels; p++) {
                int panel = po + p * panelSize;
                for (int m = 0; m < rows; m += mr) {
                    int tile = Workspace.START + (m / mr * panels + p) * mr * nr;
                    tiles.multiplyRows(depth, a, ao, starts, first + m, pixels, panel, sums, tile, add);
                }
            }
        }

        private void write(float[] sums, int m0, int m1, float[] dw, int dwo) {
            for (int m = m0; m < m1; m++) {
                for (int p = 0; p < panels; p++) {
                    int row = (m - m0) / mr * panels + p;
                    int from = Workspace.START + (row * mr + (m - m0) % mr) * nr;
                    int n = Math.min(nr, s.inputs() - p * nr);
                    tiles.store(sums, from, dw, dwo + m * s.inputs() + p * nr, n, 0f);
                }
            }
        }
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Weight gradient of a convolution: the product of the im2col matrix and the transposed gradient of the output, a sum over all pixels of the batch.
 *
 * <p>Vectors run along output channels: the gradient is packed {@code [pixels][columns]}, the im2col rows of a few pixels are copied as they are
 * (the rows of the left operand are read side by side, which needs no transposition of the far larger matrix). Results are {@code [k][m]} tiles and
 * are transposed when written.
 *
 * <p>For convolutions with few channels, and for the rest that {@link TapWeightGradient} leaves.
 *
 * <p>Order of sums: pixels in chunks of fixed bounds. Where the gradient is small and pixels are many (the first layers) the batch is cut into a number of
 * parts that depends on the shape alone, each part summed on its own and the parts added in order; otherwise every k belongs to one chunk,
 * which sums all pixels.
 */
final class WeightGradient {
    /** Pixels summed between two visits to the result's tile: the gradient's panel then fills L1. */
    private static final int MAX_PIXELS = 320;

    /** im2col rows copied at a time. */
    private static final int MAX_STEPS = 144;

    /** Weights up to which the batch is cut into parts. */
    private static final int SMALL = 200_000;

    private static final int MAX_PARTS = 8;

    /** Multiplications with zeros that are cheaper than a copy: one in so many. */
    private static final int MOST_WASTE = 12;

    /** Pixels an image must have to be summed on its own: below, visits to the tiles cost more than copying. */
    private static final int MIN_PIXELS = 128;

    private final ThreadPool pool;
    private final Tiles tiles;

    WeightGradient(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    void run(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        ConvPlan plan = ConvPlan.of(s, tiles);
        float[] source = PackedConvolution.padded(pool, tiles, plan.input, s.batch(), x, xo);
        int base = plan.input.isIdentity() ? xo : 0;
        int weights = s.groupOutputs() * s.groupInputs() * s.kernel();
        for (int g = 0; g < s.groups(); g++) {
            int from = base + g * s.groupInputs() * plan.input.channel();
            int gradient = dyo + g * s.groupOutputs() * s.outPlane();
            Group group = new Group(tiles, plan, source, from, dy, gradient);
            if (weights <= SMALL) {
                byParts(group, dw, dwo + g * weights);
            } else {
                bySteps(group, dw, dwo + g * weights);
            }
        }
    }

    /** Parts of the batch side by side, added in order. */
    private void byParts(Group g, float[] dw, int dwo) {
        int weights = g.outputs * g.steps;
        int parts = Math.min(MAX_PARTS, g.pixelChunks);
        float[] partial = Workspace.take(Purpose.PARTIAL, (long) parts * weights);
        pool.run(parts, part -> {
            int c0 = part * g.pixelChunks / parts;
            int c1 = (part + 1) * g.pixelChunks / parts;
            float[] gradient = Workspace.take(Purpose.PANELS, (long) g.panels * g.panelSize + tiles.columns());
            int floats = g.tileFloats(0, g.steps);
            float[] sums = Workspace.take(Purpose.TILES, floats);
            Chains.ofChunks(c0, c1, g.chunkPixels(), sums, floats, (c, to, add) -> {
                g.packGradient(c, gradient, Workspace.START);
                g.addChunk(c, 0, g.steps, gradient, Workspace.START, to, add);
            });
            g.write(sums, 0, g.steps, partial, part * weights);
        });
        GradientPanels.addParts(pool, tiles, partial, weights, parts, dw, dwo);
    }

    /** Every chunk of work sums all pixels for its own im2col rows. */
    private void bySteps(Group g, float[] dw, int dwo) {
        int perChunk = g.panels * g.panelSize;
        float[] gradient = Workspace.take(Purpose.GRADIENT, (long) g.pixelChunks * perChunk + tiles.columns());
        pool.run(g.pixelChunks, c -> g.packGradient(c, gradient, Workspace.START + c * perChunk));
        int stepChunks = (g.steps + MAX_STEPS - 1) / MAX_STEPS;
        int mr = tiles.rows();
        pool.run(stepChunks, i -> {
            int k0 = (int) ((long) g.steps * i / stepChunks) / mr * mr;
            int k1 = i == stepChunks - 1 ? g.steps : (int) ((long) g.steps * (i + 1) / stepChunks) / mr * mr;
            int floats = g.tileFloats(k0, k1);
            float[] sums = Workspace.take(Purpose.TILES, floats);
            Chains.ofChunks(0, g.pixelChunks, g.chunkPixels(), sums, floats, (c, to, add) -> {
                g.addChunk(c, k0, k1, gradient, Workspace.START + c * perChunk, to, add);
            });
            g.write(sums, k0, k1, dw, dwo);
        });
    }

    /**
     * One group's product: sizes, and the work on one chunk of pixels. A chunk is whole rows of the output.
     *
     * <p>Where the padded rows are little longer than the output's (or not at all), a chunk runs over the padded image as it lies there, with zeros in
     * the gradient for the columns between: then nothing is copied, and the taps of a channel share their cache lines. Otherwise im2col rows are
     * copied, compact.
     */
    private static final class Group {
        final Tiles tiles;
        final ConvPlan plan;
        final ConvShape s;
        final float[] x;
        final int xo;
        final float[] dy;
        final int dyo;
        final int outputs;
        final int steps;
        final int panels;
        final boolean inPlace;
        /** Floats between rows of pixels in a chunk. */
        final int pitch;
        /** Rows a chunk may come from: of one image, or of the whole batch. */
        final int rowsTogether;

        final int rowsPerChunk;
        final int chunksTogether;
        final int pixelChunks;
        final int panelSize;

        Group(Tiles tiles, ConvPlan plan, float[] x, int xo, float[] dy, int dyo) {
            this.tiles = tiles;
            this.plan = plan;
            s = plan.shape;
            this.x = x;
            this.xo = xo;
            this.dy = dy;
            this.dyo = dyo;
            outputs = s.groupOutputs();
            steps = s.groupInputs() * s.kernel();
            panels = (outputs + tiles.columns() - 1) / tiles.columns();
            int gap = plan.input.columns() - s.outWidth();
            inPlace = gap * MOST_WASTE <= s.outWidth() && s.outPlane() >= MIN_PIXELS;
            pitch = inPlace ? plan.input.columns() : s.outWidth();
            rowsTogether = inPlace ? s.outHeight() : s.batch() * s.outHeight();
            int most = Math.max(1, MAX_PIXELS / pitch);
            int balanced = (rowsTogether + most - 1) / most;
            rowsPerChunk = (rowsTogether + balanced - 1) / balanced;
            chunksTogether = (rowsTogether + rowsPerChunk - 1) / rowsPerChunk;
            pixelChunks = inPlace ? s.batch() * chunksTogether : chunksTogether;
            panelSize = rowsPerChunk * pitch * tiles.columns();
        }

        /** First row of a chunk, counted over the batch. */
        int firstRow(int chunk) {
            return chunk / chunksTogether * rowsTogether + chunk % chunksTogether * rowsPerChunk;
        }

        int rowCount(int chunk) {
            return Math.min(rowsPerChunk, rowsTogether - chunk % chunksTogether * rowsPerChunk);
        }

        /** Terms of a chunk's sums: the gap behind the last row is left out. */
        int depth(int chunk) {
            return rowCount(chunk) * pitch - (pitch - s.outWidth());
        }

        int tileFloats(int k0, int k1) {
            int mr = tiles.rows();
            return Math.multiplyExact((k1 - k0 + mr - 1) / mr * panels, mr * tiles.columns());
        }

        int chunkPixels() {
            return rowsPerChunk * pitch;
        }

        /** Packs the gradient of a chunk's pixels, {@code [panel][pixel][column]}. */
        void packGradient(int chunk, float[] out, int to) {
            GradientPanels.pack(tiles, s, dy, dyo, firstRow(chunk), rowCount(chunk), pitch, panelSize, out, to);
        }

        /** Adds a chunk's pixels to the tiles of im2col rows {@code k0 .. k1-1}. */
        void addChunk(int chunk, int k0, int k1, float[] gradient, int go, float[] sums, boolean add) {
            if (inPlace) {
                int row = firstRow(chunk);
                int image = xo + row / s.outHeight() * plan.input.image();
                int base = image + row % s.outHeight() * plan.input.columns();
                for (int kb = k0; kb < k1; kb += MAX_STEPS) {
                    int ke = Math.min(k1, kb + MAX_STEPS);
                    multiply(chunk, x, base, plan.offsets, 0, kb, ke, k0, gradient, go, sums, add);
                }
                return;
            }
            int ldr = rowCount(chunk) * pitch + tiles.lanes();
            int mr = tiles.rows();
            float[] r = Workspace.take(Purpose.ROWS, (long) (MAX_STEPS + mr) * ldr + tiles.columns());
            int[] offsets = Workspace.indices(MAX_STEPS + mr);
            for (int i = 0; i < MAX_STEPS + mr; i++) {
                offsets[i] = i * ldr;
            }
            for (int kb = k0; kb < k1; kb += MAX_STEPS) {
                int ke = Math.min(k1, kb + MAX_STEPS);
                packRows(kb, ke, firstRow(chunk), rowCount(chunk), r, ldr);
                multiply(chunk, r, 0, offsets, -kb, kb, ke, k0, gradient, go, sums, add);
            }
        }

        /** Multiplies rows {@code kb .. ke-1}; row k starts at {@code a[ao + offsets[k + shift]]}. */
        private void multiply(
                int chunk,
                float[] a,
                int ao,
                int[] offsets,
                int shift,
                int kb,
                int ke,
                int k0,
                float[] gradient,
                int go,
                float[] sums,
                boolean add) {
            int mr = tiles.rows();
            int nr = tiles.columns();
            int depth = depth(chunk);
            for (int p = 0; p < panels; p++) {
                for (int k = kb; k < ke; k += mr) {
                    int tile = Workspace.START + ((k - k0) / mr * panels + p) * mr * nr;
                    tiles.multiplyRows(depth, a, ao, offsets, k + shift, gradient, go + p * panelSize, sums, tile, add);
                }
            }
        }

        private void packRows(int kb, int ke, int firstRow, int rows, float[] r, int ldr) {
            int width = s.outWidth();
            int pitchIn = plan.input.columns();
            for (int k = kb; k < ke; k++) {
                int to = (k - kb) * ldr;
                int row = firstRow;
                while (row < firstRow + rows) {
                    int h = row % s.outHeight();
                    int take = Math.min(firstRow + rows - row, s.outHeight() - h);
                    int from = xo + row / s.outHeight() * plan.input.image() + h * pitchIn + plan.offsets[k];
                    if (from + (take - 1) * pitchIn + width + tiles.lanes() <= x.length) {
                        tiles.copyRuns(x, from, pitchIn, take, width, r, to);
                    } else {
                        copyExactly(from, pitchIn, take, width, r, to);
                    }
                    to += take * width;
                    row += take;
                }
            }
        }

        private void copyExactly(int from, int pitchIn, int rows, int width, float[] r, int to) {
            for (int i = 0; i < rows; i++) {
                System.arraycopy(x, from + i * pitchIn, r, to + i * width, width);
            }
        }

        /** Writes tiles, transposed, as {@code [output][k]}. */
        void write(float[] sums, int k0, int k1, float[] dw, int dwo) {
            int mr = tiles.rows();
            int nr = tiles.columns();
            int tileRow = panels * mr * nr;
            for (int m = 0; m < outputs; m++) {
                int from = Workspace.START + m / nr * mr * nr + m % nr;
                int to = dwo + m * steps;
                for (int k = k0; k < k1; k += mr) {
                    gather(sums, from, nr, Math.min(mr, k1 - k), dw, to + k);
                    from += tileRow;
                }
            }
        }

        private static void gather(float[] sums, int from, int step, int n, float[] dw, int to) {
            for (int i = 0; i < n; i++) {
                dw[to + i] = sums[from + i * step];
            }
        }
    }
}

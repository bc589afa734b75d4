package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Weight gradient of a convolution with many channels, tap by tap: for each tap the product of the input's pixels under it, channels-last, and the gradient of the output, a
 * sum over all pixels of the batch.
 *
 * <p>The input is turned once to {@code [image][vector of channels][pixel][lane]}, padded and split by the stride. Then a pixel's channels are one vector, from which
 * the kernel broadcasts lane after lane: one stream of memory where {@link WeightGradient} reads eight rows of planes. Few channels (the first layer's three) would leave
 * lanes empty, and where few outputs share it turning costs more than it saves: see {@link #fits}.
 *
 * <p>The pixels of a chunk under one tap are copied side by side, so that chunks go over rows and images without a gap and lie in L1 with a panel of the gradient; the copy
 * costs two instructions a pixel and vector where the product takes sixteen a panel.
 *
 * <p>Order of sums: pixels in chunks of fixed bounds. Where weights are few the batch is cut into a number of parts that depends on the shape alone, each part summed on its
 * own and the parts added in order; otherwise each piece of work sums all pixels for its own vectors of channels and taps.
 */
final class TapWeightGradient {
    /** Pixels summed between two visits to the result's tile: pixels and the gradient's panel then fit L1. */
    private static final int MAX_PIXELS = 192;

    /** Weights up to which the batch is cut into parts. */
    private static final int SMALL = 200_000;

    private static final int MAX_PARTS = 8;

    /** Taps, and products a channel and pixel, from which turning the input pays. */
    private static final int MIN_TAPS = 4;

    private static final int MIN_PRODUCTS = 128;

    private final ThreadPool pool;
    private final Tiles tiles;

    TapWeightGradient(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    /**
     * Whether lanes are well filled and enough products share the turned input: with 3x3 kernels and stride 2 sums take 0.73 to 0.79 of the time that rows of planes take
     * (64 to 512 channels), with 1x1 kernels 1.0 to 1.5.
     */
    static boolean fits(ConvShape s, int lanes) {
        int vectors = (s.groupInputs() + lanes - 1) / lanes;
        return s.kernel() >= MIN_TAPS
                && s.groupOutputs() * s.kernel() >= MIN_PRODUCTS
                && 5 * s.groupInputs() >= 4 * vectors * lanes;
    }

    void run(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        int weights = s.groupOutputs() * s.groupInputs() * s.kernel();
        for (int g = 0; g < s.groups(); g++) {
            Group group = new Group(ConvPlan.of(s, tiles), g, dy, dyo);
            group.turn(x, xo);
            if (weights <= SMALL) {
                group.byParts(dw, dwo + g * weights);
            } else {
                group.byVectors(dw, dwo + g * weights);
            }
        }
    }

    /** One group's product. */
    private final class Group {
        final ConvShape s;
        final PaddedPlanes planes;
        final int group;
        final float[] dy;
        final int dyo;
        final int lanes = tiles.lanes();
        final int nr = tiles.columns();
        final int inputs;
        final int outputs;
        final int taps;
        final int vectors;
        final int panels;
        final int tileSize = lanes * nr;
        /** Floats of a vector of channels of one image. */
        final int vectorSize;

        final int rowsPerChunk;
        final int chunks;
        final int panelSize;
        float[] source = new float[0];

        Group(ConvPlan plan, int group, float[] dy, int dyo) {
            s = plan.shape;
            planes = plan.input;
            this.group = group;
            this.dy = dy;
            this.dyo = dyo + group * s.groupOutputs() * s.outPlane();
            inputs = s.groupInputs();
            outputs = s.groupOutputs();
            taps = s.kernel();
            vectors = (inputs + lanes - 1) / lanes;
            panels = (outputs + nr - 1) / nr;
            vectorSize = planes.channel() * lanes;
            int rows = s.batch() * s.outHeight();
            int most = Math.max(1, MAX_PIXELS / s.outWidth());
            int balanced = (rows + most - 1) / most;
            rowsPerChunk = (rows + balanced - 1) / balanced;
            chunks = (rows + rowsPerChunk - 1) / rowsPerChunk;
            panelSize = rowsPerChunk * s.outWidth() * nr;
        }

        int rowCount(int chunk) {
            return Math.min(rowsPerChunk, s.batch() * s.outHeight() - chunk * rowsPerChunk);
        }

        /** Turns the input to channels-last. */
        void turn(float[] x, int xo) {
            float[] out = Workspace.take(Purpose.PADDED, (long) s.batch() * vectors * vectorSize);
            int[] channel = new int[lanes];
            Arrays.setAll(channel, c -> c * s.height() * s.width());
            pool.run(s.batch() * vectors, i -> {
                int first = i % vectors * lanes;
                int from = xo + ((i / vectors * s.groups() + group) * inputs + first) * s.height() * s.width();
                planes.fillLanes(
                        tiles,
                        x,
                        from,
                        channel,
                        Math.min(lanes, inputs - first),
                        out,
                        Workspace.START + i * vectorSize);
            });
            source = out;
        }

        /** Parts of the batch side by side, added in order. */
        void byParts(float[] dw, int dwo) {
            int weights = outputs * inputs * taps;
            int parts = Math.min(MAX_PARTS, chunks);
            float[] partial = Workspace.take(Purpose.PARTIAL, (long) parts * weights);
            pool.run(parts, part -> {
                int c0 = part * chunks / parts;
                int c1 = (part + 1) * chunks / parts;
                float[] gradient = Workspace.take(Purpose.PANELS, (long) panels * panelSize);
                int floats = vectors * taps * panels * tileSize;
                float[] sums = Workspace.take(Purpose.TILES, floats);
                Chains.ofChunks(c0, c1, rowsPerChunk * s.outWidth(), sums, floats, (c, to, add) -> {
                    packGradient(c, gradient, Workspace.START);
                    for (int v = 0; v < vectors; v++) {
                        int so = Workspace.START + v * taps * panels * tileSize;
                        addChunk(c, v, 0, taps, gradient, Workspace.START, to, so, add);
                    }
                });
                for (int v = 0; v < vectors; v++) {
                    write(v, 0, taps, sums, Workspace.START + v * taps * panels * tileSize, partial, part * weights);
                }
            });
            GradientPanels.addParts(pool, tiles, partial, weights, parts, dw, dwo);
        }

        /** Every piece of work sums all pixels for its own vector of channels and taps. */
        void byVectors(float[] dw, int dwo) {
            int perChunk = panels * panelSize;
            float[] gradient = Workspace.take(Purpose.GRADIENT, (long) chunks * perChunk);
            pool.run(chunks, c -> packGradient(c, gradient, Workspace.START + c * perChunk));
            int tapParts = Math.min(taps, (MAX_PARTS + vectors - 1) / vectors);
            pool.run(vectors * tapParts, i -> {
                int v = i / tapParts;
                int t0 = i % tapParts * taps / tapParts;
                int t1 = (i % tapParts + 1) * taps / tapParts;
                int floats = (t1 - t0) * panels * tileSize;
                float[] sums = Workspace.take(Purpose.TILES, floats);
                Chains.ofChunks(0, chunks, rowsPerChunk * s.outWidth(), sums, floats, (c, to, add) -> {
                    addChunk(c, v, t0, t1, gradient, Workspace.START + c * perChunk, to, Workspace.START, add);
                });
                write(v, t0, t1, sums, Workspace.START, dw, dwo);
            });
        }

        private void packGradient(int chunk, float[] out, int to) {
            GradientPanels.pack(
                    tiles, s, dy, dyo, chunk * rowsPerChunk, rowCount(chunk), s.outWidth(), panelSize, out, to);
        }

        /** Adds a chunk's pixels to the tiles {@code [tap][panel]} of taps {@code t0 .. t1-1} of a vector of channels. */
        private void addChunk(
                int chunk, int v, int t0, int t1, float[] gradient, int go, float[] sums, int so, boolean add) {
            int depth = rowCount(chunk) * s.outWidth();
            float[] pixels = Workspace.take(Purpose.ROWS, (long) depth * lanes);
            int height = Math.min(tiles.rows(), lanes);
            int channels = Math.min(lanes, inputs - v * lanes);
            for (int t = t0; t < t1; t++) {
                copyPixels(chunk, v, t, pixels);
                for (int p = 0; p < panels; p++) {
                    int tile = so + ((t - t0) * panels + p) * tileSize;
                    for (int c = 0; c < channels; c += height) {
                        int panel = go + p * panelSize;
                        tiles.multiplyColumns(
                                height, depth, pixels, Workspace.START + c, gradient, panel, sums, tile + c * nr, add);
                    }
                }
            }
        }

        private void copyPixels(int chunk, int v, int tap, float[] out) {
            int length = s.outWidth() * lanes;
            int at = planes.tap(tap / s.kernelW() * s.dilationH(), tap % s.kernelW() * s.dilationW()) * lanes;
            int row = chunk * rowsPerChunk;
            for (int i = 0; i < rowCount(chunk); i++) {
                int image = (row + i) / s.outHeight();
                int vector = Workspace.START + (image * vectors + v) * vectorSize;
                int from = vector + at + (row + i) % s.outHeight() * planes.columns() * lanes;
                System.arraycopy(source, from, out, Workspace.START + i * length, length);
            }
        }

        /** Writes a vector's tiles, turned, as {@code [output][channel][tap]}. */
        private void write(int v, int t0, int t1, float[] sums, int so, float[] dw, int dwo) {
            int channels = Math.min(lanes, inputs - v * lanes);
            for (int m = 0; m < outputs; m++) {
                int from = so + m / nr * tileSize + m % nr;
                int to = dwo + (m * inputs + v * lanes) * taps + t0;
                for (int c = 0; c < channels; c++) {
                    gather(sums, from + c * nr, panels * tileSize, t1 - t0, dw, to + c * taps);
                }
            }
        }
    }

    private static void gather(float[] sums, int from, int step, int n, float[] dw, int to) {
        for (int t = 0; t < n; t++) {
            dw[to + t] = sums[from + t * step];
        }
    }
}

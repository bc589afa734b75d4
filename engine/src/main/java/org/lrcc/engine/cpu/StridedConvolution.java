package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Direct convolution with stride 2, channels-last inside; other shapes, and weight gradients, are left to another.
 *
 * <p>The input is turned to groups of channels with a border of zeros ({@link ChannelBand}): then the taps of a kernel row over a group are one run of floats for every output pixel, and
 * tiles of {@link GroupLoops} read it where it lies. So the input is neither split by phase nor packed into panels, and the sums are turned back to whole rows of the output's planes.
 *
 * <p>Input gradient: the pixels of one parity of rows and columns get the output's gradient through the taps of one parity, a convolution without stride; so there are
 * four, of 4, 2, 2 and 1 taps for 3x3 kernels, and no product with an inserted zero. Their pixels are laid side by side before they are turned back: no store has a stride.
 *
 * <p>Measured beside {@link PackedConvolution}, 3x3, batch 8, forward / input gradient, milliseconds of one core (processor time) on an Intel processor with AVX-512 (two FMA units, 240
 * GFLOP/s a core), JDK 17, and the ratio to PyTorch 2.5.1 with 2 threads in one run, before and after:
 *
 * <table>
 *   <caption>Stride 2</caption>
 *   <tr><th>layer<th>packed panels<th>here<th>ratio before<th>ratio here
 *   <tr><td>64 to 128, 56x56<td>7.3 / 8.4<td>5.1 / 5.6<td>1.29 / 1.23<td>0.91 / 0.73
 *   <tr><td>128 to 256, 28x28<td>6.2 / 6.8<td>5.1 / 5.5<td>1.09 / 1.15<td>0.97 / 0.90
 *   <tr><td>256 to 512, 14x14<td>6.6 / 7.7<td>6.0 / 6.8<td>1.33 / 1.29<td>1.24 / 1.00
 * </table>
 *
 * <p>Of the 5.1 ms of the first forward pass products take 4.3 (213 GFLOP/s), with rows of seven pixels 5.2. At 256 bits (four pixels a tile) it took 0.82 to 1.16 of the time of packed
 * panels where there are 32 registers and 0.6 to 1.9, more often above 1, where there are 16; at 128 bits 0.96 to 1.5: there panels stay, see also {@link ParityGradient}.
 */
final class StridedConvolution implements Convolution {
    private static final int STRIDE = 2;

    /** Output pixels of a chunk, about, and input pixels for the gradient of these. */
    private static final int PIXELS = 256;

    private static final int INPUT_PIXELS = 512;

    /** Chunks there should be at least, so that threads end together. */
    private static final int MIN_CHUNKS = 8;

    private final ThreadPool pool;
    private final Tiles tiles;
    private final WinogradTiles layouts;
    private final GroupLoops loops;
    private final PlaneOutput planes;
    private final Convolution others;
    private final int nr;

    /**
     * A convolution.
     *
     * @param others for what this one does not do
     */
    StridedConvolution(ThreadPool pool, Tiles tiles, WinogradTiles layouts, GroupLoops loops, Convolution others) {
        this.pool = pool;
        this.tiles = tiles;
        this.layouts = layouts;
        this.loops = loops;
        this.others = others;
        planes = new PlaneOutput(tiles, layouts);
        nr = loops.columns();
    }

    /** Whether tiles are high enough for this to be faster: see above. */
    static boolean pays(GroupLoops loops) {
        return loops.heights()[0] > 8;
    }

    /** Whether forward and input gradient are computed here: see {@link #fits(ConvShape, int)}. */
    boolean fits(ConvShape s) {
        return fits(s, nr);
    }

    /** Whether a shape has stride 2, whole groups of {@code nr} channels and taps for every parity. */
    static boolean fits(ConvShape s, int nr) {
        return s.strideH() == STRIDE
                && s.strideW() == STRIDE
                && s.dilationH() == 1
                && s.dilationW() == 1
                && s.groups() == 1
                && s.kernelH() >= STRIDE
                && s.kernelW() >= STRIDE
                && s.inputs() % nr == 0
                && s.outputs() % nr == 0;
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
        if (fits(s)) {
            new Forward(s, x, xo, w, wo, epilogue, y, yo).run();
        } else {
            others.forward(s, x, xo, w, wo, epilogue, y, yo);
        }
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        if (fits(s)) {
            new InputGradient(s, dy, dyo, w, wo, dx, dxo).run();
        } else {
            others.inputGradient(s, dy, dyo, w, wo, dx, dxo);
        }
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        others.weightGradient(s, x, xo, dy, dyo, dw, dwo);
    }

    /**
     * What both passes share: how work is cut, which depends on the shape alone. Where there are many pixels, chunks are rows of images or a few small images, each turned in L2, and
     * weights are packed once for all. Where there are few, the weights are what is large: all images are turned first, and a chunk is a group of outputs, whose weights are packed in L2 and
     * used at once.
     */
    private abstract class Pass {
        final ConvShape s;
        final float[] w;
        final int wo;
        final int batch;
        /** Rows of the output, or of the input's gradient, and steps of its sums. */
        final int height;

        final int depth;
        final int images;
        final int rows;
        final boolean byGroups;

        Pass(ConvShape s, float[] w, int wo, int height, int width, int multiple, int pixels, int depth) {
            this.s = s;
            this.w = w;
            this.wo = wo;
            this.height = height;
            this.depth = depth;
            batch = s.batch();
            int most = Math.max(1, pixels / (height * width));
            int blocks = (batch + most - 1) / most;
            int parts = (height * width + pixels - 1) / pixels;
            byGroups = blocks * parts < MIN_CHUNKS;
            images = byGroups ? batch : (batch + blocks - 1) / blocks;
            int wanted = byGroups ? height : (height + parts - 1) / parts;
            rows = Math.min(height, (wanted + multiple - 1) / multiple * multiple);
        }

        abstract ChannelBand band();

        /** Groups of channels that are written. */
        abstract int groups();

        abstract int slack();

        /** Turns a group of an image's rows that are read for the chunk whose first row is {@code row}. */
        abstract void fill(int image, int group, int row, float[] a, int ao);

        /** Packs the weights of a group of the sums for a group of what is written. */
        abstract void pack(int m, int g, float[] packed, int to);

        /** Computes {@code high} rows of group {@code m} of some images. */
        abstract void outputs(int m, int n, int count, int row, int high, float[] a, float[] weights, int from);

        final void run() {
            if (byGroups) {
                byGroups();
            } else {
                byPixels();
            }
        }

        private void byPixels() {
            int groups = groups();
            int summed = band().groups();
            int size = band().size();
            float[] packed = Workspace.take(Purpose.LEFT, (long) groups * depth * nr);
            pool.run(groups * summed, i -> {
                int m = i / summed;
                pack(m, i % summed, packed, Workspace.START + m * depth * nr);
            });
            int perImage = (height + rows - 1) / rows;
            pool.run((batch + images - 1) / images * perImage, chunk -> {
                int n = chunk / perImage * images;
                int count = Math.min(batch - n, images);
                int row = chunk % perImage * rows;
                float[] a = Workspace.take(Purpose.PADDED, (long) count * size + slack());
                for (int i = 0; i < count * summed; i++) {
                    fill(n + i / summed, i % summed, row, a, Workspace.START + i / summed * size);
                }
                for (int m = 0; m < groups; m++) {
                    int from = Workspace.START + m * depth * nr;
                    outputs(m, n, count, row, Math.min(rows, height - row), a, packed, from);
                }
            });
        }

        private void byGroups() {
            int summed = band().groups();
            int size = band().size();
            float[] a = Workspace.take(Purpose.PADDED, (long) batch * size + slack());
            pool.run(batch * summed, i -> fill(i / summed, i % summed, 0, a, Workspace.START + i / summed * size));
            pool.run(groups(), m -> {
                float[] packed = Workspace.take(Purpose.LEFT, (long) depth * nr);
                for (int g = 0; g < summed; g++) {
                    pack(m, g, packed, Workspace.START);
                }
                outputs(m, 0, batch, 0, height, a, packed, Workspace.START);
            });
        }
    }

    private final class Forward extends Pass {
        final float[] x;
        final int xo;
        final Epilogue epilogue;
        final float[] y;
        final int yo;
        final ChannelBand band;
        final ChannelSums sums;

        Forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
            super(s, w, wo, s.outHeight(), s.outWidth(), 1, PIXELS, s.inputs() * s.kernel());
            this.x = x;
            this.xo = xo;
            this.epilogue = epilogue;
            this.y = y;
            this.yo = yo;
            int read = (rows - 1) * STRIDE + s.kernelH();
            int columns = Math.max(s.left() + s.width(), (s.outWidth() - 1) * STRIDE + s.kernelW());
            band = new ChannelBand(layouts, s.inputs() / nr, s.height(), s.width(), read, columns, s.left());
            int[] offsets = new int[band.groups() * s.kernelH()];
            for (int k = 0; k < offsets.length; k++) {
                offsets[k] = k / s.kernelH() * band.group() + k % s.kernelH() * band.line();
            }
            sums = new ChannelSums(loops, s.outWidth(), s.kernelW() * nr, STRIDE * nr, offsets);
        }

        @Override
        ChannelBand band() {
            return band;
        }

        @Override
        int groups() {
            return s.outputs() / nr;
        }

        @Override
        int slack() {
            return sums.slack();
        }

        @Override
        void fill(int image, int group, int row, float[] a, int ao) {
            int from = xo + image * s.inputs() * s.height() * s.width();
            band.fill(group, x, from, row * STRIDE - s.top(), a, ao);
        }

        /** As {@code [kernelH][kernelW][input][output]}. */
        @Override
        void pack(int m, int g, float[] packed, int to) {
            int from = wo + (m * nr * s.inputs() + g * nr) * s.kernel();
            int begin = to + g * nr * s.kernel() * nr;
            GroupedWeights.pack(tiles, layouts, s.kernel(), depth, w, from, packed, begin);
        }

        @Override
        void outputs(int m, int n, int count, int row, int high, float[] a, float[] weights, int from) {
            int pixels = high * sums.pitch;
            float[] c = Workspace.take(Purpose.TILES, (long) count * pixels * nr);
            int line = STRIDE * band.line();
            sums.run(count, high, a, Workspace.START, band.size(), line, weights, from, c, Workspace.START);
            int wide = s.outWidth();
            int together = sums.pitch == wide ? high : 1;
            for (int i = 0; i < count; i++) {
                for (int r = 0; r < high; r += together) {
                    int to = ((n + i) * s.outputs() + m * nr) * s.outPlane() + (row + r) * wide;
                    int at = Workspace.START + (i * pixels + r * sums.pitch) * nr;
                    planes.write(c, at, m * nr, nr, together * wide, epilogue, y, yo, to, s.outPlane());
                }
            }
        }
    }

    /** Pixels of the input of one parity of rows and columns, the taps through which they receive, and where their weights begin. */
    private record Phase(int row, int column, int[] rowTaps, int[] columnTaps, ChannelSums sums, int begin) {
        int taps() {
            return rowTaps.length * columnTaps.length;
        }
    }

    private final class InputGradient extends Pass {
        final float[] dy;
        final int dyo;
        final float[] dx;
        final int dxo;
        final ChannelBand band;
        /** First row of the output's gradient that the input's first row might receive from. */
        final int above;

        final Phase[] phases = new Phase[STRIDE * STRIDE];

        InputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
            super(s, w, wo, s.height(), s.width(), STRIDE, INPUT_PIXELS, s.outputs() * s.kernel());
            this.dy = dy;
            this.dyo = dyo;
            this.dx = dx;
            this.dxo = dxo;
            above = Math.floorDiv(s.top() - s.kernelH() + 1, STRIDE);
            int left = Math.min(0, Math.floorDiv(s.left() - s.kernelW() + 1, STRIDE));
            int last = (s.width() - 1 + s.left()) / STRIDE;
            int read = (rows - 1 + s.top()) / STRIDE - above + 1;
            int columns = Math.max(last + 1, s.outWidth()) - left;
            band = new ChannelBand(layouts, s.outputs() / nr, s.outHeight(), s.outWidth(), read, columns, -left);
            int begin = 0;
            for (int p = 0; p < phases.length; p++) {
                phases[p] = phase(p / STRIDE, p % STRIDE, begin);
                begin += phases[p].sums.depth();
            }
        }

        private Phase phase(int row, int column, int begin) {
            int[] i = taps(row, s.top(), s.kernelH());
            int[] j = taps(column, s.left(), s.kernelW());
            int[] offsets = new int[band.groups() * i.length];
            for (int k = 0; k < offsets.length; k++) {
                int h = (row + s.top() - i[k % i.length]) / STRIDE - above;
                int v = (column + s.left() - j[0]) / STRIDE + band.left();
                offsets[k] = k / i.length * band.group() + h * band.line() + v * nr;
            }
            int wide = (s.width() - column + 1) / STRIDE;
            return new Phase(row, column, i, j, new ChannelSums(loops, wide, j.length * nr, nr, offsets), begin);
        }

        /** Taps through which pixels of a parity receive, those that link with earlier pixels of the output first. */
        private static int[] taps(int parity, int pad, int kernel) {
            int first = Math.floorMod(parity + pad, STRIDE);
            int[] taps = new int[(kernel - first + 1) / STRIDE];
            for (int i = 0; i < taps.length; i++) {
                taps[taps.length - 1 - i] = first + i * STRIDE;
            }
            return taps;
        }

        @Override
        ChannelBand band() {
            return band;
        }

        @Override
        int groups() {
            return s.inputs() / nr;
        }

        @Override
        int slack() {
            int most = 0;
            for (Phase phase : phases) {
                most = Math.max(most, phase.sums.slack());
            }
            return most;
        }

        @Override
        void fill(int image, int group, int row, float[] a, int ao) {
            band.fill(group, dy, dyo + image * s.outputs() * s.outPlane(), row / STRIDE + above, a, ao);
        }

        /** Phase by phase as {@code [kernel row][kernel column][output][input]}. */
        @Override
        void pack(int m, int g, float[] packed, int to) {
            int kernel = s.kernel();
            int row = kernel * nr;
            float[] taps = Workspace.take(Purpose.PANELS, (long) nr * row);
            for (int c = 0; c < nr; c++) {
                int from = wo + ((g * nr + c) * s.inputs() + m * nr) * kernel;
                layouts.gather(w, from, kernel, nr, 1, kernel, taps, Workspace.START + c * row, 0);
            }
            for (Phase phase : phases) {
                int step = to + (phase.begin + g * phase.taps() * nr) * nr;
                for (int i : phase.rowTaps) {
                    for (int j : phase.columnTaps) {
                        int tap = Workspace.START + (i * s.kernelW() + j) * nr;
                        tiles.copyRows(taps, tap, row, packed, step, nr);
                        step += nr * nr;
                    }
                }
            }
        }

        @Override
        void outputs(int m, int n, int count, int row, int high, float[] a, float[] weights, int from) {
            int pixels = high * s.width();
            float[] lines = Workspace.take(Purpose.ROWS, (long) count * pixels * nr);
            for (Phase phase : phases) {
                int rows = (high - phase.row + 1) / STRIDE;
                ChannelSums sums = phase.sums;
                float[] c = Workspace.take(Purpose.TILES, (long) count * rows * sums.pitch * nr);
                int begin = from + phase.begin * nr;
                sums.run(count, rows, a, Workspace.START, band.size(), band.line(), weights, begin, c, Workspace.START);
                for (int r = 0; r < count * rows; r++) {
                    int line = r / rows * high + r % rows * STRIDE + phase.row;
                    int to = Workspace.START + (line * s.width() + phase.column) * nr;
                    apart(c, Workspace.START + r * sums.pitch * nr, sums.wide, lines, to);
                }
            }
            int plane = s.height() * s.width();
            for (int i = 0; i < count; i++) {
                int at = Workspace.START + i * pixels * nr;
                int to = ((n + i) * s.inputs() + m * nr) * plane + row * s.width();
                planes.write(lines, at, m * nr, nr, pixels, Epilogue.NONE, dx, dxo, to, plane);
            }
        }

        /** Pixels of one parity of columns to their places in a row. */
        private void apart(float[] c, int from, int wide, float[] lines, int to) {
            for (int q = 0; q < wide; q++) {
                System.arraycopy(c, from + q * nr, lines, to + q * STRIDE * nr, nr);
            }
        }
    }
}

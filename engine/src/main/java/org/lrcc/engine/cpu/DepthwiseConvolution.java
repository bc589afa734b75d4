package org.lrcc.engine.cpu;

import static org.lrcc.engine.cpu.Workspace.START;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Depthwise convolutions, and others with few channels in a group, plane by plane: a padded plane lies in the first cache, and every output pixel is the sum
 * over its taps, vectors running along the pixels of the whole plane. The columns between the rows are computed with the rest and left out when the result is
 * written, so that planes of 7 x 7 fill their vectors too. As products of matrices such convolutions would have a row or a few of them.
 *
 * <p>Input gradients are the same sums of the output's gradient, one a phase of the stride (see {@link ConvPlan}). Weight gradients are sums over a plane by
 * tap and lane, images in order; lanes are added in double.
 */
final class DepthwiseConvolution implements Convolution {
    /** Channels a group may have, in and out. */
    private static final int MAX_CHANNELS = 8;

    /** Floats of padded planes in a chunk of work. */
    private static final int CHUNK = 32_768;

    /** Pixels summed in float before the sums go to double: 512 a lane of 16. */
    private static final int MAX_PIXELS = 8192;

    private final ThreadPool pool;
    private final Tiles tiles;

    DepthwiseConvolution(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
    }

    /** Whether this shape is done here. */
    static boolean fits(ConvShape s) {
        return s.groups() > 1 && s.groupInputs() <= MAX_CHANNELS && s.groupOutputs() <= MAX_CHANNELS;
    }

    /** A piece of work on one group of channels. */
    @FunctionalInterface
    private interface GroupTask {
        void run(int group);
    }

    /** Runs groups {@code 0 .. groups-1}, several to a chunk where each has few floats. */
    private void chunks(int groups, int floats, GroupTask task) {
        int perChunk = Math.max(1, CHUNK / Math.max(1, floats));
        pool.run((groups + perChunk - 1) / perChunk, chunk -> {
            for (int g = chunk * perChunk; g < Math.min(groups, (chunk + 1) * perChunk); g++) {
                task.run(g);
            }
        });
    }

    /** Pixels from the first to the last of a grid whose rows lie {@code pitch} apart. */
    private static int span(int rows, int columns, int pitch) {
        return (rows - 1) * pitch + columns;
    }

    /** The padded planes of {@code count} channels, private to the thread; zeros behind the last. */
    private float[] padded(PaddedPlanes planes, int count, float[] x, int from) {
        int end = count * planes.channel();
        float[] copy = Workspace.take(Purpose.PANELS, end + 4L * tiles.lanes());
        for (int c = 0; c < count; c++) {
            planes.fillChannel(
                    tiles, x, from + c * planes.height() * planes.width(), copy, START + c * planes.channel(), 0f);
        }
        Arrays.fill(copy, START + end, START + end + 4 * tiles.lanes(), 0f);
        return copy;
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
        ConvPlan plan = ConvPlan.of(s, tiles);
        int inputs = s.groupInputs();
        int pitch = plan.input.columns();
        int n = span(s.outHeight(), s.outWidth(), pitch);
        int steps = inputs * s.kernel();
        chunks(s.batch() * s.groups(), inputs * plan.input.channel(), i -> {
            int g = i % s.groups();
            float[] source = padded(plan.input, inputs, x, xo + i * inputs * s.height() * s.width());
            float[] sums = Workspace.take(Purpose.TILES, n + tiles.lanes());
            for (int m = 0; m < s.groupOutputs(); m++) {
                int channel = g * s.groupOutputs() + m;
                tiles.taps(steps, source, START, plan.offsets, w, wo + channel * steps, n, sums, START);
                for (int h = 1; h < s.outHeight(); h++) {
                    System.arraycopy(sums, START + h * pitch, sums, START + h * s.outWidth(), s.outWidth());
                }
                int to = (i * s.groupOutputs() + m) * s.outPlane();
                epilogue.store(tiles, sums, START, s.outPlane(), channel, y, yo, to);
            }
        });
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        ConvPlan plan = ConvPlan.of(s, tiles);
        int outputs = s.groupOutputs();
        int plane = s.height() * s.width();
        chunks(s.batch() * s.groups(), outputs * plan.gradient.channel(), i -> {
            float[] source = padded(plan.gradient, outputs, dy, dyo + i * outputs * s.outPlane());
            int weights = wo + i % s.groups() * outputs * s.groupInputs() * s.kernel();
            for (int c = 0; c < s.groupInputs(); c++) {
                int to = dxo + (i * s.groupInputs() + c) * plane;
                if (plan.phasesLeaveGaps) {
                    Arrays.fill(dx, to, to + plane, 0f);
                }
                for (ConvPlan.Phase phase : plan.phases) {
                    float[] kernel = kernel(s, phase, w, weights + c * s.kernel());
                    addPhase(plan, phase, source, kernel, dx, to);
                }
            }
        });
    }

    /** The weights of a phase's taps, {@code [output][tap]}, of one input channel. */
    private static float[] kernel(ConvShape s, ConvPlan.Phase phase, float[] w, int from) {
        int[] taps = phase.taps();
        float[] kernel = Workspace.take(Purpose.SMALL, s.groupOutputs() * taps.length);
        for (int m = 0; m < s.groupOutputs(); m++) {
            for (int t = 0; t < taps.length; t++) {
                kernel[m * taps.length + t] = w[from + m * s.groupInputs() * s.kernel() + taps[t]];
            }
        }
        return kernel;
    }

    private void addPhase(ConvPlan plan, ConvPlan.Phase phase, float[] source, float[] kernel, float[] dx, int to) {
        ConvShape s = plan.shape;
        ConvPlan.Grid grid = phase.grid();
        int pitch = plan.gradient.columns();
        int n = span(grid.rows(), grid.columns(), pitch);
        float[] sums = Workspace.take(Purpose.TILES, n + tiles.lanes());
        int from = START + grid.source();
        tiles.taps(phase.offsets().length, source, from, phase.offsets(), kernel, 0, n, sums, START);
        for (int q = 0; q < grid.rows(); q++) {
            int row = to + grid.target() + q * s.strideH() * s.width();
            if (s.strideW() == 1) {
                tiles.store(sums, START + q * pitch, dx, row, grid.columns(), 0f);
            } else {
                PackedConvolution.spread(sums, START + q * pitch, dx, row, grid.columns(), s.strideW());
            }
        }
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        ConvPlan plan = ConvPlan.of(s, tiles);
        int inputs = s.groupInputs();
        int outputs = s.groupOutputs();
        int lanes = tiles.lanes();
        int pitch = plan.input.columns();
        int n = span(s.outHeight(), s.outWidth(), pitch);
        int whole = (n + lanes - 1) / lanes * lanes;
        int steps = inputs * s.kernel();
        chunks(s.groups(), s.batch() * inputs * plan.input.channel(), g -> {
            float[] sums = Workspace.take(Purpose.SMALL, (long) outputs * steps * lanes);
            float[] gradient = Workspace.take(Purpose.GRADIENT, whole);
            double[] totals = new double[outputs * steps];
            Arrays.fill(sums, START, START + outputs * steps * lanes, 0f);
            Arrays.fill(gradient, START, START + whole, 0f);
            int pixels = 0;
            for (int i = 0; i < s.batch(); i++) {
                int at = i * s.groups() + g;
                float[] source = padded(plan.input, inputs, x, xo + at * inputs * s.height() * s.width());
                for (int m = 0; m < outputs; m++) {
                    int from = dyo + (at * outputs + m) * s.outPlane();
                    for (int h = 0; h < s.outHeight(); h++) {
                        System.arraycopy(dy, from + h * s.outWidth(), gradient, START + h * pitch, s.outWidth());
                    }
                    tiles.tapProducts(
                            steps, source, START, plan.offsets, gradient, START, n, sums, START + m * steps * lanes);
                }
                pixels += n;
                if (pixels >= MAX_PIXELS || i == s.batch() - 1) {
                    flush(sums, totals);
                    pixels = 0;
                }
            }
            write(totals, dw, dwo + g * outputs * steps);
        });
    }

    /** Adds each sum's lanes to its total, and begins anew. */
    private void flush(float[] sums, double[] totals) {
        int lanes = tiles.lanes();
        for (int k = 0; k < totals.length; k++) {
            double total = totals[k];
            for (int l = 0; l < lanes; l++) {
                total += sums[START + k * lanes + l];
                sums[START + k * lanes + l] = 0f;
            }
            totals[k] = total;
        }
    }

    private static void write(double[] totals, float[] dw, int to) {
        for (int k = 0; k < totals.length; k++) {
            dw[to + k] = (float) totals[k];
        }
    }
}

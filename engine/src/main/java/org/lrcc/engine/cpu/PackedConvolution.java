package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Convolution as a matrix product whose right operand, the im2col matrix, is never stored: its panels are packed straight from the padded image
 * through a table of tap offsets (implicit im2col; Chetlur et al., cuDNN, 2014; Zhang et al., High performance zero-memory overhead
 * direct convolutions, 2018, measure the cost of the explicit one).
 *
 * <p>The batch is merged into the columns of the product: otherwise a 7 x 7 layer would leave a quarter of its tiles empty.
 * Input gradients use the same product with transposed kernels, one a phase of the stride (see {@link ConvPlan}), or {@link ParityGradient}; for weight
 * gradients see {@link WeightGradient}. Groups of few channels would make products of a few rows: {@link DepthwiseConvolution} does them.
 */
final class PackedConvolution implements Convolution {
    private final ThreadPool pool;
    private final Tiles tiles;
    private final WeightGradient weightGradient;
    private final TapWeightGradient tapWeightGradient;
    private final PointWeightGradient pointWeightGradient;
    private final DepthwiseConvolution depthwise;
    private final ParityGradient parityGradient;

    PackedConvolution(ThreadPool pool, Tiles tiles) {
        this.pool = pool;
        this.tiles = tiles;
        weightGradient = new WeightGradient(pool, tiles);
        tapWeightGradient = new TapWeightGradient(pool, tiles);
        pointWeightGradient = new PointWeightGradient(pool, tiles);
        depthwise = new DepthwiseConvolution(pool, tiles);
        parityGradient = new ParityGradient(pool, tiles);
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
        if (DepthwiseConvolution.fits(s)) {
            depthwise.forward(s, x, xo, w, wo, epilogue, y, yo);
            return;
        }
        ConvPlan plan = ConvPlan.of(s, tiles);
        float[] source = padded(pool, tiles, plan.input, s.batch(), x, xo);
        int base = plan.input.isIdentity() ? xo : 0;
        int rows = s.groupOutputs();
        int depth = s.groupInputs() * s.kernel();
        for (int g = 0; g < s.groups(); g++) {
            PackedLeft left = PackedLeft.ofRows(pool, tiles, rows, depth, w, wo + g * rows * depth, depth, 1f);
            int from = base + g * s.groupInputs() * plan.input.channel();
            PanelProduct.run(
                    pool,
                    tiles,
                    left,
                    plan.output.of(tiles, source, from, plan.offsets),
                    new Output(tiles, plan.output, s.outPlane(), g * rows, epilogue, y, yo));
        }
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        if (DepthwiseConvolution.fits(s)) {
            depthwise.inputGradient(s, dy, dyo, w, wo, dx, dxo);
            return;
        }
        ConvPlan plan = ConvPlan.of(s, tiles);
        if (plan.parities != null) {
            parityGradient.run(plan.parities, s, dy, dyo, w, wo, dx, dxo);
            return;
        }
        if (plan.phasesLeaveGaps) {
            Arrays.fill(dx, dxo, dxo + s.batch() * s.inputs() * s.height() * s.width(), 0f);
        }
        float[] source = padded(pool, tiles, plan.gradient, s.batch(), dy, dyo);
        int base = plan.gradient.isIdentity() ? dyo : 0;
        int rows = s.groupInputs();
        int weights = s.groupOutputs() * rows * s.kernel();
        int plane = s.height() * s.width();
        for (int g = 0; g < s.groups(); g++) {
            int from = base + g * s.groupOutputs() * plan.gradient.channel();
            int to = dxo + g * rows * plane;
            for (ConvPlan.Phase phase : plan.phases) {
                PackedLeft left = PackedLeft.ofTransposedKernels(
                        pool, tiles, rows, s.groupOutputs(), w, wo + g * weights, s.kernel(), phase.taps());
                PanelProduct.run(
                        pool,
                        tiles,
                        left,
                        phase.panels().of(tiles, source, from, phase.offsets()),
                        new Gradient(tiles, phase.panels(), plane, dx, to));
            }
        }
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        if (DepthwiseConvolution.fits(s)) {
            depthwise.weightGradient(s, x, xo, dy, dyo, dw, dwo);
        } else if (PointWeightGradient.fits(s, tiles.lanes())) {
            pointWeightGradient.run(s, x, xo, dy, dyo, dw, dwo);
        } else if (TapWeightGradient.fits(s, tiles.lanes())) {
            tapWeightGradient.run(s, x, xo, dy, dyo, dw, dwo);
        } else {
            weightGradient.run(s, x, xo, dy, dyo, dw, dwo);
        }
    }

    /** The input as taps read it: the array itself where no padding or stride asks for a copy. */
    static float[] padded(ThreadPool pool, Tiles tiles, PaddedPlanes planes, int batch, float[] x, int xo) {
        if (planes.isIdentity()) {
            return x;
        }
        float[] copy = Workspace.take(Purpose.PADDED, (long) batch * planes.image() + tiles.columns());
        planes.fill(pool, tiles, batch, x, xo, copy);
        return copy;
    }

    /**
     * {@code dx[to + i*step] = tile[from + i]} for {@code i < n}, float by float: shuffled vectors, blended with what lies between, took 1.01 to 1.1 times as long a pass (3x3, stride 2).
     */
    static void spread(float[] tile, int from, float[] dx, int to, int n, int step) {
        for (int i = 0; i < n; i++) {
            dx[to + i * step] = tile[from + i];
        }
    }

    /** Writes an output with its epilogue. */
    private record Output(Tiles tiles, PixelPanels panels, int plane, int channel, Epilogue epilogue, float[] y, int yo)
            implements PanelProduct.TileSink {

        @Override
        public void store(float[] tile, int to, int row, int rows, int panel) {
            int nr = tiles.columns();
            int from = panels.first[panel];
            int end = panels.contiguous[panel] ? from + 1 : panels.first[panel + 1];
            for (int r = 0; r < rows; r++) {
                int m = channel + row + r;
                for (int i = from; i < end; i++) {
                    int n = panels.contiguous[panel] ? panels.width[panel] : panels.length[i];
                    int at = panels.target[i] + m * plane;
                    epilogue.store(tiles, tile, to + r * nr + panels.column[i], n, m, y, yo, at);
                }
            }
        }
    }

    /** Writes a phase of an input gradient. */
    private record Gradient(Tiles tiles, PixelPanels panels, int plane, float[] dx, int dxo)
            implements PanelProduct.TileSink {

        @Override
        public void store(float[] tile, int to, int row, int rows, int panel) {
            int nr = tiles.columns();
            int from = panels.first[panel];
            int end = panels.contiguous[panel] ? from + 1 : panels.first[panel + 1];
            for (int r = 0; r < rows; r++) {
                int d = dxo + (row + r) * plane;
                for (int i = from; i < end; i++) {
                    int n = panels.contiguous[panel] ? panels.width[panel] : panels.length[i];
                    int s = to + r * nr + panels.column[i];
                    if (panels.step == 1) {
                        tiles.store(tile, s, dx, d + panels.target[i], n, 0f);
                    } else {
                        spread(tile, s, dx, d + panels.target[i], n, panels.step);
                    }
                }
            }
        }
    }
}

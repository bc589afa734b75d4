package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Convolution with a stride where there are 16 registers, whose tiles of six packed pixels are the fastest products: forward passes by {@link RowPairConvolution} or {@link GroupedIm2col}, weight gradients of few
 * channels by {@link RowPairGradient}; other shapes and gradients are left to another.
 *
 * <p>Where whole groups of channels come in, the input is first turned to groups, and a tap's pixels are moved a group at once: packing rows of taps from the planes took 13 to 28 % of what the
 * products take (3x3). Pixels of 1x1 kernels are packed from the planes, each once; so are the first layer's rows of taps.
 *
 * <p>Milliseconds of one thread on Zen 3 (256 bits), batch 8, the least of a process that times {@link PackedConvolution} and this one in turns, nothing else running; the first two rows of 3x3 kernels later, by {@link
 * RowPairConvolution}, beside {@link GroupedIm2col}:
 *
 * <table>
 *   <caption>Stride 2, forward</caption>
 *   <tr><th>layer<th>JDK 17, before<th>here<th>JDK 25, before<th>here
 *   <tr><td>3 to 64, 7x7, 224x224<td>54.8<td>47.2<td>33.2<td>27.7
 *   <tr><td>64 to 128, 3x3, 56x56<td>13.8<td>11.8<td>13.4<td>11.1
 *   <tr><td>128 to 256, 3x3, 28x28<td>12.6<td>10.6<td>12.6<td>10.5
 *   <tr><td>256 to 512, 3x3, 14x14<td>13.7<td>13.5<td>13.9<td>14.0
 *   <tr><td>64 to 128, 1x1, 56x56<td>3.07<td>2.30<td>3.25<td>2.41
 *   <tr><td>128 to 256, 1x1, 28x28<td>2.18<td>1.75<td>2.25<td>1.83
 *   <tr><td>256 to 512, 1x1, 14x14<td>1.66<td>1.44<td>1.57<td>1.50
 * </table>
 *
 * <p>1x1 kernels with vectors along pixels, which turn neither input nor output, took 0.93 to 1.14 of the time that they take here.
 */
final class PackedStrides implements Convolution {
    private final ThreadPool pool;
    private final Tiles tiles;
    private final WinogradTiles layouts;
    private final GroupLoops loops;
    private final GroupedIm2col im2col;
    private final RowPairConvolution rowPairs;
    private final RowPairGradient rowPairGradient;
    private final PlaneOutput planes;
    private final Convolution others;
    private final int nr;

    /**
     * A convolution.
     *
     * @param others for what this one does not do
     */
    PackedStrides(ThreadPool pool, Tiles tiles, WinogradTiles layouts, GroupLoops loops, Convolution others) {
        this.pool = pool;
        this.tiles = tiles;
        this.layouts = layouts;
        this.loops = loops;
        this.others = others;
        im2col = new GroupedIm2col(pool, loops);
        rowPairs = new RowPairConvolution(pool, tiles, layouts, loops);
        rowPairGradient = new RowPairGradient(pool, tiles, loops);
        planes = new PlaneOutput(tiles, layouts);
        nr = loops.columns();
    }

    /** Whether there are kernels for packed pixels. */
    static boolean pays(GroupLoops loops) {
        return loops.distance() > 0;
    }

    private boolean fits(ConvShape s) {
        return s.strideH() * s.strideW() > 1
                && s.groups() == 1
                && s.dilationW() == 1
                && s.outputs() % nr == 0
                && im2col.fits(s, unit(s));
    }

    /** Channels that are packed together. */
    private int unit(ConvShape s) {
        return s.kernel() > 1 && s.inputs() % nr == 0 ? nr : 1;
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo) {
        if (!fits(s)) {
            others.forward(s, x, xo, w, wo, epilogue, y, yo);
            return;
        }
        if (RowPairConvolution.fits(s, loops.distance(), nr)) {
            rowPairs.forward(s, x, xo, w, wo, epilogue, y, yo);
            return;
        }
        int unit = unit(s);
        float[] packed = pack(s, unit, w, wo);
        float[] source = unit == 1 ? x : turned(s, x, xo);
        int from = unit == 1 ? xo : Workspace.START;
        im2col.run(s, unit, source, from, packed, (sums, at, image, pixel, count, group) -> {
            int to = (image * s.outputs() + group * nr) * s.outPlane() + pixel;
            planes.write(sums, at, group * nr, nr, count, epilogue, y, yo, to, s.outPlane());
        });
    }

    /** The input as {@code [image][group][pixel][channel]}. */
    private float[] turned(ConvShape s, float[] x, int xo) {
        int plane = s.height() * s.width();
        float[] out = Workspace.take(Purpose.TRANSFORMED, (long) s.batch() * s.inputs() * plane);
        pool.run(s.batch() * s.inputs() / nr, i -> {
            int first = i * nr * plane;
            layouts.gather(x, xo + first, plane, nr, 1, plane, out, Workspace.START + first, plane);
        });
        return out;
    }

    /** Weights as {@link GroupedDirect#pack} has them. */
    private float[] pack(ConvShape s, int unit, float[] w, int wo) {
        int depth = s.inputs() * s.kernel();
        float[] packed = Workspace.take(Purpose.LEFT, (long) s.outputs() * depth);
        int steps = unit == 1 ? depth : unit * s.kernel();
        int parts = depth / steps;
        pool.run(s.outputs() / nr * parts, i -> {
            int from = wo + i / parts * nr * depth + i % parts * steps;
            int to = Workspace.START + i * steps * nr;
            if (unit == 1) {
                layouts.gather(w, from, depth, nr, 1, depth, packed, to, 0);
            } else {
                GroupedWeights.pack(tiles, layouts, s.kernel(), depth, w, from, packed, to);
            }
        });
        return packed;
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        others.inputGradient(s, dy, dyo, w, wo, dx, dxo);
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        if (RowPairGradient.fits(s, loops.distance(), tiles.lanes())) {
            rowPairGradient.run(s, x, xo, dy, dyo, dw, dwo);
        } else {
            others.weightGradient(s, x, xo, dy, dyo, dw, dwo);
        }
    }
}

package org.lrcc.engine.cpu;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Inference on channels in groups of two vectors: the CPU's convolutions and pools for it. */
final class CpuChannelGroups implements ChannelGroups {
    /** Channels of planes that a first layer may read: each costs a step of the sum and no vector, but also rows of pixels to copy. */
    private static final int MAX_PLANES = 4;

    private final ThreadPool pool;
    private final GroupLoops loops;
    private final WinogradTiles kernels;
    private final ConvolutionChoice choice;
    private final GroupedDirect direct;
    private final GroupedIm2col im2col;
    private final GroupedWinograd winograd;

    CpuChannelGroups(ThreadPool pool, GroupLoops loops, WinogradTiles kernels, ConvolutionChoice choice) {
        this.pool = pool;
        this.loops = loops;
        this.kernels = kernels;
        this.choice = choice;
        direct = new GroupedDirect(pool, loops);
        im2col = new GroupedIm2col(pool, loops);
        winograd = new GroupedWinograd(pool, loops, kernels);
    }

    @Override
    public int group() {
        return loops.columns();
    }

    @Override
    public boolean covers(Shape weight, ConvGeometry geometry, boolean groups) {
        int inputs = weight.size(1);
        return geometry.groups() == 1
                && weight.size(0) % group() == 0
                && (groups ? inputs % group() == 0 : inputs <= MAX_PLANES);
    }

    @Override
    public Convolution convolution(
            Tensor weight, Tensor bias, Activation activation, ConvGeometry geometry, boolean groups) {
        return new Prepared(weight, bias.toFloats(), Activations.clamp(activation), geometry, groups);
    }

    /** The geometry of x [N, C / group, H, W, group] or [N, C, H, W]. */
    private static ConvShape shape(Shape x, boolean groups, Shape w, ConvGeometry g) {
        int height = x.size(2);
        int width = x.size(3);
        boolean pointwise = w.size(2) == 1
                && w.size(3) == 1
                && g.strideHeight() == 1
                && g.strideWidth() == 1
                && (g.padTop() | g.padLeft() | g.padBottom() | g.padRight()) == 0;
        return new ConvShape(
                x.size(0),
                groups ? x.size(1) * x.size(4) : x.size(1),
                pointwise ? 1 : height,
                pointwise ? height * width : width,
                w.size(0),
                w.size(2),
                w.size(3),
                g.strideHeight(),
                g.strideWidth(),
                g.padTop(),
                g.padLeft(),
                g.padBottom(),
                g.padRight(),
                g.dilationHeight(),
                g.dilationWidth(),
                1);
    }

    private final class Prepared implements Convolution {
        private final Tensor weight;
        private final float[] bias;
        private final Activations.Clamp clamp;
        private final ConvGeometry geometry;
        private final boolean groups;
        private float @Nullable [] packed;
        /** By the size of tiles; images of one size need one of these. */
        private final Map<Integer, float[]> transformed = new HashMap<>();

        Prepared(Tensor weight, float[] bias, Activations.Clamp clamp, ConvGeometry geometry, boolean groups) {
            this.weight = weight;
            this.bias = bias;
            this.clamp = clamp;
            this.geometry = geometry;
            this.groups = groups;
        }

        @Override
        public void run(Tensor x, @Nullable Tensor residual, Tensor y) {
            Floats in = Floats.of(x);
            Floats out = Floats.of(y);
            Floats r = Floats.ofNullable(residual);
            ConvShape s = shape(x.shape(), groups, weight.shape(), geometry);
            GroupedDirect.Finish finish = new GroupedDirect.Finish(
                    bias, r == null ? null : r.array(), r == null ? 0 : r.offset(), clamp.low(), clamp.high());
            int tile = groups ? choice.groupedTile(s) : 0;
            if (tile > 0) {
                winograd.run(s, tile, in.array(), in.offset(), transformed(tile), finish, out.array(), out.offset());
            } else {
                int unit = groups ? group() : 1;
                float[] w = packed(unit);
                if (im2col.fits(s, unit)) {
                    im2col.run(s, unit, in.array(), in.offset(), w, finish, out.array(), out.offset());
                } else {
                    direct.run(s, unit, in.array(), in.offset(), w, finish, out.array(), out.offset());
                }
            }
            if (clamp.leaks()) {
                float[] a = out.array();
                Ranges.each(
                        pool,
                        y.elements(),
                        (i, n) -> Activations.leak(a, out.offset() + i, n, clamp.slope(), a, out.offset() + i));
            }
        }

        private synchronized float[] packed(int unit) {
            float[] known = packed;
            if (known == null) {
                Floats w = Floats.of(weight);
                int kernel = weight.shape().size(2) * weight.shape().size(3);
                known = direct.pack(
                        weight.shape().size(0), weight.shape().size(1), kernel, unit, w.array(), w.offset());
                packed = known;
            }
            return known;
        }

        private synchronized float[] transformed(int tile) {
            float[] known = transformed.get(tile);
            if (known == null) {
                Floats w = Floats.of(weight);
                known = winograd.transform(
                        tile, weight.shape().size(0), weight.shape().size(1), w.array(), w.offset());
                transformed.put(tile, known);
            }
            return known;
        }
    }

    @Override
    public void maxPool2d(Tensor x, PoolGeometry g, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        int nr = group();
        int height = x.shape().size(2);
        int width = x.shape().size(3);
        int high = y.shape().size(2);
        int wide = y.shape().size(3);
        pool.run(y.shape().size(0) * y.shape().size(1), image -> {
            for (int i = 0; i < high; i++) {
                int from = in.offset() + image * height * width * nr;
                int to = out.offset() + (image * high + i) * wide * nr;
                int first = i * g.strideHeight() - g.padTop();
                int last = first + 2 * g.dilationHeight();
                if (g.kernelHeight() == 3 && g.kernelWidth() == 3 && first >= 0 && last < height) {
                    maxRows(g, in.array(), from + first * width * nr, width, out.array(), to, wide);
                    continue;
                }
                Arrays.fill(out.array(), to, to + wide * nr, Float.NEGATIVE_INFINITY);
                for (int t = 0; t < g.kernelHeight(); t++) {
                    int h = i * g.strideHeight() - g.padTop() + t * g.dilationHeight();
                    if (h >= 0 && h < height) {
                        maxRow(g, in.array(), from + h * width * nr, width, out.array(), to, wide);
                    }
                }
            }
        });
    }

    /** A row of outputs whose windows of 3x3 pixels lie in the image but for columns at the ends. */
    private void maxRows(PoolGeometry g, float[] x, int from, int width, float[] y, int to, int wide) {
        int nr = group();
        int stride = g.strideWidth();
        int last = 2 * g.dilationWidth() - g.padLeft();
        int line = g.dilationHeight() * width * nr;
        int i0 = Math.min(wide, (g.padLeft() + stride - 1) / stride);
        int i1 = Math.max(i0, Math.min(wide, Math.floorDiv(width - 1 - last, stride) + 1));
        int at = from + (i0 * stride - g.padLeft()) * nr;
        int tap = g.dilationWidth() * nr;
        loops.maxOfNine(x, at, at + line, at + 2 * line, tap, stride * nr, i1 - i0, y, to + i0 * nr);
        Arrays.fill(y, to, to + i0 * nr, Float.NEGATIVE_INFINITY);
        Arrays.fill(y, to + i1 * nr, to + wide * nr, Float.NEGATIVE_INFINITY);
        for (int t = 0; t < 9; t++) {
            int row = from + t / 3 * line;
            int first = t % 3 * g.dilationWidth() - g.padLeft();
            int j0 = first >= 0 ? 0 : (-first + stride - 1) / stride;
            int j1 = Math.min(wide, Math.floorDiv(width - 1 - first, stride) + 1);
            maxPixels(x, row + first * nr, stride * nr, j0, Math.min(j1, i0), y, to);
            maxPixels(x, row + first * nr, stride * nr, Math.max(j0, i1), j1, y, to);
        }
    }

    /** The maximum of a row of outputs and the row of pixels that one row of the windows sees. */
    private void maxRow(PoolGeometry g, float[] x, int from, int width, float[] y, int to, int wide) {
        int nr = group();
        int stride = g.strideWidth();
        int taps = g.kernelWidth();
        int last = (taps - 1) * g.dilationWidth() - g.padLeft();
        // Pixels all of whose taps lie in the row.
        int i0 = Math.min(wide, (g.padLeft() + stride - 1) / stride);
        int i1 = taps == 3 ? Math.max(i0, Math.min(wide, Math.floorDiv(width - 1 - last, stride) + 1)) : i0;
        if (i1 > i0) {
            int first = from + (i0 * stride - g.padLeft()) * nr;
            loops.maxOfThree(x, first, g.dilationWidth() * nr, stride * nr, i1 - i0, y, to + i0 * nr);
        }
        for (int t = 0; t < taps; t++) {
            int first = t * g.dilationWidth() - g.padLeft();
            int j0 = first >= 0 ? 0 : (-first + stride - 1) / stride;
            int j1 = Math.min(wide, Math.floorDiv(width - 1 - first, stride) + 1);
            maxPixels(x, from + first * nr, stride * nr, j0, Math.min(j1, i0), y, to);
            maxPixels(x, from + first * nr, stride * nr, Math.max(j0, i1), j1, y, to);
        }
    }

    private void maxPixels(float[] x, int from, int step, int j0, int j1, float[] y, int to) {
        if (j1 > j0) {
            loops.max(x, from + j0 * step, step, j1 - j0, y, to + j0 * group());
        }
    }

    @Override
    public void globalAverage(Tensor x, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        int nr = group();
        int pixels = x.shape().size(2) * x.shape().size(3);
        for (int i = 0; i < x.shape().size(0) * x.shape().size(1); i++) {
            int from = in.offset() + i * pixels * nr;
            loops.average(in.array(), from, pixels, 1f / pixels, out.array(), out.offset() + i * nr);
        }
    }

    @Override
    public void toPlanes(Tensor x, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        int nr = group();
        int pixels = x.shape().size(2) * x.shape().size(3);
        pool.run(x.shape().size(0) * x.shape().size(1), i -> {
            int at = i * pixels * nr;
            kernels.scatter(in.array(), in.offset() + at, nr, pixels, out.array(), out.offset() + at, pixels);
        });
    }
}

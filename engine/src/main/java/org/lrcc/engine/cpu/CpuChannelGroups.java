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
    private final GroupedDepthwise depthwise;

    CpuChannelGroups(
            ThreadPool pool, GroupLoops loops, DepthwiseLoops rows, WinogradTiles kernels, ConvolutionChoice choice) {
        this.pool = pool;
        this.loops = loops;
        this.kernels = kernels;
        this.choice = choice;
        direct = new GroupedDirect(pool, loops);
        im2col = new GroupedIm2col(pool, loops);
        winograd = new GroupedWinograd(pool, loops, kernels);
        depthwise = new GroupedDepthwise(pool, loops, rows);
    }

    @Override
    public int group() {
        return loops.columns();
    }

    @Override
    public boolean covers(Shape weight, ConvGeometry geometry, boolean groups) {
        return isDepthwise(weight, geometry)
                ? groups
                : geometry.groups() == 1 && (groups || weight.size(1) <= MAX_PLANES);
    }

    private static boolean isDepthwise(Shape weight, ConvGeometry geometry) {
        return geometry.groups() > 1 && geometry.groups() == weight.size(0) && weight.size(1) == 1;
    }

    private int padded(int channels) {
        return Ranges.ceil(channels, group());
    }

    @Override
    public Convolution convolution(
            Tensor weight, Tensor bias, Activation activation, ConvGeometry geometry, boolean groups) {
        Shape shape = weight.shape();
        int outputs = padded(shape.size(0));
        int inputs = groups && !isDepthwise(shape, geometry) ? padded(shape.size(1)) : shape.size(1);
        float[] b = Arrays.copyOf(bias.toFloats(), outputs);
        Tensor w = outputs == shape.size(0) && inputs == shape.size(1) ? weight : padded(weight, outputs, inputs);
        return new Prepared(w, b, shape.size(0), Activations.clamp(activation), geometry, groups);
    }

    /** Weights with zeros for the channels that fill up the last group. */
    private static Tensor padded(Tensor weight, int outputs, int inputs) {
        Shape shape = weight.shape();
        Floats w = Floats.of(weight);
        int kernel = shape.elements(2, 4);
        float[] all = new float[outputs * inputs * kernel];
        int row = shape.size(1) * kernel;
        for (int m = 0; m < shape.size(0); m++) {
            System.arraycopy(w.array(), w.offset() + m * row, all, m * inputs * kernel, row);
        }
        return Tensor.of(all, outputs, inputs, shape.size(2), shape.size(3));
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
                g.groups() == 1 ? 1 : w.size(0));
    }

    private final class Prepared implements Convolution {
        private final Tensor weight;
        private final float[] bias;
        private final int outputs;
        private final Activations.Clamp clamp;
        private final ConvGeometry geometry;
        private final boolean groups;
        private float @Nullable [] packed;
        /** By the size of tiles; images of one size need one of these. */
        private final Map<Integer, float[]> transformed = new HashMap<>();

        /**
         * @param weight of whole groups, {@code outputs} channels of them and zeros
         */
        Prepared(
                Tensor weight,
                float[] bias,
                int outputs,
                Activations.Clamp clamp,
                ConvGeometry geometry,
                boolean groups) {
            this.weight = weight;
            this.bias = bias;
            this.outputs = outputs;
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
            if (s.groups() > 1) {
                depthwise.run(s, in.array(), in.offset(), taps(), finish, out.array(), out.offset());
            } else {
                products(s, in, finish, out);
            }
            if (outputs < weight.shape().size(0)) {
                clear(out.array(), out.offset(), y.shape());
            }
            if (clamp.leaks()) {
                float[] a = out.array();
                Ranges.each(
                        pool,
                        y.elements(),
                        (i, n) -> Activations.leak(a, out.offset() + i, n, clamp.slope(), a, out.offset() + i));
            }
        }

        private void products(ConvShape s, Floats in, GroupedDirect.Finish finish, Floats out) {
            int tile = groups ? choice.groupedTile(s) : 0;
            if (tile > 0) {
                winograd.run(s, tile, in.array(), in.offset(), transformed(tile), finish, out.array(), out.offset());
                return;
            }
            int unit = groups ? group() : 1;
            float[] w = packed(unit);
            if (im2col.fits(s, unit)) {
                im2col.run(s, unit, in.array(), in.offset(), w, finish, out.array(), out.offset());
            } else {
                direct.run(s, unit, in.array(), in.offset(), w, finish, out.array(), out.offset());
            }
        }

        /** Zeros in the channels that fill up the last group: an infinite input times their weights of zero is NaN, which the next convolution would spread. */
        private void clear(float[] y, int yo, Shape shape) {
            int nr = group();
            int last = shape.size(1) - 1;
            int used = outputs - last * nr;
            int pixels = shape.size(2) * shape.size(3);
            pool.run(shape.size(0), n -> {
                int at = yo + (n * (last + 1) + last) * pixels * nr;
                for (int i = 0; i < pixels; i++, at += nr) {
                    for (int c = used; c < nr; c++) {
                        y[at + c] = 0;
                    }
                }
            });
        }

        private synchronized float[] taps() {
            float[] known = packed;
            if (known == null) {
                Floats w = Floats.of(weight);
                known = depthwise.pack(
                        weight.shape().size(0),
                        weight.shape().size(2) * weight.shape().size(3),
                        w.array(),
                        w.offset());
                packed = known;
            }
            return known;
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
        int groups = x.shape().size(1);
        int channels = y.shape().size(1);
        float[] sums = Workspace.take(Workspace.Purpose.SMALL, nr);
        for (int i = 0; i < x.shape().size(0) * groups; i++) {
            int from = in.offset() + i * pixels * nr;
            int first = i % groups * nr;
            loops.average(in.array(), from, pixels, 1f / pixels, sums, Workspace.START);
            int to = out.offset() + i / groups * channels + first;
            System.arraycopy(sums, Workspace.START, out.array(), to, Math.min(nr, channels - first));
        }
    }

    @Override
    public void toPlanes(Tensor x, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        int nr = group();
        int pixels = x.shape().size(2) * x.shape().size(3);
        int groups = x.shape().size(1);
        int channels = y.shape().size(1);
        pool.run(x.shape().size(0) * groups, i -> {
            int first = i % groups * nr;
            int count = Math.min(nr, channels - first);
            int to = out.offset() + (i / groups * channels + first) * pixels;
            kernels.scatter(in.array(), in.offset() + i * pixels * nr, count, pixels, out.array(), to, pixels);
        });
    }
}

package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.Workspace.Purpose;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Pooling.
 *
 * <p>Maximum, forward: a plane is copied with a border of minus infinity and split by the stride ({@link PaddedPlanes}), so that each tap of a row of windows
 * is a run of consecutive floats; comparisons then are vectors whatever the stride. Backward scatters along positions, plane by plane, so the order of sums is
 * fixed.
 */
final class PoolKernels {
    private final ThreadPool pool;
    private final Loops loops;

    PoolKernels(ThreadPool pool, Loops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    void max(Tensor x, PoolGeometry g, Tensor y, @Nullable Tensor positions) {
        Window w = new Window(g, x.shape(), y.shape());
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        PaddedPlanes planes = w.padded();
        int[] taps = w.taps(planes);
        pool.run(w.planes, plane -> {
            float[] padded = Workspace.take(Purpose.PANELS, planes.channel() + 64);
            float[] winners = Workspace.take(Purpose.ROWS, w.outWidth + 64);
            float[] row = Workspace.take(Purpose.TILES, w.outWidth + 64);
            int from = in.offset() + plane * w.inPlane();
            planes.fillChannel(loops, in.array(), from, padded, 0, Float.NEGATIVE_INFINITY);
            for (int h = 0; h < w.outHeight; h++) {
                if (!loops.maxima(padded, h * planes.columns(), taps, w.outWidth, row, winners)) {
                    w.insteadOfPadding(row, winners, h);
                }
                int to = plane * w.outPlane() + h * w.outWidth;
                System.arraycopy(row, 0, out.array(), out.offset() + to, w.outWidth);
                if (positions != null) {
                    store(winners, w.outWidth, positions, to);
                }
            }
        });
    }

    private static void store(float[] winners, int n, Tensor positions, int to) {
        int at = positions.offset() + to;
        if (positions.dtype() == DType.U8) {
            byte[] p = Floats.bytes(positions);
            for (int i = 0; i < n; i++) {
                p[at + i] = (byte) (int) winners[i];
            }
        } else {
            int[] p = Floats.ints(positions);
            for (int i = 0; i < n; i++) {
                p[at + i] = (int) winners[i];
            }
        }
    }

    void maxGrad(Tensor dy, Tensor positions, PoolGeometry g, Tensor dx) {
        Window w = new Window(g, dx.shape(), dy.shape());
        Floats in = Floats.of(dy);
        Floats out = Floats.of(dx);
        int[] steps = new int[g.kernelHeight() * g.kernelWidth()];
        for (int t = 0; t < steps.length; t++) {
            steps[t] = t / g.kernelWidth() * g.dilationHeight() * w.width + t % g.kernelWidth() * g.dilationWidth();
        }
        boolean bytes = positions.dtype() == DType.U8;
        byte[] narrow = bytes ? Floats.bytes(positions) : new byte[0];
        int[] wide = bytes ? new int[0] : Floats.ints(positions);
        pool.run(w.planes, plane -> {
            int to = out.offset() + plane * w.inPlane();
            Arrays.fill(out.array(), to, to + w.inPlane(), 0f);
            for (int h = 0; h < w.outHeight; h++) {
                int row = plane * w.outPlane() + h * w.outWidth;
                int corner = to + (h * g.strideHeight() - g.padTop()) * w.width - g.padLeft();
                int at = positions.offset() + row;
                if (bytes) {
                    scatter(
                            in.array(),
                            in.offset() + row,
                            narrow,
                            at,
                            w.outWidth,
                            steps,
                            out.array(),
                            corner,
                            g.strideWidth());
                } else {
                    for (int i = 0; i < w.outWidth; i++) {
                        out.array()[corner + i * g.strideWidth() + steps[wide[at + i]]] +=
                                in.array()[in.offset() + row + i];
                    }
                }
            }
        });
    }

    private static void scatter(
            float[] dy, int dyo, byte[] position, int po, int n, int[] steps, float[] dx, int corner, int stride) {
        for (int i = 0; i < n; i++) {
            dx[corner + i * stride + steps[position[po + i] & 255]] += dy[dyo + i];
        }
    }

    void average(Tensor x, PoolGeometry g, Tensor y) {
        Window w = new Window(g, x.shape(), y.shape());
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        boolean global = w.isGlobal();
        pool.run(w.chunks(), chunk -> {
            int first = w.first(chunk);
            int end = w.first(chunk + 1);
            int from = in.offset() + first * w.inPlane();
            if (global) {
                loops.means(
                        in.array(),
                        from,
                        w.inPlane(),
                        end - first,
                        out.array(),
                        out.offset() + first,
                        Workspace.lanes());
                return;
            }
            for (int plane = first; plane < end; plane++, from += w.inPlane()) {
                w.average(in.array(), from, out.array(), out.offset() + plane * w.outPlane());
            }
        });
    }

    void averageGrad(Tensor dy, PoolGeometry g, Tensor dx) {
        Window w = new Window(g, dx.shape(), dy.shape());
        Floats in = Floats.of(dy);
        Floats out = Floats.of(dx);
        boolean global = w.isGlobal();
        pool.run(w.chunks(), chunk -> {
            for (int plane = w.first(chunk); plane < w.first(chunk + 1); plane++) {
                if (global) {
                    int to = out.offset() + plane * w.inPlane();
                    float share = (float) (in.array()[in.offset() + plane] / (double) w.inPlane());
                    Arrays.fill(out.array(), to, to + w.inPlane(), share);
                    continue;
                }
                w.spread(
                        in.array(),
                        in.offset() + plane * w.outPlane(),
                        out.array(),
                        out.offset() + plane * w.inPlane());
            }
        });
    }

    /** Windows over planes of one size. */
    private static final class Window {
        final PoolGeometry g;
        final int planes;
        final int height;
        final int width;
        final int outHeight;
        final int outWidth;

        Window(PoolGeometry g, Shape x, Shape y) {
            this.g = g;
            planes = x.size(0) * x.size(1);
            height = x.size(2);
            width = x.size(3);
            outHeight = y.size(2);
            outWidth = y.size(3);
        }

        int inPlane() {
            return height * width;
        }

        /** Whether the one window is the whole plane. */
        boolean isGlobal() {
            boolean padded = g.padTop() + g.padLeft() + g.padBottom() + g.padRight() > 0;
            return !padded && outPlane() == 1 && g.kernelHeight() == height && g.kernelWidth() == width;
        }

        int outPlane() {
            return outHeight * outWidth;
        }

        int planesPerChunk() {
            return Math.max(1, 16_384 / Math.max(1, inPlane()));
        }

        int chunks() {
            return (planes + planesPerChunk() - 1) / planesPerChunk();
        }

        int first(int chunk) {
            return Math.min(planes, chunk * planesPerChunk());
        }

        PaddedPlanes padded() {
            return PaddedPlanes.of(
                    1,
                    height,
                    width,
                    g.padTop(),
                    g.padLeft(),
                    g.kernelHeight(),
                    g.kernelWidth(),
                    g.strideHeight(),
                    g.strideWidth(),
                    g.dilationHeight(),
                    g.dilationWidth(),
                    outHeight,
                    outWidth);
        }

        int[] taps(PaddedPlanes p) {
            int[] taps = new int[g.kernelHeight() * g.kernelWidth()];
            for (int t = 0; t < taps.length; t++) {
                taps[t] = p.tap(t / g.kernelWidth() * g.dilationHeight(), t % g.kernelWidth() * g.dilationWidth());
            }
            return taps;
        }

        private boolean inside(int h, int w, int tap) {
            int row = h * g.strideHeight() - g.padTop() + tap / g.kernelWidth() * g.dilationHeight();
            int column = w * g.strideWidth() - g.padLeft() + tap % g.kernelWidth() * g.dilationWidth();
            return row >= 0 && row < height && column >= 0 && column < width;
        }

        /** In a window of nothing but minus infinity the first pixel wins and not the padding. */
        void insteadOfPadding(float[] row, float[] winners, int h) {
            for (int i = 0; i < outWidth; i++) {
                if (row[i] == Float.NEGATIVE_INFINITY) {
                    int t = 0;
                    while (!inside(h, i, t) && t < g.kernelHeight() * g.kernelWidth() - 1) {
                        t++;
                    }
                    winners[i] = t;
                }
            }
        }

        void average(float[] x, int xo, float[] y, int yo) {
            for (int h = 0; h < outHeight; h++) {
                for (int q = 0; q < outWidth; q++) {
                    double sum = 0;
                    for (int t = 0; t < g.kernelHeight() * g.kernelWidth(); t++) {
                        if (inside(h, q, t)) {
                            sum += x[xo + pixel(h, q, t)];
                        }
                    }
                    y[yo + h * outWidth + q] = (float) (sum / divisor(h, q));
                }
            }
        }

        void spread(float[] dy, int dyo, float[] dx, int dxo) {
            Arrays.fill(dx, dxo, dxo + inPlane(), 0f);
            for (int h = 0; h < outHeight; h++) {
                for (int q = 0; q < outWidth; q++) {
                    float share = (float) (dy[dyo + h * outWidth + q] / (double) divisor(h, q));
                    for (int t = 0; t < g.kernelHeight() * g.kernelWidth(); t++) {
                        if (inside(h, q, t)) {
                            dx[dxo + pixel(h, q, t)] += share;
                        }
                    }
                }
            }
        }

        private int pixel(int h, int w, int tap) {
            int row = h * g.strideHeight() - g.padTop() + tap / g.kernelWidth() * g.dilationHeight();
            return row * width + w * g.strideWidth() - g.padLeft() + tap % g.kernelWidth() * g.dilationWidth();
        }

        /** Elements an average divides by: the pixels, or with padding those that lie inside the padded image. */
        private int divisor(int h, int w) {
            int n = 0;
            for (int t = 0; t < g.kernelHeight() * g.kernelWidth(); t++) {
                int row = h * g.strideHeight() - g.padTop() + t / g.kernelWidth() * g.dilationHeight();
                int column = w * g.strideWidth() - g.padLeft() + t % g.kernelWidth() * g.dilationWidth();
                boolean counted = g.countIncludePad()
                        ? row < height + g.padBottom() && column < width + g.padRight()
                        : row >= 0 && row < height && column >= 0 && column < width;
                n += counted ? 1 : 0;
            }
            return Math.max(1, n);
        }
    }
}

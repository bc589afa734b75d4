package org.lrcc.engine.reference;

import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;

/** Pooling over windows of [N, C, H, W]. */
final class ReferencePool {
    /** The element that a window's tap falls on, or -1 for padding. */
    private static int tap(PoolGeometry g, Shape x, int plane, int oh, int ow, int position) {
        int ih = oh * g.strideHeight() - g.padTop() + position / g.kernelWidth() * g.dilationHeight();
        int iw = ow * g.strideWidth() - g.padLeft() + position % g.kernelWidth() * g.dilationWidth();
        boolean inside = ih >= 0 && ih < x.size(2) && iw >= 0 && iw < x.size(3);
        return inside ? (plane * x.size(2) + ih) * x.size(3) + iw : -1;
    }

    private ReferencePool() {}

    /** Winners' positions in their windows. */
    static int[] winners(double[] x, Shape xShape, PoolGeometry g, Shape yShape) {
        int[] winners = new int[yShape.elements()];
        int planes = yShape.elements(0, 2);
        int at = 0;
        for (int plane = 0; plane < planes; plane++) {
            for (int oh = 0; oh < yShape.size(2); oh++) {
                for (int ow = 0; ow < yShape.size(3); ow++) {
                    winners[at++] = winner(x, xShape, g, plane, oh, ow);
                }
            }
        }
        return winners;
    }

    private static int winner(double[] x, Shape xShape, PoolGeometry g, int plane, int oh, int ow) {
        int winner = -1;
        double best = Double.NEGATIVE_INFINITY;
        for (int position = 0; position < g.kernelHeight() * g.kernelWidth(); position++) {
            int from = tap(g, xShape, plane, oh, ow, position);
            if (from < 0) {
                continue;
            }
            double value = x[from];
            if (winner < 0 || value > best || (Double.isNaN(value) && !Double.isNaN(best))) {
                winner = position;
                best = value;
            }
        }
        return Math.max(winner, 0);
    }

    /** The winners' values. */
    static double[] max(double[] x, Shape xShape, PoolGeometry g, Shape yShape, int[] winners) {
        double[] y = new double[winners.length];
        for (int i = 0; i < y.length; i++) {
            int from = source(xShape, g, yShape, i, winners[i]);
            y[i] = from < 0 ? Double.NEGATIVE_INFINITY : x[from];
        }
        return y;
    }

    static double[] maxGrad(double[] dy, Shape yShape, int[] winners, PoolGeometry g, Shape xShape) {
        double[] dx = new double[xShape.elements()];
        for (int i = 0; i < dy.length; i++) {
            int to = source(xShape, g, yShape, i, winners[i]);
            if (to >= 0) {
                dx[to] += dy[i];
            }
        }
        return dx;
    }

    private static int source(Shape x, PoolGeometry g, Shape y, int output, int position) {
        int ow = output % y.size(3);
        int oh = output / y.size(3) % y.size(2);
        return tap(g, x, output / y.size(3) / y.size(2), oh, ow, position);
    }

    static double[] average(double[] x, Shape xShape, PoolGeometry g, Shape yShape) {
        double[] y = new double[yShape.elements()];
        int window = g.kernelHeight() * g.kernelWidth();
        for (int i = 0; i < y.length; i++) {
            double sum = 0;
            for (int position = 0; position < window; position++) {
                int from = source(xShape, g, yShape, i, position);
                sum += from < 0 ? 0 : x[from];
            }
            y[i] = sum / count(xShape, g, yShape, i);
        }
        return y;
    }

    static double[] averageGrad(double[] dy, Shape yShape, PoolGeometry g, Shape xShape) {
        double[] dx = new double[xShape.elements()];
        int window = g.kernelHeight() * g.kernelWidth();
        for (int i = 0; i < dy.length; i++) {
            for (int position = 0; position < window; position++) {
                int to = source(xShape, g, yShape, i, position);
                if (to >= 0) {
                    dx[to] += dy[i] / count(xShape, g, yShape, i);
                }
            }
        }
        return dx;
    }

    /**
     * What an average is divided by: taps on the input, or on the padded input (not those that ceil mode adds beyond
     * it). At least 1.
     */
    private static int count(Shape x, PoolGeometry g, Shape y, int output) {
        int ow = output % y.size(3);
        int oh = output / y.size(3) % y.size(2);
        int rows = taps(
                oh * g.strideHeight() - g.padTop(),
                g.kernelHeight(),
                g.dilationHeight(),
                g.countIncludePad() ? -g.padTop() : 0,
                x.size(2) + (g.countIncludePad() ? g.padBottom() : 0));
        int columns = taps(
                ow * g.strideWidth() - g.padLeft(),
                g.kernelWidth(),
                g.dilationWidth(),
                g.countIncludePad() ? -g.padLeft() : 0,
                x.size(3) + (g.countIncludePad() ? g.padRight() : 0));
        return Math.max(rows * columns, 1);
    }

    private static int taps(int start, int kernel, int dilation, int from, int to) {
        int count = 0;
        for (int i = 0; i < kernel; i++) {
            int at = start + i * dilation;
            if (at >= from && at < to) {
                count++;
            }
        }
        return count;
    }
}

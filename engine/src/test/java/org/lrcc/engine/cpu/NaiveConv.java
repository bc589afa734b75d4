package org.lrcc.engine.cpu;

import java.util.Random;

/** The definition of a convolution and its gradients, in double: seven loops. */
final class NaiveConv {
    final double[] y;
    final double[] dx;
    final double[] dw;

    NaiveConv(ConvShape s, float[] x, float[] w, float[] dy) {
        y = new double[dy.length];
        dx = new double[x.length];
        dw = new double[w.length];
        for (int n = 0; n < s.batch(); n++) {
            for (int m = 0; m < s.outputs(); m++) {
                for (int oh = 0; oh < s.outHeight(); oh++) {
                    for (int ow = 0; ow < s.outWidth(); ow++) {
                        pixel(s, x, w, dy, n, m, oh, ow);
                    }
                }
            }
        }
    }

    private void pixel(ConvShape s, float[] x, float[] w, float[] dy, int n, int m, int oh, int ow) {
        int o = ((n * s.outputs() + m) * s.outHeight() + oh) * s.outWidth() + ow;
        for (int c = 0; c < s.groupInputs(); c++) {
            for (int i = 0; i < s.kernelH(); i++) {
                for (int j = 0; j < s.kernelW(); j++) {
                    int h = oh * s.strideH() - s.top() + i * s.dilationH();
                    int q = ow * s.strideW() - s.left() + j * s.dilationW();
                    if (h >= 0 && q >= 0 && h < s.height() && q < s.width()) {
                        int channel = m / s.groupOutputs() * s.groupInputs() + c;
                        int xi = ((n * s.inputs() + channel) * s.height() + h) * s.width() + q;
                        int wi = ((m * s.groupInputs() + c) * s.kernelH() + i) * s.kernelW() + j;
                        y[o] += x[xi] * (double) w[wi];
                        dx[xi] += dy[o] * (double) w[wi];
                        dw[wi] += dy[o] * (double) x[xi];
                    }
                }
            }
        }
    }

    static float[] random(int n, long seed) {
        Random r = new Random(seed);
        float[] a = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = r.nextFloat() - 0.5f;
        }
        return a;
    }

    /** Random geometries: odd sizes, asymmetric padding, strides and dilations that differ by axis, groups. */
    static ConvShape randomShape(Random r) {
        int g = r.nextInt(4) == 0 ? 1 + r.nextInt(3) : 1;
        int kh = 1 + r.nextInt(4);
        int kw = 1 + r.nextInt(4);
        int dh = 1 + r.nextInt(2);
        int dw = 1 + r.nextInt(2);
        int top = r.nextInt(3);
        int left = r.nextInt(3);
        int bottom = r.nextInt(3);
        int right = r.nextInt(3);
        int h = Math.max(1, dh * (kh - 1) + 1 - top - bottom) + r.nextInt(12);
        int w = Math.max(1, dw * (kw - 1) + 1 - left - right) + r.nextInt(40);
        return new ConvShape(
                1 + r.nextInt(3),
                g * (1 + r.nextInt(9)),
                h,
                w,
                g * (1 + r.nextInt(40)),
                kh,
                kw,
                1 + r.nextInt(3),
                1 + r.nextInt(3),
                top,
                left,
                bottom,
                right,
                dh,
                dw,
                g);
    }

    /** Largest error against the definition, relative to the largest value. */
    static double error(float[] actual, int offset, double[] expected) {
        double error = 0;
        double scale = 1e-6;
        for (int i = 0; i < expected.length; i++) {
            error = Math.max(error, Math.abs(actual[offset + i] - expected[i]));
            if (Float.isNaN(actual[offset + i])) {
                return Double.NaN;
            }
            scale = Math.max(scale, Math.abs(expected[i]));
        }
        return error / scale;
    }
}

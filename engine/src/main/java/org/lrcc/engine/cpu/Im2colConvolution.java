package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Convolution by an explicit im2col matrix and a matrix product: the path without vector instructions. Images are taken side by side by the pool's
 * threads; weight gradients are summed image by image in order.
 */
final class Im2colConvolution implements Convolution {
    private final ThreadPool pool;
    private final Gemm gemm;

    Im2colConvolution(ThreadPool pool, Gemm gemm) {
        this.pool = pool;
        this.gemm = gemm;
    }

    private static int depth(ConvShape s) {
        return s.groupInputs() * s.kernel();
    }

    private static int in(ConvShape s, int image, int group) {
        return (image * s.inputs() + group * s.groupInputs()) * s.height() * s.width();
    }

    private static int out(ConvShape s, int image, int group) {
        return (image * s.outputs() + group * s.groupOutputs()) * s.outPlane();
    }

    private static int weights(ConvShape s, int group) {
        return group * s.groupOutputs() * depth(s);
    }

    @Override
    public void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue e, float[] y, int yo) {
        int k = depth(s);
        int n = s.outPlane();
        int m = s.groupOutputs();
        pool.run(s.batch() * s.groups(), i -> {
            int image = i / s.groups();
            int g = i % s.groups();
            float[] columns = Workspace.take(Purpose.ROWS, (long) k * n);
            unfold(s, x, xo + in(s, image, g), columns);
            int to = out(s, image, g);
            gemm.multiply(false, false, m, n, k, 1f, w, wo + weights(s, g), k, columns, 0, n, 0f, y, yo + to, n);
            for (int r = 0; r < m; r++) {
                finish(e, g * m + r, to + r * n, n, y, yo);
            }
        });
    }

    private static void finish(Epilogue e, int channel, int to, int n, float[] y, int yo) {
        float[] bias = e.bias();
        float[] residual = e.residual();
        float b = bias == null ? 0f : bias[e.biasOffset() + channel];
        for (int i = to; i < to + n; i++) {
            float v = y[yo + i] + b;
            if (residual != null) {
                v += residual[e.residualOffset() + i];
            }
            y[yo + i] = Math.min(e.high(), Math.max(e.low(), v));
        }
    }

    @Override
    public void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        int k = depth(s);
        int n = s.outPlane();
        int m = s.groupOutputs();
        pool.run(s.batch() * s.groups(), i -> {
            int image = i / s.groups();
            int g = i % s.groups();
            float[] columns = Workspace.take(Purpose.ROWS, (long) k * n);
            int from = dyo + out(s, image, g);
            gemm.multiply(true, false, k, n, m, 1f, w, wo + weights(s, g), k, dy, from, n, 0f, columns, 0, n);
            int to = dxo + in(s, image, g);
            Arrays.fill(dx, to, to + s.groupInputs() * s.height() * s.width(), 0f);
            fold(s, columns, dx, to);
        });
    }

    @Override
    public void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        int k = depth(s);
        int n = s.outPlane();
        int m = s.groupOutputs();
        pool.run(s.groups(), g -> {
            float[] columns = Workspace.take(Purpose.ROWS, (long) k * n);
            for (int image = 0; image < s.batch(); image++) {
                unfold(s, x, xo + in(s, image, g), columns);
                float beta = image == 0 ? 0f : 1f;
                int from = dyo + out(s, image, g);
                gemm.multiply(false, true, m, k, n, 1f, dy, from, n, columns, 0, n, beta, dw, dwo + weights(s, g), k);
            }
        });
    }

    /** im2col of one group of one image. */
    private static void unfold(ConvShape s, float[] x, int from, float[] columns) {
        int to = 0;
        for (int c = 0; c < s.groupInputs(); c++) {
            int plane = from + c * s.height() * s.width();
            for (int i = 0; i < s.kernelH(); i++) {
                for (int j = 0; j < s.kernelW(); j++) {
                    for (int oh = 0; oh < s.outHeight(); oh++) {
                        int h = oh * s.strideH() - s.top() + i * s.dilationH();
                        for (int ow = 0; ow < s.outWidth(); ow++) {
                            int q = ow * s.strideW() - s.left() + j * s.dilationW();
                            boolean inside = h >= 0 && h < s.height() && q >= 0 && q < s.width();
                            columns[to++] = inside ? x[plane + h * s.width() + q] : 0f;
                        }
                    }
                }
            }
        }
    }

    /** The transpose of {@link #unfold}: adds columns back to the pixels they came from. */
    private static void fold(ConvShape s, float[] columns, float[] dx, int to) {
        int from = 0;
        for (int c = 0; c < s.groupInputs(); c++) {
            int plane = to + c * s.height() * s.width();
            for (int i = 0; i < s.kernelH(); i++) {
                for (int j = 0; j < s.kernelW(); j++) {
                    for (int oh = 0; oh < s.outHeight(); oh++) {
                        int h = oh * s.strideH() - s.top() + i * s.dilationH();
                        for (int ow = 0; ow < s.outWidth(); ow++, from++) {
                            int q = ow * s.strideW() - s.left() + j * s.dilationW();
                            if (h >= 0 && h < s.height() && q >= 0 && q < s.width()) {
                                dx[plane + h * s.width() + q] += columns[from];
                            }
                        }
                    }
                }
            }
        }
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.tensor.Tensor;

/** Pixels of image files on their way into a network. */
final class ImageKernels {
    private static final int CHANNELS = 3;
    private static final int VALUES = 256;

    private ImageKernels() {}

    /** A byte has so few values that each is computed once. */
    static void normalize(ThreadPool pool, Tensor x, float[] mean, float[] std, Tensor y) {
        byte[] in = Floats.bytes(x);
        Floats out = Floats.of(y);
        int plane = y.shape().size(2) * y.shape().size(3);
        float[][] tables = new float[CHANNELS][VALUES];
        for (int c = 0; c < CHANNELS; c++) {
            for (int v = 0; v < VALUES; v++) {
                tables[c][v] = (v / 255f - mean[c]) / std[c];
            }
        }
        pool.run(x.shape().size(0) * CHANNELS, task -> {
            float[] table = tables[task % CHANNELS];
            int from = x.offset() + task / CHANNELS * plane * CHANNELS + task % CHANNELS;
            int to = out.offset() + task * plane;
            for (int i = 0; i < plane; i++) {
                out.array()[to + i] = table[in[from + CHANNELS * i] & 0xFF];
            }
        });
    }
}

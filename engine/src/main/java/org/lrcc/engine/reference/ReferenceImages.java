package org.lrcc.engine.reference;

import org.lrcc.engine.tensor.Tensor;

/** Bytes of images to floats. */
final class ReferenceImages {
    private ReferenceImages() {}

    /** In floats, as it is defined; the oracle and the others agree to the bit. */
    static void normalize(Tensor x, float[] mean, float[] std, Tensor y) {
        int[] in = Values.readInts(x);
        int plane = y.shape().size(2) * y.shape().size(3);
        double[] out = new double[y.elements()];
        for (int i = 0; i < out.length; i++) {
            int c = i / plane % mean.length;
            int pixel = i / (plane * mean.length) * plane + i % plane;
            float share = in[pixel * mean.length + c] / 255f;
            out[i] = (share - mean[c]) / std[c];
        }
        Values.write(out, y);
    }
}

package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;

/** The three passes of a convolution on NCHW arrays. Every result has the same bits for any number of threads. */
interface Convolution {
    /**
     * What is done to a result before it is written: a bias for each channel and a residual of the output's shape are added, then it is
     * clamped to {@code low .. high}.
     */
    @SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
    record Epilogue(
            float @Nullable [] bias,
            int biasOffset,
            float @Nullable [] residual,
            int residualOffset,
            float low,
            float high) {
        static final Epilogue NONE = new Epilogue(null, 0, null, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

        boolean clamps() {
            return low != Float.NEGATIVE_INFINITY || high != Float.POSITIVE_INFINITY;
        }

        /** Writes {@code n} sums of one channel to {@code y[yo + to ..]}; the residual has its values at {@code to} too. */
        void store(Tiles tiles, float[] sums, int from, int n, int channel, float[] y, int yo, int to) {
            if (bias == null && residual == null && !clamps()) {
                tiles.store(sums, from, y, yo + to, n, 0f);
                return;
            }
            float b = bias == null ? 0f : bias[biasOffset + channel];
            if (residual == null) {
                tiles.storeBiased(sums, from, y, yo + to, n, b, low, high);
            } else {
                tiles.storeResidual(sums, from, y, yo + to, n, b, residual, residualOffset + to, low, high);
            }
        }
    }

    /** {@code y = epilogue(conv(x, w))}; y {@code [batch, outputs, outHeight, outWidth]} at {@code yo}. */
    void forward(ConvShape s, float[] x, int xo, float[] w, int wo, Epilogue epilogue, float[] y, int yo);

    /** Gradient of the input: {@code dx}, overwritten. */
    void inputGradient(ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo);

    /** Gradient of the weights, {@code [outputs, inputs/groups, kernelH, kernelW]}. */
    void weightGradient(ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo);
}

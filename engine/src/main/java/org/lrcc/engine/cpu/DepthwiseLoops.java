package org.lrcc.engine.cpu;

/** The inner loop of depthwise convolutions on channels in groups. */
public interface DepthwiseLoops {
    /** Pixels that are summed together: a row of fewer is summed one by one. */
    int TOGETHER = 4;

    /**
     * A row of output pixels of a group of {@code columns} channels (two vectors):
     * {@code y[i*columns + c] = min(high, max(low, bias[c] + sum over t < offsets.length of x[xo + offsets[t] + i*step + c] * w[wo + t*columns + c]))} for {@code i < pixels}; NaN stays NaN.
     *
     * @param offsets where a pixel's taps are in x, from its first
     * @param step floats of x from an output pixel's first tap to the next one's
     */
    void row(
            int[] offsets,
            float[] x,
            int xo,
            int step,
            int pixels,
            float[] w,
            int wo,
            float[] bias,
            int bo,
            float low,
            float high,
            float[] y,
            int yo);
}

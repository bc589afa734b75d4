package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;

/**
 * The inner loops of inference on channels in groups: a group holds {@code [pixel][columns]}, and vectors run along its channels, so that pixels are neither packed nor
 * turned, and a result is finished where it is written.
 */
public interface GroupLoops {
    /** Floats of weights that a step of a tile of seven pixels reads ahead: seven tiles together read those of a step, {@link #columns()} of them. */
    int AHEAD = 5;

    /** Pixels of a full tile, the best first; the end of a row may be summed by tiles of 4. */
    int[] heights();

    /** Channels in a group: two vectors. */
    int columns();

    /**
     * {@code c[r][j] = from[r][j] + sum over p < depth of a[ao + p + r*step] * b[bo + p*columns + j]} for {@code r < height}.
     *
     * @param height one of {@link #heights()} or 4
     * @param ahead a tile of seven pixels reads {@code b[ahead + p*AHEAD]} as well, which brings it nearer
     * @return the sum of what was read so, or 0: to be stored somewhere, or C2 leaves the reads out
     */
    float multiply(
            int height,
            int depth,
            float[] a,
            int ao,
            int step,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co,
            int ahead);

    /**
     * {@code c[r][j] = from[r][j] + sum over p < offsets.length of a[ao + offsets[p] + r*step] * b[bo + p*columns + j]} for {@code r < height}.
     *
     * @param height one of {@link #heights()} or 4
     */
    void multiplyAt(
            int height,
            int[] offsets,
            float[] a,
            int ao,
            int step,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co);

    /** Floats between pixels for {@link #multiplyPacked}, a multiple of {@link #columns()}; 0 where {@link #multiply} is faster. */
    int distance();

    /** Pixels of a full tile of {@link #multiplyPacked}. */
    int packedHeight();

    /**
     * {@code c[r][j] = from[r][j] + sum over p < depth of a[ao + p + r*distance] * b[bo + p*columns + j]} for {@code r < height}.
     *
     * @param height {@link #packedHeight()} or 4
     */
    void multiplyPacked(
            int height, int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co);

    /** Copies a group of each of {@code pixels} pixels of x, {@code step} floats apart, to pixels of y that are {@link #distance()} apart. */
    void spread(float[] x, int xo, int step, int pixels, float[] y, int yo);

    /** As {@link #spread} of the difference of two: {@code x[xo + ...] - x[less + ...]}. */
    void spreadDifference(float[] x, int xo, int less, int step, int pixels, float[] y, int yo);

    /** As {@link #spread}, one vector of each. */
    void spreadVector(float[] x, int xo, int step, int pixels, float[] y, int yo);

    /**
     * Rows of floats {@link #distance()} apart: {@code y[yo + k*distance + i] = x[xo + at[k] + i] - x[xo + less[k] + i]} for {@code first <= k < end, i < n}; reads and writes up to one vector
     * more of each.
     *
     * @param less null to subtract nothing
     */
    void spreadRows(float[] x, int xo, int[] at, int @Nullable [] less, int first, int end, int n, float[] y, int yo);

    /** {@code y = min(high, max(low, c + bias + residual))} for {@code pixels} pixels of a group; NaN stays NaN. */
    void finish(
            float[] c,
            int co,
            int pixels,
            float[] bias,
            int bo,
            float @Nullable [] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo);

    /**
     * Turns the 36 values of a Winograd tile at {@code oo}, {@code slab} apart, into the {@code height x width} (at most 4x4) pixels that lie in the image and finishes them.
     *
     * @param rowPixels pixels in a row of y and of the residual
     * @param scratch 24 vectors from {@code so} on
     */
    void winogradOutput(
            float[] o,
            int oo,
            int slab,
            int height,
            int width,
            int rowPixels,
            float[] bias,
            int bo,
            float @Nullable [] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo,
            float[] scratch,
            int so);

    /** {@code y = max(y, x)} at each of {@code pixels} pixels of a group of y, for pixels of x that are {@code step} floats apart; NaN wins. */
    void max(float[] x, int xo, int step, int pixels, float[] y, int yo);

    /** As {@link #max} of three pixels of x, {@code tap} floats apart. */
    void maxOfThree(float[] x, int xo, int tap, int step, int pixels, float[] y, int yo);

    /** {@code y} = the maximum of three pixels, {@code tap} floats apart, in each of three rows of x. */
    void maxOfNine(float[] x, int row0, int row1, int row2, int tap, int step, int pixels, float[] y, int yo);

    /** {@code y = scale * sum of pixels} of a group. */
    void average(float[] x, int xo, int pixels, float scale, float[] y, int yo);
}

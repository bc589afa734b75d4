package org.lrcc.engine.cpu;

/**
 * The inner loops of matrix products: small tiles of the result held in registers, and the packing that feeds them.
 *
 * <p>A tile has {@link #rows()} x {@link #columns()} values, stored row after row. The left operand is packed as
 * {@code [depth][height]}, the right one as {@code [depth][columns()]}.
 */
public interface Tiles extends StridedRows {
    /** Rows of a full tile. */
    int rows();

    /** Columns of a tile: two vectors. */
    int columns();

    /** Floats in a vector. */
    int lanes();

    /** The height a block of {@code rows} rows (at most {@link #rows()}) is packed with: the least kernel that holds it. */
    int height(int rows);

    /**
     * {@code tile = (accumulate ? tile : 0) + a * b}.
     *
     * @param height rows of the tile, a result of {@link #height}
     * @param depth length of the sums
     * @param a left operand at {@code ao}, {@code [depth][height]}
     * @param b right operand at {@code bo}, {@code [depth][columns()]}
     * @param c tile at {@code co}, {@code [height][columns()]}
     */
    void multiply(int height, int depth, float[] a, int ao, float[] b, int bo, float[] c, int co, boolean accumulate);

    /**
     * As {@link #multiply} for a full tile, with the left operand given as rows that start anywhere: row r is
     * {@code a[ao + offsets[k + r] + p]}.
     */
    void multiplyRows(
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            float[] c,
            int co,
            boolean accumulate);

    /**
     * As {@link #multiply}, with the left operand read from whole vectors: row i of step p is {@code a[ao + p*lanes + i]}.
     *
     * @param height {@link #rows()}, or 4
     */
    void multiplyColumns(
            int height, int depth, float[] a, int ao, float[] b, int bo, float[] c, int co, boolean accumulate);

    /**
     * {@code C = D + A B} for four rows and {@link #columns()} columns, with rows of B, C and D that lie {@code ldb}, {@code ldc} and {@code ldd} floats apart. D may be C.
     *
     * @param a left operand at {@code ao}, {@code [depth][4]}
     */
    void multiplyInPlace(
            int depth,
            float[] a,
            int ao,
            float[] b,
            int bo,
            int ldb,
            float[] d,
            int dOffset,
            int ldd,
            float[] c,
            int co,
            int ldc);

    /** The loops of products of a few terms. */
    ShortSums shortSums();

    /**
     * Packs four rows vector by vector: {@code y[yo + 4*p + r*lanes() + i] = x[x_r + p + i]} for {@code i < lanes()} and each {@code p < n} that is a multiple of it.
     *
     * @param n a multiple of {@link #lanes()}
     */
    void packFourRowVectors(float[] x, int x0, int x1, int x2, int x3, int n, float[] y, int yo);

    /** As {@link #rowProducts}, with rows of y that {@link #packFourRowVectors} has packed. */
    void packedRowProducts(int length, float[] x, int x0, int x1, float[] y, int yo, float[] sums, int so);

    /**
     * Products of two rows of x with four of y, summed by lane: {@code sums[so + (4*r + s)*lanes() + i]} is the sum of {@code x[x_r + p] * y[y_s + p]} over {@code p < length} with {@code p % lanes() == i}.
     *
     * @param length a multiple of {@link #lanes()}
     */
    void rowProducts(
            int length, float[] x, int x0, int x1, float[] y, int y0, int y1, int y2, int y3, float[] sums, int so);

    /**
     * Adds the lanes of {@code n} vectors, always in the same order (what the JVM makes of a vector's own sum is not): {@code y[yo + i]} is the sum of {@code sums[so + i*lanes()]} to {@code sums[so + i*lanes() + lanes() - 1]}.
     *
     * @param n a multiple of 8
     */
    void addLanes(float[] sums, int so, int n, float[] y, int yo);

    /**
     * Planes to vectors of channels: {@code y[yo + j*lanes + c] = x[xo + channel[c] + j*step]} for {@code c < count}, zero for the other lanes, {@code j < n}.
     *
     * @param channel {@link #lanes()} offsets
     */
    void packLanes(float[] x, int xo, int[] channel, int count, int step, int n, float[] y, int yo);

    /**
     * Packs one panel of the right operand from runs of consecutive floats: row {@code p} receives, for each run
     * {@code i} in {@code first .. first+count-1}, {@link #lanes()} floats from
     * {@code x[base + source[i] + offsets[k0 + p]]} at {@code column[i]}. Runs are given by ascending column and each
     * overwrites what its predecessor wrote too much; up to one vector past the panel's end is overwritten as well.
     */
    void packRuns(
            float[] x,
            int base,
            int[] offsets,
            int k0,
            int depth,
            float[] b,
            int bo,
            int[] source,
            int[] column,
            int first,
            int count);

    /**
     * Packs one panel of a transposed right operand: {@code b[p][j] = x[base + j*ldx + p]} for {@code j < width}; other columns are
     * set to zero.
     */
    void packTransposed(float[] x, int base, int ldx, int width, int depth, float[] b, int bo);

    /** Packs four rows of the left operand: {@code o[to + 4*k + r] = alpha * a[ao + r*lda + k]} for {@code k < n}. */
    void packFourRows(float[] a, int ao, int lda, float alpha, int n, float[] o, int to);

    /** Packs one panel of a plain right operand: {@code b[p][j] = x[base + p*ldx + j]} for all columns. */
    void copyRows(float[] x, int base, int ldx, float[] b, int bo, int depth);

    /**
     * As {@link #copyRows} for four panels that lie side by side, one packed behind the other. Rows of a large matrix lie on pages of their own: with a visit to each of them a panel, square products take
     * 1.03 to 1.05 and those of 4 to 16 rows with a matrix of 1536 x 1536 1.1 to 1.3 of the time (Zen 3, one process, in alternation).
     */
    void copyFourPanels(float[] x, int base, int ldx, float[] b, int bo, int depth);

    /**
     * Copies {@code length} columns of {@code n} rows of one panel to {@code column} of another: {@code y[yo + p*columns() + column + i] = x[xo + p*columns() + i]}.
     *
     * @param more whether up to one vector of columns more may be copied, where the row has them: then no float is copied by itself
     */
    void copyColumns(float[] x, int xo, int n, int length, float[] y, int yo, int column, boolean more);

    /**
     * Copies {@code rows} runs of {@code length} floats that lie {@code pitch} apart, one behind the other; reads and writes up to one vector
     * more than that.
     */
    void copyRuns(float[] x, int xo, int pitch, int rows, int length, float[] y, int yo);

    /**
     * Splits rows of {@code n} pairs that begin {@code pitch} apart into their even and odd floats, one row behind the other: {@code y[even + i*n + j] = x[xo + i*pitch + 2*j]}, and those one farther to
     * {@code odd}, for {@code i < rows} and {@code j < n}. May write up to a vector more behind either.
     */
    void splitRows(float[] x, int xo, int pitch, int rows, int n, float[] y, int even, int odd);

    /** The even floats alone of {@link #splitRows}; reads the odd ones too. */
    void evenRows(float[] x, int xo, int pitch, int rows, int n, float[] y, int yo);

    /**
     * Sums over taps: {@code y[yo + i]} is the sum of {@code w[wo + k] * x[xo + offsets[k] + i]} over {@code k < taps}, for {@code i < n}; reads and writes
     * less than a vector more.
     */
    void taps(int taps, float[] x, int xo, int[] offsets, float[] w, int wo, int n, float[] y, int yo);

    /**
     * Products with a gradient, summed by lane: {@code sums[so + k*lanes() + i % lanes()] += x[xo + offsets[k] + i] * g[go + i]} for {@code k < taps} and
     * {@code i < n}, {@code n} rounded up to whole vectors.
     */
    void tapProducts(int taps, float[] x, int xo, int[] offsets, float[] g, int go, int n, float[] sums, int so);

    /** {@code y = tile + beta*y} over a run of {@code n} floats; with {@code beta} zero, y is not read. */
    void store(float[] tile, int to, float[] y, int yo, int n, float beta);

    /** {@code y = tile + d} over a run of {@code n} floats. */
    void storeSum(float[] tile, int to, float[] d, int from, float[] y, int yo, int n);

    /** {@code y = min(high, max(low, tile + bias))}; NaN stays NaN. */
    void storeBiased(float[] tile, int to, float[] y, int yo, int n, float bias, float low, float high);

    /** As {@link #storeBiased} with a residual that is added before clamping. */
    void storeResidual(
            float[] tile,
            int to,
            float[] y,
            int yo,
            int n,
            float bias,
            float[] residual,
            int ro,
            float low,
            float high);
}

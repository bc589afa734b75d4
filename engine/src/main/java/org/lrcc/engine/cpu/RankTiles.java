package org.lrcc.engine.cpu;

/**
 * The inner loops of {@link RowWinogradFactors}: products and one-dimensional Winograd transforms F(4, 3) with the rank in the lanes of vectors.
 *
 * <p>A matrix of rows and ranks is kept as slices of {@link #lanes()} ranks, {@code [slice][row][lanes()]}. Products take two or three slices at once.
 */
public interface RankTiles {
    /** Transformed values of a tile of four columns. */
    int VALUES = 6;

    /** Columns of a tile. */
    int TILE = 4;

    /** Rows that a product takes at most, and the rows and slices of its tile together. */
    int MAX_ROWS = 4;

    int TILE_VECTORS = 9;

    /** Rows of a product of two or three slices. */
    static int rows(int slices) {
        return slices == 3 ? 3 : MAX_ROWS;
    }

    /** Floats in a vector. */
    int lanes();

    /**
     * {@code c[s][i] = sum over p < depth of a[ao + offsets[k + p] + i] * b[s][p]} for {@code s < slices} and {@code i < rows(slices)}: the left operand's rows lie side by side, its steps anywhere.
     *
     * @param slices 2 or 3
     * @param bNext floats from slice to slice of b, which is {@code [depth][lanes()]} at {@code bo}
     * @param cNext floats from slice to slice of c
     */
    void columns(
            int slices,
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            int bNext,
            float[] c,
            int co,
            int cNext);

    /**
     * {@code tile[s][i] = sum over p < depth of a[ao + offsets[k + i] + p] * b[s][p]} for {@code s < slices} and {@code i < rows(slices)}: the left operand's steps lie side by side, its rows anywhere.
     *
     * @param slices 2 or 3
     * @param bNext floats from slice to slice of b, which is {@code [depth][lanes()]} at {@code bo}
     */
    void rows(
            int slices, int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, int bNext, float[] tile);

    /**
     * A product with columns in the lanes: {@code c[co + i*row + j] = sum over p < depth of a[ao + 4*p + i] * b[bo + offsets[k + p] + j]} for {@code i < 4} and {@code j < 2*lanes()}.
     */
    void spread(int depth, float[] a, int ao, float[] b, int bo, int[] offsets, int k, float[] c, int co, int row);

    /** Copies {@code rows} vectors of a tile to c, or adds them there. */
    void put(float[] tile, int from, int rows, float[] c, int co, boolean add);

    /** Turns {@link #lanes()} rows of {@code n} floats: {@code y[yo + j*pitch + c] = x[xo + c*row + j]}. */
    void turn(float[] x, int xo, int row, int n, float[] y, int yo, int pitch);

    /** {@code y[yo + i*apart + t] = x[xo + 4*t + i]} for {@code i < 4} and {@code t < n}. */
    void split(float[] x, int xo, int n, float[] y, int yo, int apart);

    /** Copies rows of {@code width} floats, one behind the other, to rows {@code pitch >= width} apart, zeros behind each; writes less than a vector more. */
    void fillUp(float[] x, int xo, int width, int rows, float[] y, int yo, int pitch);

    /**
     * Transforms n tiles, the column {@code 4*t + i} at {@code x[xo + i*apart + t]}, which read a column more on the left and on the right, times {@code x[edges + t]} and {@code x[edges + apart + t]}; the value e
     * of tile t goes to {@code y[yo + e*slab + t]}. Reads and writes less than a vector more.
     */
    void transformInput(float[] x, int xo, int apart, int edges, int n, float[] y, int yo, int slab);

    /** Transforms a gradient's slice, four rows a tile, to {@link #VALUES} slices of a row a tile, {@code slab} apart. */
    void transformGradient(float[] x, int xo, int tiles, float[] y, int yo, int slab);

    /**
     * Turns {@link #VALUES} vectors, {@code slab} apart, into four, {@code next} apart; n times, {@code step} farther in x and {@code yStep} in y.
     */
    void transformOutput(float[] x, int xo, int slab, int n, int step, float[] y, int yo, int next, int yStep);
}

package org.lrcc.engine.cpu;

/**
 * The inner loops of Winograd convolution F(4x4, 3x3): transforms with vectors along channels, and the products between them.
 *
 * <p>Channels-last data is kept in groups of {@link #columns()} channels: a group holds {@code [pixel][columns()]}. Of the 36 transformed values
 * of a tile, value {@code e} lies at {@code e * slab} from the first.
 */
public interface WinogradTiles {
    /** Transformed values of a tile. */
    int VALUES = 36;

    /** Tiles that are transformed together. */
    int BATCH = 8;

    /** Tiles of the image in a group: rows of a full product tile. A product with 4 rows may be asked for as well. */
    int rows();

    /** Channels in a group: two vectors. */
    int columns();

    /** Floats in a vector. */
    int lanes();

    /** The transforms of smaller tiles. */
    SmallWinograd small();

    /** Floats that a transform keeps between its two steps. */
    default int scratch() {
        return BATCH * VALUES * columns();
    }

    /** Channels summed in one chain; a multiple of {@link #lanes()}. */
    int depthBlock();

    /**
     * {@code c[i][j] = sum over p < depth of a[i, p] * b[p*columns + j]} for {@code i < height}.
     *
     * @param height {@link #rows()} or 4
     * @param a a group of tiles, {@code [channels / lanes][rows()][lanes]}
     */
    void multiplyRows(int height, int depth, float[] a, int ao, float[] b, int bo, float[] c, int co);

    /**
     * Planes to channels-last: {@code y[yo + (i*rowPixels + j)*columns + c] = x[xo + c*plane + i*width + j]} for
     * {@code c < channels, i < rows, j < width}.
     */
    void gather(float[] x, int xo, int plane, int channels, int rows, int width, float[] y, int yo, int rowPixels);

    /** Channels-last to planes: {@code y[yo + c*plane + i] = x[xo + i*columns + c]} for {@code c < channels, i < pixels}. */
    void scatter(float[] x, int xo, int channels, int pixels, float[] y, int yo, int plane);

    /**
     * Transforms up to {@link #BATCH} tiles of 6x6 pixels, the first pixel of tile t at {@code x[at[t]]}, of a group whose rows have {@code rowPixels} pixels. Tile t's
     * first vector of channels goes to {@code vo + t*apart}, its second {@code next} farther.
     *
     * @param apart {@link #lanes()}, or the distance of packed products where there are these
     * @param scratch as all scratch here {@link #scratch()} floats from {@code so} on
     */
    void transformInput(
            float[] x,
            int[] at,
            int tiles,
            int rowPixels,
            float[] v,
            int vo,
            int apart,
            int next,
            int slab,
            float[] scratch,
            int so);

    /** As {@link #transformInput} for the 4x4 pixels of an output's gradient, both vectors side by side at {@code vo + t*columns}. */
    void transformGradient(
            float[] x, int[] at, int tiles, int rowPixels, float[] v, int vo, int slab, float[] scratch, int so);

    /**
     * Transforms the 3x3 weights of {@code count} channels, each {@code [9][columns]}, to rows {@code [columns]}.
     *
     * @param rotated turn the kernel by 180 degrees
     */
    void transformWeights(
            float[] w, int wo, int count, boolean rotated, float[] u, int uo, int slab, float[] scratch, int so);

    /** Turns the 36 values at {@code oo} into 4x4 pixels, pixel {@code i} stored at {@code y[yo + at[i]*columns]}. */
    void transformOutput(float[] o, int oo, int slab, float[] y, int yo, int[] at, float[] scratch, int so);

    /** Turns {@code count} rows of 36 values into 3x3 weight gradients, each {@code [9][columns]}. */
    void transformWeightGradient(
            float[] d, int offset, int slab, int count, float[] w, int wo, float[] scratch, int so);
}

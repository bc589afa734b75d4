package org.lrcc.engine.cpu;

/**
 * The transforms of Winograd convolution F(2x2, 3x3), for inference: 16/9 of the weights are read where F(4x4, 3x3) reads 36/9, for 4 multiplications an output instead of 2.25. It
 * pays where few pixels meet many weights. Data lies as for {@link WinogradTiles}.
 */
public interface SmallWinograd {
    /** Transformed values of a tile. */
    int VALUES = 16;

    /** Pixels that a tile gives. */
    int PIXELS = 4;

    /** As {@link WinogradTiles#transformInput} for tiles of 4x4 pixels. */
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

    /** As {@link WinogradTiles#transformWeights}, not rotated. */
    void transformWeights(float[] w, int wo, int count, float[] u, int uo, int slab, float[] scratch, int so);

    /** Turns the 16 values at {@code oo}, {@code slab} apart, into 2x2 pixels {@code [2][2][columns]} at {@code yo}. */
    void transformOutput(float[] o, int oo, int slab, float[] y, int yo, float[] scratch, int so);
}

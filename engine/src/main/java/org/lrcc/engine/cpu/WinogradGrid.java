package org.lrcc.engine.cpu;

/**
 * How the output of a 3x3 convolution with stride 1 is cut into tiles of 4x4 pixels, or of 2x2 (F(2x2, 3x3): {@link SmallWinograd}).
 *
 * <p>Tiles are counted row by row through the whole batch; a row of tiles, {@code tilesWide} of them, is the unit of work. The source has
 * {@code depth} channels of {@code height x width}; {@code top} and {@code left} zeros precede it, and as many follow as the output's size asks for.
 *
 * @param tile rows and columns of output pixels of a tile, {@link #LARGE} or {@link #SMALL}
 */
record WinogradGrid(
        int batch,
        int depth,
        int height,
        int width,
        int top,
        int left,
        int outputs,
        int outHeight,
        int outWidth,
        int tile) {
    /** Tiles of F(4x4, 3x3). */
    static final int LARGE = 4;

    /** Tiles of F(2x2, 3x3). */
    static final int SMALL = 2;

    /** The grid of the forward pass. */
    static WinogradGrid forward(ConvShape s) {
        return forward(s, LARGE);
    }

    /** The grid of the forward pass in tiles of one size or the other. */
    static WinogradGrid forward(ConvShape s, int tile) {
        return new WinogradGrid(
                s.batch(),
                s.inputs(),
                s.height(),
                s.width(),
                s.top(),
                s.left(),
                s.outputs(),
                s.outHeight(),
                s.outWidth(),
                tile);
    }

    /** The grid of the input gradient: the output's gradient convolved with turned kernels. */
    static WinogradGrid inputGradient(ConvShape s) {
        return new WinogradGrid(
                s.batch(),
                s.outputs(),
                s.outHeight(),
                s.outWidth(),
                2 - s.top(),
                2 - s.left(),
                s.inputs(),
                s.height(),
                s.width(),
                LARGE);
    }

    /** Whether F(4x4, 3x3) and F(2x2, 3x3) compute this convolution. */
    static boolean fits(ConvShape s) {
        return s.kernelH() == 3
                && s.kernelW() == 3
                && s.strideH() == 1
                && s.strideW() == 1
                && s.dilationH() == 1
                && s.dilationW() == 1
                && s.groups() == 1
                && Math.max(Math.max(s.top(), s.bottom()), Math.max(s.left(), s.right())) <= 2;
    }

    int tilesHigh() {
        return (outHeight + tile - 1) / tile;
    }

    int tilesWide() {
        return (outWidth + tile - 1) / tile;
    }

    /** Transformed values of a tile. */
    int values() {
        return (tile + 2) * (tile + 2);
    }

    /** Rows of tiles in the batch. */
    int tileRows() {
        return batch * tilesHigh();
    }

    int tiles() {
        return tileRows() * tilesWide();
    }

    int plane() {
        return height * width;
    }

    int outPlane() {
        return outHeight * outWidth;
    }

    /** Rows of tiles from {@code row} to {@code end} that belong to one image. */
    int run(int row, int end) {
        return Math.min(end - row, tilesHigh() - row % tilesHigh());
    }
}

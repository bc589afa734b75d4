package org.lrcc.engine.cpu;

/**
 * How the output of a 3x3 convolution with stride 1 is cut into tiles of 4x4 pixels.
 *
 * <p>Tiles are counted row by row through the whole batch; a row of tiles, {@code tilesWide} of them, is the unit of work. The source has
 * {@code depth} channels of {@code height x width}; {@code top} and {@code left} zeros precede it, and as many follow as the output's size asks for.
 */
record WinogradGrid(
        int batch, int depth, int height, int width, int top, int left, int outputs, int outHeight, int outWidth) {

    /** The grid of the forward pass. */
    static WinogradGrid forward(ConvShape s) {
        return new WinogradGrid(
                s.batch(),
                s.inputs(),
                s.height(),
                s.width(),
                s.top(),
                s.left(),
                s.outputs(),
                s.outHeight(),
                s.outWidth());
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
                s.width());
    }

    /** Whether F(4x4, 3x3) computes this convolution. */
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
        return (outHeight + 3) / 4;
    }

    int tilesWide() {
        return (outWidth + 3) / 4;
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

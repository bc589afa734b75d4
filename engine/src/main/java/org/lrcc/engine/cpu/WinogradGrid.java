package org.lrcc.engine.cpu;

/**
 * How the output of a 3x3 convolution with stride 1 is cut into tiles of 4x4 pixels, or of 2x2 (F(2x2, 3x3): {@link SmallWinograd}).
 *
 * <p>Tiles are counted row by row through the whole batch; a row of tiles, {@code tilesWide} of them, is the unit of work. The source has
 * {@code depth} channels of {@code height x width}; {@code top} and {@code left} zeros precede it, and as many follow as the output's size asks for.
 *
 * <p>Where rows or columns are no multiple of the tile's, the last tiles have one less each, where there are enough of them, rather than the last one all of what is missing (14 = 4 + 4 + 3 + 3; 5 = 3 + 2): the value at infinity enters a tile's
 * last row and column alone, so short tiles need no products of it ({@link TileOrder}).
 *
 * @param tile rows and columns of output pixels of a tile, {@link #LARGE} or {@link #SMALL}
 * @param shortHigh how many of the last tiles of a column lack a row, or more than one
 * @param shortWide how many of the last tiles of a row lack a column, or more than one
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
        int tile,
        int shortHigh,
        int shortWide) {
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
        return forward(s, tile, shortTiles(s.outHeight(), tile), shortTiles(s.outWidth(), tile));
    }

    /**
     * The grid of the weight gradient. Tiles of the output's gradient must hold zeros where they are short, which those behind the last pixel do, so the last tile of a column or row alone is short, of whatever
     * is missing.
     */
    static WinogradGrid weightGradient(ConvShape s) {
        return forward(
                s, LARGE, Math.min(1, shortTiles(s.outHeight(), LARGE)), Math.min(1, shortTiles(s.outWidth(), LARGE)));
    }

    private static WinogradGrid forward(ConvShape s, int tile, int shortHigh, int shortWide) {
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
                tile,
                shortHigh,
                shortWide);
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
                LARGE,
                shortTiles(s.height(), LARGE),
                shortTiles(s.width(), LARGE));
    }

    private static int shortTiles(int pixels, int tile) {
        int tiles = (pixels + tile - 1) / tile;
        return Math.min(tiles, tiles * tile - pixels);
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

    /** Tiles of a column, the first ones, that have all rows. */
    int fullHigh() {
        return tilesHigh() - shortHigh;
    }

    /** Tiles of a row, the first ones, that have all columns. */
    int fullWide() {
        return tilesWide() - shortWide;
    }

    /** The first row of output pixels of an image's {@code i}-th row of tiles. */
    int firstRow(int i) {
        return i * tile - Math.max(0, i - fullHigh());
    }

    /** The first column of output pixels of a row's {@code j}-th tile. */
    int firstColumn(int j) {
        return j * tile - Math.max(0, j - fullWide());
    }

    /** Rows of output pixels from the {@code i}-th row of tiles to before the {@code end}-th. */
    int rows(int i, int end) {
        return Math.min(outHeight, firstRow(end)) - firstRow(i);
    }

    /** Columns of output pixels of a row's {@code j}-th tile. */
    int columns(int j) {
        return Math.min(outWidth, firstColumn(j + 1)) - firstColumn(j);
    }

    /** Transformed values of a tile in one dimension. */
    int side() {
        return tile + 2;
    }

    /** Transformed values of a tile. */
    int values() {
        return side() * side();
    }

    /** Products of a pair of channels: short tiles need fewer than {@link #values}. */
    long products() {
        return (long) batch * (tilesHigh() * side() - shortHigh) * (tilesWide() * side() - shortWide);
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

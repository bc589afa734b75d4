package org.lrcc.engine.cpu;

/** Sizes and places of what {@link RowWinogradFactors} holds. */
final class RankLayout {
    /** Pixels of a chunk, at least. */
    static final int LEAST_PIXELS = 8;

    /** Pixels of a chunk: with more its rows of D leave L2, with fewer more rows of X are transformed twice. */
    private static final int MAX_PIXELS = 448;

    private static final int MAX_PARTS = 8;

    /** Chunks there should be at least, so that the threads end together. */
    private static final int MIN_CHUNKS = 4;

    /** What row counts are rounded up to, so that whole products fit. */
    private static final int ROW_UNIT = 12;

    final ConvShape s;
    final int rank;
    final int blocks;
    final int lanes;
    final int outputs;
    /** Rows of X in a block: (channel, kernel row). */
    final int pairs;
    /** Slices of a block's ranks, and of all. */
    final int slices;

    final int allSlices;
    final int chunksPerImage;
    final int chunks;
    final int parts;
    /** Tiles of a row. */
    final int wide;
    /** Channels that a block of pairs touches, at most. */
    final int channels;
    /** Floats of a channel of transformed X, and of all channels of a block. */
    final int strip;

    final int slab;
    /** Floats of a slice of G or Z, of a slice of transformed G with rows of zeros, or of the chunk before, around it, and of one of transformed Z. */
    final int pixelSlice;

    final int gradientSlice;
    final int tileSlice;
    final int outputRows;
    final int pairRows;
    final int channelRows;
    /**
     * Where V begins behind U: {@code [value][slice][pair][lanes]}, or with one slice {@code [value][group of four ranks][pair][4]}.
     */
    final int leftV;
    /** Where the sums of V begin behind those of U, the floats of one value of theirs, and all floats. */
    final int sumsV;

    final int valueV;
    final int sums;
    final boolean wantsU;
    final boolean wantsV;

    RankLayout(ConvShape s, int rank, int blocks, int lanes, boolean wantsU, boolean wantsV) {
        this.s = s;
        this.rank = rank;
        this.blocks = blocks;
        this.lanes = lanes;
        this.wantsU = wantsU;
        this.wantsV = wantsV;
        outputs = s.outputs();
        pairs = s.inputs() * s.kernelH() / blocks;
        slices = (rank + lanes - 1) / lanes;
        allSlices = blocks * slices;
        int most = Math.max(1, MAX_PIXELS / s.outWidth());
        int wanted = Math.max((s.outHeight() + most - 1) / most, (MIN_CHUNKS + s.batch() - 1) / s.batch());
        int least = (LEAST_PIXELS + s.outWidth() - 1) / s.outWidth();
        chunksPerImage = Math.min(wanted, s.outHeight() / least);
        chunks = s.batch() * chunksPerImage;
        parts = Math.min(MAX_PARTS, chunks);
        int rows = (s.outHeight() + chunksPerImage - 1) / chunksPerImage;
        wide = Ranges.ceil(Math.max(s.outWidth(), s.width()), RankTiles.TILE) / RankTiles.TILE;
        channels = Math.min(s.inputs(), (pairs + s.kernelH() - 1) / s.kernelH() + 1);
        strip = (rows + s.kernelH() - 1) * wide;
        slab = channels * strip + 2 * lanes;
        pixelSlice = rows * wide * RankTiles.TILE * lanes;
        gradientSlice = (rows + 2 * (s.kernelH() - 1)) * wide * lanes;
        tileSlice = Ranges.ceil(rows * wide + RankTiles.MAX_ROWS, 2 * lanes) * lanes;
        outputRows = Ranges.ceil(outputs, ROW_UNIT);
        pairRows = Ranges.ceil(pairs, ROW_UNIT);
        channelRows = Ranges.ceil(channels, ROW_UNIT);
        leftV = wantsV ? allSlices * outputs * lanes : 0;
        sumsV = wantsU ? allSlices * outputRows * lanes : 0;
        valueV = lanes * (slices == 1 ? blocks * s.kernelH() * channelRows : slices * pairRows);
        sums = sumsV + (wantsV ? RankTiles.VALUES * valueV : 0);
    }

    /** Operations of the products with X, those of dV over a border more for each part and image where a channel's kernel rows are taken together. */
    double flopsX() {
        double each = 2.0 * RankTiles.VALUES * s.batch() * wide * pairs * allSlices * lanes;
        int border = single() ? (s.kernelH() - 1) * Math.max(1, parts / s.batch()) : 0;
        return each * ((wantsU ? s.outHeight() : 0) + (wantsV ? s.outHeight() + border : 0));
    }

    /** Operations of the products with D. */
    double flopsD() {
        double each = 2.0 * s.batch() * s.outPlane() * outputs * allSlices * lanes;
        return (wantsU ? each : 0) + (wantsV ? each : 0);
    }

    /** Whether a block has one slice, and the products with X go another way: see {@link RowWinogradChunk}. */
    boolean single() {
        return slices == 1;
    }

    /** Ranks side by side in packed V. */
    int leftRanks() {
        return single() ? 4 : lanes;
    }

    long leftFloats() {
        return leftV + (wantsU ? (long) RankTiles.VALUES * slices * pairs * lanes : 0);
    }

    /** The slice of a column of U. */
    int slice(int column) {
        return column / rank * slices + column % rank / lanes;
    }

    int lane(int column) {
        return column % rank % lanes;
    }

    /** The first channel of a block. */
    int firstChannel(int block) {
        return block * pairs / s.kernelH();
    }

    int lastChannel(int block) {
        return (block * pairs + pairs - 1) / s.kernelH();
    }

    /** Where the first value of the sum of a rank and pair lies: with one slice, the sum of a block. */
    int sumV(int block, int r, int pair) {
        if (!single()) {
            return (r / lanes * pairRows + pair) * lanes + r % lanes;
        }
        int p = block * pairs + pair;
        int row = (block * s.kernelH() + p % s.kernelH()) * channelRows + p / s.kernelH() - firstChannel(block);
        return row * lanes + r;
    }
}

package org.lrcc.engine.cpu;

import java.util.List;
import java.util.stream.IntStream;

/** Sizes and places of what {@link StripFactors} holds. */
final class StripLayout {
    /** Ranks that a product takes at once. */
    static final int RANKS = 4;

    /** Rows of G or Z that all rows of X or D are multiplied with before the next: they stay in L1. */
    static final int COLUMNS = 8;

    /** Pixels of a chunk, and floats of its part of the output's gradient, which is read twice: the second time from L2. */
    private static final int MAX_PIXELS = 448;

    private static final int MAX_GRADIENT = 56 * 1024;

    /** Floats of the strips that are made at once, about. */
    private static final int MAX_STRIPS = 28 * 1024;

    private static final int MAX_PARTS = 8;

    /** Chunks there should be at least, so that the threads end together. */
    private static final int MIN_CHUNKS = 4;

    /** Floats of a cache line. */
    private static final int LINE = 16;

    final ConvShape s;
    final int rank;
    /** Rounded up to whole products. */
    final int ranks;

    final int blocks;
    final int outputs;
    /** Rows of X in a block: (channel, kernel row). */
    final int pairs;
    /** Rows of the im2col matrix in a block. */
    final int taps;

    final boolean wantsU;
    final boolean wantsV;
    final List<FactorPhase> columnPhases;
    /** By phase of columns, the kernel's column whose strip is the phase itself, or -1. */
    final int[] leads;
    /** Whether every second float of a row, or each of both halves, is such a strip. */
    final boolean halves;
    /** By kernel row, its remainder among those that occur, and how many rows below the strip's first one it begins. */
    final int[] rowPhase;

    final int[] rowShift;
    /** By remainder, the row of the input where the first strip row of the output's row 0 lies. */
    final int[] firstRow;
    /** Rows that a strip has more than the output's rows; in chunks of several images, as many rows of zeros lie between two of them. */
    final int extra;
    /** Images of a chunk, chunks of an image: one of them is 1. */
    final int images;

    final int chunksPerImage;
    final int chunks;
    final int parts;
    /** Floats from row to row of D, G and Z; from strip to strip of X, of which zeros may be read behind the last row. */
    final int ld;

    final int strip;
    /** Strips of a channel; pairs for which they are made at once, an even number of channels, and the channels these touch. */
    final int stripsPerChannel;

    final int pairsAtOnce;
    final int channels;
    /** Where V begins behind U, and the sums of V behind those of U; all floats of a part's sums. */
    final int leftV;

    final int sumsV;
    final int sums;

    StripLayout(ConvShape s, int rank, int blocks, boolean wantsU, boolean wantsV) {
        this.s = s;
        this.rank = rank;
        this.blocks = blocks;
        this.wantsU = wantsU;
        this.wantsV = wantsV;
        ranks = Ranges.ceil(rank, RANKS);
        outputs = s.outputs();
        pairs = s.inputs() * s.kernelH() / blocks;
        taps = pairs * s.kernelW();
        columnPhases = FactorPhase.of(s);
        leads = columnPhases.stream().mapToInt(p -> lead(p, s.outWidth())).toArray();
        halves = s.strideW() == 2
                && s.width() == 2 * s.outWidth()
                && columnPhases.get(0).first() == 0
                && IntStream.of(leads).allMatch(lead -> lead >= 0);
        int[] remainders = IntStream.range(0, s.kernelH())
                .map(k -> Math.floorMod(k * s.dilationH() - s.top(), s.strideH()))
                .toArray();
        int[] found = IntStream.of(remainders).distinct().toArray();
        rowPhase = new int[s.kernelH()];
        rowShift = new int[s.kernelH()];
        firstRow = new int[found.length];
        int most = 0;
        for (int f = 0; f < found.length; f++) {
            int phase = f;
            int[] rows = IntStream.range(0, s.kernelH())
                    .filter(k -> remainders[k] == found[phase])
                    .toArray();
            firstRow[f] = rows[0] * s.dilationH() - s.top();
            for (int k : rows) {
                rowPhase[k] = f;
                rowShift[k] = (k - rows[0]) * s.dilationH() / s.strideH();
                most = Math.max(most, rowShift[k]);
            }
        }
        extra = most;
        int width = s.outWidth();
        int pixels = Math.max(LINE, Math.min(MAX_PIXELS, MAX_GRADIENT / outputs));
        int together = pixels / ((s.outHeight() + extra) * width);
        images = Math.max(1, Math.min(together, s.batch() / MIN_CHUNKS));
        int rowsAtOnce = Math.max(1, pixels / width);
        int wanted = Math.max((s.outHeight() + rowsAtOnce - 1) / rowsAtOnce, (MIN_CHUNKS + s.batch() - 1) / s.batch());
        chunksPerImage = images > 1 ? 1 : Math.min(wanted, s.outHeight());
        chunks = images > 1 ? (s.batch() + images - 1) / images : s.batch() * chunksPerImage;
        parts = Math.min(MAX_PARTS, chunks);
        int rows = (s.outHeight() + chunksPerImage - 1) / chunksPerImage;
        int pixelRows = (images - 1) * (rows + extra) + rows;
        ld = apart(pixelRows * width);
        strip = apart((pixelRows + extra) * width + LINE);
        stripsPerChannel = firstRow.length * s.kernelW();
        int fit = Math.min(s.inputs(), MAX_STRIPS / (stripsPerChannel * strip));
        pairsAtOnce = Math.max(2, fit / 2 * 2) * s.kernelH();
        channels = pairsAtOnce / s.kernelH() + (pairs % s.kernelH() == 0 ? 0 : 1);
        leftV = wantsV ? blocks * ranks * outputs : 0;
        sumsV = wantsU ? Ranges.ceil(outputs, 2) * blocks * ranks : 0;
        sums = sumsV + (wantsV ? Ranges.ceil(taps, 2) * ranks : 0);
    }

    private static int lead(FactorPhase phase, int width) {
        for (int i = 0; i < phase.taps().length; i++) {
            if (phase.shifts()[i] == 0 && phase.count() == width) {
                return phase.taps()[i];
            }
        }
        return -1;
    }

    /** An odd number of cache lines: rows then meet in no set of the cache more than others do. */
    private static int apart(int floats) {
        int lines = (floats + LINE - 1) / LINE;
        return (lines | 1) * LINE;
    }

    /** Rows of pixels from image to image. */
    int pitch(int rows) {
        return images > 1 ? rows + extra : rows;
    }

    /** Floats of packed U, {@code [four of (block, rank)][output][4]}, and V, {@code [four ranks][tap][4]}. */
    int leftFloats() {
        return leftV + (wantsU ? ranks * taps : 0);
    }

    /** Strips of channel {@code c} of those made at once. */
    int stripOf(int c, int kernelRow, int kernelColumn) {
        int number = (c * firstRow.length + rowPhase[kernelRow]) * s.kernelW() + kernelColumn;
        return number * strip + rowShift[kernelRow] * s.outWidth();
    }

    /**
     * Where the sum of a row and column of a product lies: by {@link #COLUMNS} columns, and there by tiles of two rows by four columns. So few rows of G or Z stay in L1 while all of X or D go by.
     *
     * @param rows of all the product
     */
    static int sumOf(int row, int column, int rows, int columns) {
        int first = column / COLUMNS * COLUMNS;
        int wide = Math.min(COLUMNS, columns - first);
        int tile = row / 2 * (wide / RANKS) + (column - first) / RANKS;
        return first * Ranges.ceil(rows, 2) + tile * 2 * RANKS + row % 2 * RANKS + column % RANKS;
    }

    /** Floats between the sums of one column for every second row. */
    static int sumStep(int column, int columns) {
        return 2 * Math.min(COLUMNS, columns - column / COLUMNS * COLUMNS);
    }
}

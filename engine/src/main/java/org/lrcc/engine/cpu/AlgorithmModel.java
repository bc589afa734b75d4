package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.ConvPass;

/**
 * Predicts how long a convolution takes by each algorithm, from its operations and the floats it moves, in nanoseconds of one core.
 *
 * <p>Only the ratio of two predictions matters, so one table a vector width serves machines of different clocks. The rates were measured and are shipped; nothing is
 * timed at run time, so a shape is always computed the same way and results can be reproduced.
 *
 * <p>Checked with {@code lrcc bench plans} on ResNet18, batch 8, 2 threads, one AVX-512 machine, with the width forced: at 256 and at 128 bits, and on JDK 25 at 512, 33 of 33 picks are the fastest (or within 10 % of it).
 * What two threads measure, doubled, over the prediction, forward: 256 bits direct 0.88 to 1.02, Winograd 0.98 to 1.13 (its weight gradient 1.06 to 1.40); 128 bits 0.76 to 0.92 and 0.78 to 0.91 (1.00 to 1.37).
 * At 256 bits direct weight gradients run at the rate of forward passes. Inference on channels in groups, 256 bits on a Zen 3: each convolution of ResNet18 forced to either algorithm, batch 1 and 8,
 * 1 and 2 threads, is fastest by the one that is picked; weights of 512 channels, read for one image, arrive at 16 GB/s and more (hence Winograd: 4.1 ms, direct 5.7; 2 threads 2.1 and 3.1; tiles of 2x2 take 0.84 of the time of 4x4).
 *
 * @param rows rows of a product tile
 * @param columns columns of a product tile
 * @param direct floating-point operations a nanosecond in products of direct convolution, packing included
 * @param directWeights the same for its weight gradient
 * @param strided the same in products of {@link StridedConvolution}; 0 at widths that do without it
 * @param product operations a nanosecond in products of Winograd convolution
 * @param call nanoseconds to begin and end a product tile
 * @param move nanoseconds to turn a float between planes and channels-last
 * @param input nanoseconds to transform the input of a tile and channel
 * @param output nanoseconds to transform the output of a tile and channel, or a gradient
 * @param weight nanoseconds to transform the weights of a pair of channels; the way back, with its 9 stores for 36, takes half
 * @param weightsRead floats of weights that arrive from memory in a nanosecond: what counts where a batch is one small image
 * @param distance as {@link GroupLoops#distance()}: floats between packed pixels; 0 at widths that do without them
 * @param smallTiles whether it was measured what tiles of less than 4x4 pixels save, at 256 bits only: there inference may take tiles of 2x2, and products that tiles short of a row or column do without are not counted
 */
record AlgorithmModel(
        int rows,
        int columns,
        double direct,
        double directWeights,
        double strided,
        double product,
        double call,
        double move,
        double input,
        double output,
        double weight,
        double weightsRead,
        int distance,
        boolean smallTiles) {
    /** The table for vectors of {@code lanes} floats. */
    static AlgorithmModel of(int lanes) {
        return switch (lanes) {
            case 16 -> new AlgorithmModel(8, 32, 140, 125, 205, 165, 15, 0.4, 6, 3, 10, 2, 0, false);
            case 8 -> new AlgorithmModel(4, 16, 80, 80, 0, 85, 10, 0.4, 8, 4, 10, 4, 160, true);
            default -> new AlgorithmModel(8, 8, 42, 38, 0, 44, 12, 0.4, 14, 8, 18, 2, 0, false);
        };
    }

    private static long ceil(long n, int unit) {
        return (n + unit - 1) / unit;
    }

    private double tiles(long m, long n, long depth, double rate) {
        return ceil(m, rows) * ceil(n, columns) * (2.0 * rows * columns * depth / rate + call);
    }

    /** A product of matrices {@code [m, depth]} and {@code [depth, n]}. */
    double product(long m, long n, long depth) {
        return tiles(m, n, depth, direct);
    }

    /** The same at the rate of weight gradients: sums over {@code depth} pixels, the left operand read as it lies. */
    double sums(long m, long n, long depth) {
        return tiles(m, n, depth, directWeights);
    }

    /** Direct convolution: a product of the weights with the im2col matrix. */
    double direct(ConvShape s, ConvPass pass) {
        long pixels = (long) s.batch() * s.outPlane();
        long taps = s.kernel();
        return switch (pass) {
            case FORWARD -> tiles(s.outputs(), pixels, s.inputs() * taps, direct);
            case INPUT_GRADIENT ->
                tiles(s.inputs(), (long) s.batch() * s.height() * s.width(), s.outputs() * taps, direct)
                        / (s.strideH() * s.strideW());
            case WEIGHT_GRADIENT ->
                tiles(s.inputs() * taps, s.outputs(), pixels, directWeights)
                        + 2.0 * taps * s.inputs() * s.outputs() * move;
        };
    }

    /** Which part of its products a direct pass computes: {@link RowPairConvolution} and {@link RowPairGradient} leave some out. */
    double share(ConvShape s, ConvPass pass) {
        return switch (pass) {
            case FORWARD -> RowPairConvolution.fits(s, distance, columns) ? RowPairConvolution.SHARE : 1;
            case INPUT_GRADIENT -> 1;
            case WEIGHT_GRADIENT -> RowPairGradient.fits(s, distance, columns / 2) ? RowPairGradient.share(s) : 1;
        };
    }

    /** Whether {@link StridedConvolution} computes a pass. */
    boolean runsStrided(ConvShape s, ConvPass pass) {
        return strided > 0 && pass != ConvPass.WEIGHT_GRADIENT && StridedConvolution.fits(s, columns);
    }

    /** The products of {@link StridedConvolution}. */
    double strided(ConvShape s) {
        return 2.0 * s.batch() * s.outPlane() * s.outputs() * s.inputs() * s.kernel() / strided;
    }

    /** Rate of direct products on groups over Winograd's. */
    private static final double GROUPED = 0.9;

    /** Direct convolution of channels in groups: {@link GroupedDirect} and {@link GroupedIm2col}. */
    double groupedDirect(ConvShape s) {
        long pixelTiles = s.batch() * (long) s.outHeight() * ceil(s.outWidth(), rows);
        long panels = ceil(s.outputs(), columns);
        double weights = (double) s.inputs() * s.outputs() * s.kernel() / weightsRead;
        double products = pixelTiles * panels * 2.0 * rows * columns * s.inputs() * s.kernel() / (GROUPED * product);
        return Math.max(weights, products);
    }

    /** Winograd with transformed weights on channels in groups: {@link GroupedWinograd}. */
    double groupedWinograd(ConvShape s, int tile) {
        WinogradGrid g = WinogradGrid.forward(s, tile);
        double weights = (double) g.values() * s.inputs() * s.outputs() / weightsRead;
        // Transforms of a small tile cost in proportion to its values.
        double part = (double) g.values() / WinogradTiles.VALUES;
        double transforms = part * g.tiles() * (s.inputs() * input + s.outputs() * output) * 2 / columns;
        double products = counted(g) * tiles(g.tiles(), s.outputs(), s.inputs(), product) / g.tiles();
        return transforms + Math.max(weights, products);
    }

    /** The size of tiles by which {@link GroupedWinograd} is predicted to be faster. */
    int groupedTile(ConvShape s) {
        return smallTiles && groupedWinograd(s, WinogradGrid.SMALL) < groupedWinograd(s, WinogradGrid.LARGE)
                ? WinogradGrid.SMALL
                : WinogradGrid.LARGE;
    }

    /** Winograd F(4x4, 3x3). */
    double winograd(ConvShape s, ConvPass pass) {
        WinogradGrid g = switch (pass) {
            case FORWARD -> WinogradGrid.forward(s);
            case INPUT_GRADIENT -> WinogradGrid.inputGradient(s);
            case WEIGHT_GRADIENT -> WinogradGrid.weightGradient(s);
        };
        // Transforms work on whole groups of channels.
        long depth = ceil(g.depth(), columns) * columns;
        long outputs = ceil(g.outputs(), columns) * columns;
        long in = (long) g.batch() * g.depth() * g.plane();
        long out = (long) g.batch() * g.outputs() * g.outPlane();
        long pairs = g.depth() * outputs;
        double transforms = (in + out + 9 * pairs) * move
                + g.tiles() * (depth * input + outputs * output)
                + pairs * (pass == ConvPass.WEIGHT_GRADIENT ? weight / 2 : weight);
        double products = pass == ConvPass.WEIGHT_GRADIENT
                ? tiles(g.depth(), g.outputs(), g.tiles(), product)
                : tiles(g.tiles(), g.outputs(), g.depth(), product);
        return transforms + products * counted(g) / g.tiles();
    }

    /** Products of a pair of channels. */
    private long counted(WinogradGrid g) {
        return smallTiles ? g.products() : (long) g.values() * g.tiles();
    }

    /** Whether Winograd's algorithm fits a pass and is predicted to be faster. */
    boolean prefersWinograd(ConvShape s, ConvPass pass) {
        return WinogradGrid.fits(s) && winograd(s, pass) < direct(s, pass);
    }
}

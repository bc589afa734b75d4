package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.ConvPass;

/**
 * What a convolution costs each way, from its operations, the bytes that it moves and its launches. Figures are those of one common device, so that the
 * choice, and with it the bits of a result, do not depend on which card runs it.
 */
enum ConvCost {
    /** Products of all digits. */
    FP32(45e12),
    /** Products whose factors are rounded. Winograd's are not: its transforms would multiply what is lost, to a hundredth of a result. */
    TF32(200e12);

    /** Of the kernels without products, which load both factors for each multiplication. */
    private static final double DIRECT_OPERATIONS = 2e12;
    /** Bytes a second. */
    private static final double BYTES = 2.5e12;
    /** Seconds of a launch. */
    private static final double LAUNCH = 4e-6;
    /** Sizes at which a product runs at half its rate for want of rows, columns or depth. */
    private static final double HALF_ROWS = 32;

    private static final double HALF_DEPTH = 16;
    private static final int PRODUCTS = 36;

    /** Multiplications and additions a second of a large product. */
    private final double operations;

    ConvCost(double operations) {
        this.operations = operations;
    }

    /** The costs where products may round to TF32, or not. */
    static ConvCost of(boolean tf32) {
        return tf32 ? TF32 : FP32;
    }

    /** The cheapest, or what is forced where that can be used. */
    ConvAlgorithm choose(ConvSizes s, ConvPass pass, @Nullable ConvAlgorithm forced) {
        if (forced != null && usable(s, forced)) {
            return forced;
        }
        ConvAlgorithm best = ConvAlgorithm.GEMM;
        double least = seconds(s, pass, best);
        for (ConvAlgorithm other : ConvAlgorithm.values()) {
            if (usable(s, other) && seconds(s, pass, other) < least) {
                best = other;
                least = seconds(s, pass, other);
            }
        }
        return best;
    }

    /** Whether an algorithm can compute it at all. */
    static boolean usable(ConvSizes s, ConvAlgorithm algorithm) {
        return switch (algorithm) {
            case GEMM -> true;
            case WINOGRAD -> s.suitsWinograd();
            case DIRECT -> s.groups() > 1;
        };
    }

    /** An estimate; only its order among the algorithms counts. */
    double seconds(ConvSizes s, ConvPass pass, ConvAlgorithm algorithm) {
        return switch (algorithm) {
            case GEMM -> gemm(s, pass);
            case WINOGRAD -> winograd(s, pass);
            case DIRECT -> LAUNCH + operations(s) / DIRECT_OPERATIONS + images(s) / BYTES;
        };
    }

    private static double operations(ConvSizes s) {
        return 2.0 * s.n() * s.pixels() * s.m() * s.depth();
    }

    /** Bytes of the images before and after. */
    private static double images(ConvSizes s) {
        return 4.0 * s.n() * ((double) s.c() * s.h() * s.w() + (double) s.m() * s.pixels());
    }

    /** Seconds of a product of rows x columns over a depth. */
    private double product(double rows, double columns, double depth) {
        double rate =
                operations * rows / (rows + HALF_ROWS) * columns / (columns + HALF_ROWS) * depth / (depth + HALF_DEPTH);
        return 2 * rows * columns * depth / rate;
    }

    /** Seconds of one product of its own, with the call and the bytes that it moves at least. */
    double productSeconds(double rows, double columns, double depth) {
        return LAUNCH + product(rows, columns, depth) + 4 * (rows * depth + depth * columns + rows * columns) / BYTES;
    }

    /** Seconds of a pass of its own over so many bytes. */
    static double moveSeconds(double bytes) {
        return bytes == 0 ? 0 : LAUNCH + bytes / BYTES;
    }

    private double gemm(ConvSizes s, ConvPass pass) {
        double columns = 4.0 * s.n() * s.paddedPixels() * s.c() * s.kh() * s.kw();
        double outputs = 4.0 * s.n() * s.pixels() * s.m();
        double groups = s.groups();
        boolean weight = pass == ConvPass.WEIGHT_GRADIENT;
        // Columns are written once and read once; a weight's gradient lays out the output's gradient anew too.
        double bytes = images(s) + (s.isPointwise() && !weight ? 0 : 2 * columns) + (weight ? 2 * outputs : 0);
        double products = weight
                ? groups * product(s.groupM(), s.depth(), (double) s.n() * s.pixels())
                : groups * s.n() * product(s.groupM(), s.pixels(), pass == ConvPass.FORWARD ? s.depth() : s.groupM());
        if (pass == ConvPass.INPUT_GRADIENT) {
            products = groups * s.n() * product(s.depth(), s.pixels(), s.groupM());
        }
        return products + bytes / BYTES + (groups + 2) * LAUNCH;
    }

    private static double winograd(ConvSizes s, ConvPass pass) {
        double tiles = s.tiles();
        double inputs = 4.0 * PRODUCTS * tiles * s.c();
        double outputs = 4.0 * PRODUCTS * tiles * s.m();
        double kernels = 4.0 * PRODUCTS * s.m() * s.c();
        double products = PRODUCTS
                * (pass == ConvPass.WEIGHT_GRADIENT
                        ? FP32.product(s.m(), s.c(), tiles)
                        : FP32.product(s.m(), tiles, s.c()));
        return products + (images(s) + 2 * (inputs + outputs + kernels)) / BYTES + 4 * LAUNCH;
    }
}

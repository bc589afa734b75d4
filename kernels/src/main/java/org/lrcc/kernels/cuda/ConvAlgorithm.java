package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/** How a convolution, or a gradient of one, is computed. */
enum ConvAlgorithm {
    /** A matrix of columns and products on cuBLAS. */
    GEMM,
    /** F(4x4, 3x3): transforms around 36 products. */
    WINOGRAD,
    /** One kernel, for groups too narrow for products. */
    DIRECT;

    /** What {@code -Dlrcc.cuda.conv} forces wherever it can be used, or null for the cost model's choice. */
    static @Nullable ConvAlgorithm forced() {
        String name = System.getProperty("lrcc.cuda.conv", "auto");
        return switch (name) {
            case "auto" -> null;
            case "gemm" -> GEMM;
            case "winograd" -> WINOGRAD;
            case "direct" -> DIRECT;
            default ->
                throw new InputException("-Dlrcc.cuda.conv=" + name + ": must be auto, gemm, winograd or direct");
        };
    }
}

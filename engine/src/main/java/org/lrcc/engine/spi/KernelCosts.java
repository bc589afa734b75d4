package org.lrcc.engine.spi;

import org.lrcc.engine.tensor.Shape;

/**
 * Predicts how long kernels take, from their operations and the floats they move. Only ratios of predictions matter; nothing is timed at run time, so that a choice made by
 * them is always the same.
 */
public interface KernelCosts {
    /** For backends that have not been measured. */
    KernelCosts UNMEASURED = ofRates(100, 0.25, 5000);

    /** Nanoseconds of a pass of a convolution of x [N, C, H, W] by w [M, C / groups, KH, KW]. */
    double conv2d(ConvPass pass, Shape x, Shape w, ConvGeometry geometry);

    /** Nanoseconds of a product of {@code [m, k]} and {@code [k, n]}. */
    double gemm(int m, int n, int k);

    /** Nanoseconds to read or write so many floats in one pointwise pass. */
    double move(long floats);

    /** Nanoseconds of {@link LowRankGradients} for the wanted gradients; infinite where the backend has none, or none for this problem. */
    default double lowRankGradients(LowRankGradients.Problem problem, boolean wantsU, boolean wantsV) {
        return Double.POSITIVE_INFINITY;
    }

    /**
     * Costs from three rates.
     *
     * @param flops operations a nanosecond in products
     * @param float32 nanoseconds to move a float
     * @param call nanoseconds to begin a kernel
     */
    static KernelCosts ofRates(double flops, double float32, double call) {
        return new KernelCosts() {
            @Override
            public double conv2d(ConvPass pass, Shape x, Shape w, ConvGeometry geometry) {
                Shape y = geometry.infer(x, w);
                return call
                        + 2.0 * y.elements() * w.elements(1, 4) / flops
                        + move((long) x.elements() + w.elements() + y.elements());
            }

            @Override
            public double gemm(int m, int n, int k) {
                return call + 2.0 * m * n * k / flops + move((long) m * k + (long) k * n + (long) m * n);
            }

            @Override
            public double move(long floats) {
                return floats * float32;
            }
        };
    }
}

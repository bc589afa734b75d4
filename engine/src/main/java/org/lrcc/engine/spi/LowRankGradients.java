package org.lrcc.engine.spi;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * The gradients of both factors of a low-rank convolution in one go over the input and the output's gradient: what a backend offers that does it faster than by a chain of
 * convolutions. Nothing of the size of the input is stored, and the values between the two convolutions are not needed.
 *
 * <p>The weight [M, C, k, k], its columns (channel, kernel row, kernel column) in {@code blocks} blocks of equal length, is in block b the product of U's columns
 * {@code b r .. b r + r - 1} and V: y = sum over b of U_b (V X_b), with X_b the rows of the im2col matrix that belong to the block.
 *
 * <p>Thread-safe, as the backend is. Results do not depend on the number of threads.
 */
public interface LowRankGradients {
    /**
     * What is computed.
     *
     * @param x [N, C, H, W]
     * @param out M
     * @param kernel k
     * @param rank r
     * @param blocks number of blocks, which divides C k
     * @param geometry stride, padding, dilation; one group
     */
    record Problem(Shape x, int out, int kernel, int rank, int blocks, ConvGeometry geometry) {}

    /**
     * Computes the gradients of a problem to which {@link KernelCosts#lowRankGradients} gives a finite time.
     *
     * @param dy [N, M, OH, OW]
     * @param u [M, blocks r], or [M blocks, r], which are the same elements in the same order; not read, and perhaps null, where dv is null
     * @param v [r, C k k / blocks]; not read, and perhaps null, where du is null
     * @param scale factor of U·V
     * @param du as u, or null where it is not wanted; dv likewise
     */
    void run(
            Problem problem,
            Tensor x,
            Tensor dy,
            @Nullable Tensor u,
            @Nullable Tensor v,
            double scale,
            @Nullable Tensor du,
            @Nullable Tensor dv);
}

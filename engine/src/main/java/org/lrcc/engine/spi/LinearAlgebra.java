package org.lrcc.engine.spi;

import org.lrcc.engine.FailureException;
import org.lrcc.engine.tensor.Tensor;

/**
 * Dense factorizations in a session's memory: a basis of columns, singular values and vectors. Matrices are F32 tensors of two axes, row-major and finite.
 *
 * <p>Products of a session are in full single precision from the moment on that it was asked for its linear algebra, whatever it was allowed before: a
 * decomposition ends where what it gains drowns in rounding.
 *
 * <p>What all backends keep: bases are orthonormal to 2e-5, singular values right to 2e-5 of the largest. Signs of columns are not fixed, nor are vectors of equal
 * singular values or of those below 1e-5 of the largest.
 */
public interface LinearAlgebra {
    /**
     * q = an orthonormal basis of the columns of y, both {@code [m, n]} with m at least n; may be the same tensor. Where columns depend on each other, the basis
     * spans them and more.
     *
     * @throws FailureException where the library that does it reports an error
     */
    void orthonormalize(Tensor y, Tensor q);

    /** As {@link #orthonormalize} into another tensor, as fast as it goes where columns are nearly orthogonal already but for their lengths. */
    default void orthonormalizeRoughly(Tensor y, Tensor q) {
        orthonormalize(y, q);
    }

    /**
     * The leading part of the singular value decomposition: a = u diag(values) v, where that part is all of it.
     *
     * @param a {@code [m, n]}
     * @param u {@code [m, r]}, r from 1 to min(m, n): how many singular values are wanted; its columns become orthonormal
     * @param v {@code [r, n]}, whose rows become orthonormal
     * @return the r largest singular values, falling
     * @throws FailureException where the iteration does not converge
     */
    double[] svd(Tensor a, Tensor u, Tensor v);

    /**
     * All singular values of a {@code [m, n]}, falling. Those below about 1e-3 of the largest are not to be relied on.
     *
     * @throws FailureException where the iteration does not converge
     */
    double[] singularValues(Tensor a);
}

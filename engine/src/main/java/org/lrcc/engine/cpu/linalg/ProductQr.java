package org.lrcc.engine.cpu.linalg;

import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.Tensor;

/**
 * An orthonormal basis of tall matrices out of the backend's products: G = YᵀY and Q = Y R⁻¹ are two calls of gemm, only the small R is factored in double.
 *
 * <p>Much faster than {@link ThinQr} for many columns and fit for columns that are orthogonal already but for their lengths, as those of W Vᵀ are when the rows
 * of V lie near singular vectors. Single precision loses about cond(Y)² of its digits once columns are scaled to one length; where a pivot says that too
 * many would go, {@link ThinQr} takes over, so the basis is orthonormal to about 1e-5 in any case.
 *
 * <p>Holds its work space: one instance for one thread at a time. Needs kernels with heap storage.
 */
final class ProductQr {
    /** Smallest squared distance of a column from the span of those before it, relative to its own, that single precision copes with. */
    private static final double SINGLE = 0.05;

    private final Kernels kernels;
    private final LinearAlgebra exact;
    private final float[] gram;
    private final double[] upper;
    private final double[] inverse;

    /** Work space for matrices of up to so many columns; {@code exact} takes over where this does not do. */
    ProductQr(Kernels kernels, LinearAlgebra exact, int maxColumns) {
        this.kernels = kernels;
        this.exact = exact;
        this.gram = new float[maxColumns * maxColumns];
        this.upper = new double[maxColumns * maxColumns];
        this.inverse = new double[maxColumns * maxColumns];
    }

    boolean fits(int columns) {
        return columns * columns <= gram.length;
    }

    /** Writes an orthonormal basis of the columns of y to q, another tensor; both {@code [rows, columns]}. */
    void orthonormalize(Tensor y, Tensor q) {
        int columns = y.shape().size(1);
        Tensor square = Tensor.over(gram, columns, columns);
        kernels.gemm(true, false, 1, y, y, 0, square);
        for (int i = 0; i < columns * columns; i++) {
            upper[i] = gram[i];
        }
        if (!(Triangles.factor(upper, columns) > SINGLE)) {
            exact.orthonormalize(y, q);
            return;
        }
        Triangles.invert(upper, inverse, columns);
        for (int i = 0; i < columns * columns; i++) {
            gram[i] = (float) inverse[i];
        }
        kernels.gemm(false, false, 1, y, square, 0, q);
    }
}

package org.lrcc.engine.cpu.linalg;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.lrcc.engine.InputException;

/**
 * The orthonormal factor of tall matrices, for callers that need a basis of the column space many times over.
 *
 * <p>CholeskyQR in double: the Gram matrix G = YᵀY = RᵀR, then Q = Y R⁻¹. All of its work is sums of rows, which the compiler vectorizes, so that it
 * runs many times faster than Householder reflections. It loses about cond(Y)² of double's precision, which a second pass restores (CholeskyQR2);
 * scaling of columns costs nothing. Where a pivot shows that even this would not do (linearly dependent columns), Householder QR takes over. Signs
 * of columns are not fixed.
 *
 * <p>Source: Y. Yamamoto et al., "Roundoff error analysis of the CholeskyQR2 algorithm", ETNA 44 (2015).
 *
 * <p>Holds its work space: one instance for one thread at a time.
 */
public final class ThinQr {
    /** Squared distance of a column from the span of those before it, relative to its own: below, a second pass is made. */
    private static final double SECOND_PASS = 1e-6;
    /** As {@link #SECOND_PASS}; below, Householder takes over. */
    private static final double HOUSEHOLDER = 1e-12;
    /** Rows of Y that stay in cache while the Gram matrix takes them in. */
    private static final int ROW_BLOCK = 64;

    private final int maxColumns;
    private final double[] wide;
    private final double[] product;
    private final double[] upper;
    private final double[] inverse;

    /** Work space for matrices of up to {@code maxRows} x {@code maxColumns}. */
    public ThinQr(int maxRows, int maxColumns) {
        if (maxColumns < 1 || maxRows < maxColumns) {
            throw new InputException("thin QR: " + maxRows + " x " + maxColumns + " is not a tall matrix");
        }
        this.maxColumns = maxColumns;
        this.wide = new double[Math.multiplyExact(maxRows, maxColumns)];
        this.product = new double[maxRows * maxColumns];
        this.upper = new double[maxColumns * maxColumns];
        this.inverse = new double[maxColumns * maxColumns];
    }

    /**
     * Writes an orthonormal basis of the columns of {@code y} to {@code q}.
     *
     * @param y {@code [rows, columns]} row-major from {@code yOffset} on, finite
     * @param q {@code [rows, columns]} row-major from {@code qOffset} on; may be the same place
     */
    public void orthonormalize(float[] y, int yOffset, int rows, int columns, float[] q, int qOffset) {
        if (columns > maxColumns || rows * columns > wide.length || rows < columns) {
            throw new InputException("thin QR: " + rows + " x " + columns + " does not fit the work space");
        }
        int size = rows * columns;
        for (int i = 0; i < size; i++) {
            wide[i] = y[yOffset + i];
        }
        double[] result = cholesky(rows, columns) ? wide : householder(rows, columns, y, yOffset);
        for (int i = 0; i < size; i++) {
            q[qOffset + i] = (float) result[i];
        }
    }

    /** Replaces {@link #wide} by its orthonormal factor; false where the columns are too near to dependent (the contents are then lost). */
    private boolean cholesky(int rows, int columns) {
        for (int pass = 0; pass < 2; pass++) {
            gram(rows, columns);
            double distance = factor(columns);
            if (!(distance > HOUSEHOLDER)) {
                return false;
            }
            invert(columns);
            apply(rows, columns);
            if (distance > SECOND_PASS) {
                return true;
            }
        }
        return true;
    }

    /** upper = YᵀY, its upper triangle. */
    private void gram(int rows, int n) {
        Arrays.fill(upper, 0, n * n, 0);
        for (int start = 0; start < rows; start += ROW_BLOCK) {
            int count = Math.min(ROW_BLOCK, rows - start);
            for (int i = 0; i < n; i++) {
                addRows(upper, i * n, i, n, 1, wide, start * n + i, n, wide, start * n, n, count);
            }
        }
    }

    /** Cholesky in place, upper = R; returns the smallest pivot relative to its column's squared length, not above 0 where it broke down. */
    private double factor(int n) {
        double smallest = 1;
        for (int p = 0; p < n; p++) {
            int row = p * n;
            double length = upper[row + p];
            addRows(upper, row, p, n, -1, upper, p, n, upper, 0, n, p);
            double pivot = upper[row + p];
            double relative = pivot / length;
            if (!(relative > HOUSEHOLDER)) {
                return 0;
            }
            smallest = Math.min(smallest, relative);
            double scale = 1 / Math.sqrt(pivot);
            for (int j = p; j < n; j++) {
                upper[row + j] *= scale;
            }
        }
        return smallest;
    }

    /** inverse = R⁻¹, its upper triangle. */
    private void invert(int n) {
        for (int p = n - 1; p >= 0; p--) {
            int row = p * n;
            double scale = 1 / upper[row + p];
            Arrays.fill(inverse, row, row + n, 0);
            addRows(inverse, row, p + 1, n, -1, upper, row + p + 1, 1, inverse, row + n, n, n - p - 1);
            for (int j = p + 1; j < n; j++) {
                inverse[row + j] *= scale;
            }
            inverse[row + p] = scale;
        }
    }

    /** wide = Y R⁻¹, the upper triangle taken in strips so that half of the work is saved. */
    private void apply(int rows, int n) {
        Arrays.fill(product, 0, rows * n, 0);
        int strip = 32;
        for (int p = 0; p < n; p += strip) {
            int count = Math.min(strip, n - p);
            for (int i = 0; i < rows; i++) {
                addRows(product, i * n, p, n, 1, wide, i * n + p, 1, inverse, p * n, n, count);
            }
        }
        System.arraycopy(product, 0, wide, 0, rows * n);
    }

    /** {@code c[cOffset + j] += sign * sum over t < count of a[aOffset + t aStride] * b[bOffset + t bStride + j]} for j from {@code from} to {@code to}. */
    private static void addRows(
            double[] c,
            int cOffset,
            int from,
            int to,
            double sign,
            double[] a,
            int aOffset,
            int aStride,
            double[] b,
            int bOffset,
            int bStride,
            int count) {
        int t = 0;
        for (; t + 8 <= count; t += 8) {
            int at = aOffset + t * aStride;
            add8(
                    c,
                    cOffset,
                    from,
                    to,
                    sign * a[at],
                    sign * a[at + aStride],
                    sign * a[at + 2 * aStride],
                    sign * a[at + 3 * aStride],
                    sign * a[at + 4 * aStride],
                    sign * a[at + 5 * aStride],
                    sign * a[at + 6 * aStride],
                    sign * a[at + 7 * aStride],
                    b,
                    bOffset + t * bStride,
                    bStride);
        }
        for (; t < count; t++) {
            add1(c, cOffset, from, to, sign * a[aOffset + t * aStride], b, bOffset + t * bStride);
        }
    }

    private static void add8(
            double[] c,
            int cOffset,
            int from,
            int to,
            double a0,
            double a1,
            double a2,
            double a3,
            double a4,
            double a5,
            double a6,
            double a7,
            double[] b,
            int bOffset,
            int bStride) {
        int b1 = bOffset + bStride;
        int b2 = b1 + bStride;
        int b3 = b2 + bStride;
        int b4 = b3 + bStride;
        int b5 = b4 + bStride;
        int b6 = b5 + bStride;
        int b7 = b6 + bStride;
        for (int j = from; j < to; j++) {
            double low = Math.fma(a0, b[bOffset + j], Math.fma(a1, b[b1 + j], Math.fma(a2, b[b2 + j], a3 * b[b3 + j])));
            double high = Math.fma(a4, b[b4 + j], Math.fma(a5, b[b5 + j], Math.fma(a6, b[b6 + j], a7 * b[b7 + j])));
            c[cOffset + j] += low + high;
        }
    }

    private static void add1(double[] c, int cOffset, int from, int to, double a0, double[] b, int bOffset) {
        for (int j = from; j < to; j++) {
            c[cOffset + j] = Math.fma(a0, b[bOffset + j], c[cOffset + j]);
        }
    }

    private static double[] householder(int rows, int columns, float[] y, int yOffset) {
        DMatrixRMaj matrix = new DMatrixRMaj(rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            matrix.data[i] = y[yOffset + i];
        }
        QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(rows, columns);
        // Its answer says whether the matrix is singular; Q is orthonormal all the same, a zero column gives no
        // reflection.
        boolean unused = qr.decompose(matrix);
        return qr.getQ(null, true).data;
    }
}

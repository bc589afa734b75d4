package org.lrcc.engine.cpu.linalg;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.FactorLoops;

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

    /** Rows that a step of the triangular loops takes together. */
    private static final int STEP = 4;

    private final FactorLoops loops;
    private final int maxRows;
    private final int maxColumns;
    private final double[] wide;
    private final double[] product;
    private final double[] upper;
    private final double[] inverse;
    /** Elements between rows of all matrices. */
    private int stride;

    /** Work space for matrices of up to {@code maxRows} x {@code maxColumns}. */
    public ThinQr(int maxRows, int maxColumns) {
        this(maxRows, maxColumns, FactorLoops.get());
    }

    ThinQr(int maxRows, int maxColumns, FactorLoops loops) {
        if (maxColumns < 1 || maxRows < maxColumns) {
            throw new InputException("thin QR: " + maxRows + " x " + maxColumns + " is not a tall matrix");
        }
        this.loops = loops;
        this.maxRows = maxRows;
        this.maxColumns = maxColumns;
        int padded = padded(maxColumns);
        this.wide = new double[Math.multiplyExact(maxRows, padded)];
        this.product = new double[wide.length];
        this.upper = new double[padded * padded];
        this.inverse = new double[padded * padded];
    }

    /** Whether the work space is large enough. */
    boolean fits(int rows, int columns) {
        return rows <= maxRows && columns <= maxColumns;
    }

    /** One with room for these sizes too, and for twice the columns where only they grew. */
    ThinQr larger(int rows, int columns) {
        int most = Math.max(rows, maxRows);
        return new ThinQr(most, Math.min(most, Math.max(columns, columns > maxColumns ? 2 * maxColumns : maxColumns)));
    }

    private static int padded(int columns) {
        return (columns + FactorLoops.PAD - 1) / FactorLoops.PAD * FactorLoops.PAD;
    }

    /**
     * Writes an orthonormal basis of the columns of {@code y} to {@code q}.
     *
     * @param y {@code [rows, columns]} row-major from {@code yOffset} on, finite
     * @param q {@code [rows, columns]} row-major from {@code qOffset} on; may be the same place
     */
    public void orthonormalize(float[] y, int yOffset, int rows, int columns, float[] q, int qOffset) {
        if (columns > maxColumns || rows > maxRows || rows < columns) {
            throw new InputException("thin QR: " + rows + " x " + columns + " does not fit the work space");
        }
        stride = padded(columns);
        for (int i = 0; i < rows; i++) {
            int at = i * stride;
            for (int j = 0; j < columns; j++) {
                wide[at + j] = y[yOffset + i * columns + j];
            }
            Arrays.fill(wide, at + columns, at + stride, 0);
        }
        boolean found = cholesky(rows, columns);
        double[] result = found ? wide : householder(rows, columns, y, yOffset);
        int width = found ? stride : columns;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                q[qOffset + i * columns + j] = (float) result[i * width + j];
            }
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

    /** First column of a tile that holds this one. */
    private static int tile(int column) {
        return column / FactorLoops.PAD * FactorLoops.PAD;
    }

    /** upper = YᵀY, its upper triangle; below the diagonal is what the tiles spill. */
    private void gram(int rows, int n) {
        Arrays.fill(upper, 0, n * stride, 0);
        for (int start = 0; start < rows; start += ROW_BLOCK) {
            int count = Math.min(ROW_BLOCK, rows - start);
            int block = start * stride;
            for (int j = 0; j < n; j += FactorLoops.PAD) {
                int height = Math.min(n, j + FactorLoops.PAD);
                loops.multiplyAdd(
                        height,
                        FactorLoops.PAD,
                        count,
                        1,
                        wide,
                        block,
                        stride,
                        1,
                        wide,
                        block + j,
                        stride,
                        upper,
                        j,
                        stride);
            }
        }
    }

    /** Cholesky in place, upper = R; returns the smallest pivot relative to its column's squared length, 0 where it broke down. */
    private double factor(int n) {
        double smallest = 1;
        for (int start = 0; start < n; start += STEP) {
            int end = Math.min(n, start + STEP);
            int from = tile(start);
            double[] lengths = {1, 1, 1, 1};
            for (int p = start; p < end; p++) {
                lengths[p - start] = upper[p * stride + p];
            }
            loops.multiplyAdd(
                    end - start,
                    n - from,
                    start,
                    -1,
                    upper,
                    start,
                    stride,
                    1,
                    upper,
                    from,
                    stride,
                    upper,
                    start * stride + from,
                    stride);
            for (int p = start; p < end; p++) {
                int row = p * stride;
                for (int t = start; t < p; t++) {
                    double factor = upper[t * stride + p];
                    for (int j = p; j < n; j++) {
                        upper[row + j] -= factor * upper[t * stride + j];
                    }
                }
                double relative = upper[row + p] / lengths[p - start];
                if (!(relative > HOUSEHOLDER)) {
                    return 0;
                }
                smallest = Math.min(smallest, relative);
                double scale = 1 / Math.sqrt(upper[row + p]);
                for (int j = p; j < n; j++) {
                    upper[row + j] *= scale;
                }
            }
        }
        return smallest;
    }

    /** inverse = R⁻¹, with zeros below the diagonal. */
    private void invert(int n) {
        Arrays.fill(inverse, 0, n * stride, 0);
        for (int start = (n - 1) / STEP * STEP; start >= 0; start -= STEP) {
            int end = Math.min(n, start + STEP);
            int from = tile(end);
            loops.multiplyAdd(
                    end - start,
                    n - from,
                    n - end,
                    -1,
                    upper,
                    start * stride + end,
                    1,
                    stride,
                    inverse,
                    end * stride + from,
                    stride,
                    inverse,
                    start * stride + from,
                    stride);
            for (int p = end - 1; p >= start; p--) {
                int row = p * stride;
                double scale = 1 / upper[row + p];
                for (int t = p + 1; t < end; t++) {
                    double factor = upper[row + t];
                    for (int j = t; j < n; j++) {
                        inverse[row + j] -= factor * inverse[t * stride + j];
                    }
                }
                for (int j = p + 1; j < n; j++) {
                    inverse[row + j] *= scale;
                }
                inverse[row + p] = scale;
            }
        }
    }

    /** wide = Y R⁻¹, each tile of columns from the rows above its end. */
    private void apply(int rows, int n) {
        Arrays.fill(product, 0, rows * stride, 0);
        for (int j = 0; j < n; j += FactorLoops.PAD) {
            int depth = Math.min(n, j + FactorLoops.PAD);
            loops.multiplyAdd(
                    rows, FactorLoops.PAD, depth, 1, wide, 0, 1, stride, inverse, j, stride, product, j, stride);
        }
        System.arraycopy(product, 0, wide, 0, rows * stride);
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

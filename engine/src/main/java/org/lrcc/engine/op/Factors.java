package org.lrcc.engine.op;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * How the product of U {@code [rows, r]} and V {@code [r, columns]} is read as the weight {@code [out, in, k, k]} of a convolution. Each way is also two convolutions in a
 * chain, the first made of V, the second of U.
 */
public enum Factors {
    /**
     * U is {@code [out k, r]}, V {@code [r, in k]}; the product's elements, in order, are the weight's.
     *
     * <p>The weight's columns (channel, kernel row, kernel column) fall into k blocks of {@code in k}: to block a belong rows a, a+k, ... of U. So the first convolution has
     * k groups of r channels out, of which group a holds V at the columns of block a and zeros elsewhere ({@code blockdiag(V, ..., V)} as {@code [k r, in, k, k]}), and the second is
     * 1 x 1 and U as it lies there, {@code [out, k r]}.
     */
    FLAT,
    /**
     * U is {@code [out k, r]}, V {@code [r, k in]}; the product is {@code [out, k, k, in]} and permuted to the weight: a 1 x k convolution to r channels followed by a
     * k x 1 convolution.
     */
    SEPARABLE,
    /** U is {@code [out, r]}, V {@code [r, in k k]}: a k x k convolution to r channels followed by a 1 x 1 convolution. */
    CHANNEL;

    private static final int[] SWAP = {0, 2, 1};
    private static final int[] TO_WEIGHT = {0, 3, 1, 2};
    private static final int[] TO_MATRIX = {0, 2, 3, 1};

    /** Rows of U. */
    public int rows(int out, int kernel) {
        return this == CHANNEL ? out : Math.multiplyExact(out, kernel);
    }

    /** Columns of V. */
    public int columns(int in, int kernel) {
        int columns = Math.multiplyExact(in, kernel);
        return this == CHANNEL ? Math.multiplyExact(columns, kernel) : columns;
    }

    /** Blocks of columns of the weight that are each a product with V, as {@link org.lrcc.engine.spi.LowRankGradients} counts them; 0 where the weight is no such matrix. */
    int blocks(int kernel) {
        return switch (this) {
            case FLAT -> kernel;
            case CHANNEL -> 1;
            case SEPARABLE -> 0;
        };
    }

    /** Channels between the two convolutions. */
    int between(int rank, int kernel) {
        return this == FLAT ? rank * kernel : rank;
    }

    /** Shape of the first convolution's weight. */
    Shape firstShape(int in, int kernel, int rank) {
        return Shape.of(between(rank, kernel), in, this == SEPARABLE ? 1 : kernel, kernel);
    }

    /** Shape of the second convolution's weight. */
    Shape secondShape(int out, int kernel, int rank) {
        return Shape.of(out, between(rank, kernel), this == SEPARABLE ? kernel : 1, 1);
    }

    /** How the first convolution walks. */
    ConvGeometry first(ConvGeometry g) {
        return this != SEPARABLE
                ? g
                : new ConvGeometry(1, g.strideWidth(), 0, g.padLeft(), 0, g.padRight(), 1, g.dilationWidth(), 1);
    }

    /** How the second convolution walks. */
    ConvGeometry second(ConvGeometry g) {
        return this != SEPARABLE
                ? ConvGeometry.of(1, 0)
                : new ConvGeometry(g.strideHeight(), 1, g.padTop(), 0, g.padBottom(), 0, g.dilationHeight(), 1, 1);
    }

    private boolean spreads(int kernel) {
        return this == FLAT && kernel > 1;
    }

    /** The first convolution's weight, times {@code scale}; the caller's to release. */
    Tensor firstWeight(Kernels k, Tensor v, int in, int kernel, double scale) {
        int rank = v.shape().size(0);
        Shape shape = firstShape(in, kernel, rank);
        if (this != SEPARABLE && !spreads(kernel) && scale == 1) {
            return v.retain().reshape(shape);
        }
        return Outputs.written(k, v.dtype(), shape, a -> firstWeight(k, v, in, kernel, scale, a));
    }

    private void firstWeight(Kernels k, Tensor v, int in, int kernel, double scale, Tensor a) {
        int rank = v.shape().size(0);
        if (spreads(kernel)) {
            int columns = in * kernel;
            k.fill(a, 0);
            for (int block = 0; block < kernel; block++) {
                int at = (block * rank * kernel + block) * columns;
                k.copyBlock(v, 0, columns, a, at, columns * kernel, rank, columns);
            }
        } else if (this == SEPARABLE) {
            k.permute(v.reshape(rank, kernel, in), SWAP, a.reshape(rank, in, kernel));
        } else {
            k.copy(v, a);
        }
        if (scale != 1) {
            k.scale(scale, a);
        }
    }

    /** The gradient of V from that of the first convolution's weight. */
    void firstGradient(Kernels k, Tensor da, int in, int kernel, double scale, Tensor dv) {
        int rank = dv.shape().size(0);
        if (spreads(kernel)) {
            int columns = in * kernel;
            try (Outputs inside = new Outputs(k)) {
                Tensor part = inside.allocate(dv.dtype(), dv.shape());
                for (int block = 0; block < kernel; block++) {
                    int at = (block * rank * kernel + block) * columns;
                    k.copyBlock(da, at, columns * kernel, block == 0 ? dv : part, 0, columns, rank, columns);
                    if (block > 0) {
                        k.axpy(1, part, dv);
                    }
                }
            }
        } else if (this == SEPARABLE) {
            k.permute(da.reshape(rank, in, kernel), SWAP, dv.reshape(rank, kernel, in));
        } else {
            k.copy(da, dv);
        }
        if (scale != 1) {
            k.scale(scale, dv);
        }
    }

    /** The second convolution's weight; the caller's to release. */
    Tensor secondWeight(Kernels k, Tensor u, int out, int kernel) {
        int rank = u.shape().size(1);
        Shape shape = secondShape(out, kernel, rank);
        if (this != SEPARABLE) {
            return u.retain().reshape(shape);
        }
        return Outputs.written(
                k, u.dtype(), shape, b -> k.permute(u.reshape(out, kernel, rank), SWAP, b.reshape(out, rank, kernel)));
    }

    /** The gradient of U from that of the second convolution's weight. */
    void secondGradient(Kernels k, Tensor db, int out, int kernel, Tensor du) {
        int rank = du.shape().size(1);
        if (this == SEPARABLE) {
            k.permute(db.reshape(out, rank, kernel), SWAP, du.reshape(out, kernel, rank));
        } else {
            k.copy(db, du);
        }
    }

    /** w = rest + scale U·V as a weight, where {@code rest} may be left out. */
    void compose(Kernels k, Tensor u, Tensor v, @Nullable Tensor rest, double scale, Tensor w) {
        int rows = u.shape().size(0);
        int columns = v.shape().size(1);
        if (this != SEPARABLE) {
            Tensor to = w.reshape(rows, columns);
            if (rest == null) {
                k.gemm(false, false, scale, u, v, 0, to);
            } else {
                k.gemmPlus(scale, u, v, rest, to);
            }
            return;
        }
        try (Outputs inside = new Outputs(k)) {
            Tensor product = inside.allocate(w.dtype(), Shape.of(rows, columns));
            k.gemm(false, false, scale, u, v, 0, product);
            k.permute(product.reshape(permuted(w.shape())), TO_WEIGHT, w);
        }
        if (rest != null) {
            k.axpy(1, rest, w);
        }
    }

    private static Shape permuted(Shape w) {
        return Shape.of(w.size(0), w.size(2), w.size(3), w.size(1));
    }

    /** The weight's gradient as a matrix {@code [rows, columns]}; the caller's to release. */
    Tensor matrix(Kernels k, Tensor dw, int kernel) {
        Shape w = dw.shape();
        Shape matrix = Shape.of(rows(w.size(0), kernel), columns(w.size(1), kernel));
        if (this != SEPARABLE) {
            return dw.retain().reshape(matrix);
        }
        return Outputs.written(
                k, dw.dtype(), matrix, permuted -> k.permute(dw, TO_MATRIX, permuted.reshape(permuted(w))));
    }
}

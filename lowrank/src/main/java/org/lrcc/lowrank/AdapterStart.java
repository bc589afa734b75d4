package org.lrcc.lowrank;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.linalg.TruncatedSvd;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Tensor;

/**
 * Where a layer of lora_mode begins.
 *
 * @param u U
 * @param v V
 * @param weight what is left of W, {@code [out, in, k, k]}; null where it stays
 */
record AdapterStart(float[] u, float[] v, float @Nullable [] weight) {
    private static final long KAIMING = 0x5eed_0002;
    private static final long GAUSSIAN = 0x5eed_0004;
    /** Tolerance of PiSSA's decomposition: the network stays as it is whatever it finds. */
    private static final double TOLERANCE = 1e-6;

    /** Makes a layer's start; {@code matrix} is its W in the layout's form, read only where the start takes U·V out of it. */
    static AdapterStart of(LowRankConfig config, String name, LowRankConv2d layer, float[] matrix, Backend backend) {
        int rows = layer.shapeU().size(0);
        int columns = layer.shapeV().size(1);
        int rank = layer.rank();
        return switch (config.init()) {
            case KAIMING -> {
                double bound = 1 / Math.sqrt(columns);
                Philox random = new Philox(config.seed(), Philox.stream(KAIMING, name.hashCode()));
                float[] v = new float[rank * columns];
                for (int i = 0; i < v.length; i++) {
                    v[i] = (float) ((2 * random.nextDouble() - 1) * bound);
                }
                yield new AdapterStart(new float[rows * rank], v, null);
            }
            case GAUSSIAN -> {
                Philox random = new Philox(config.seed(), Philox.stream(GAUSSIAN, name.hashCode()));
                float[] v = new float[rank * columns];
                for (int i = 0; i < v.length; i++) {
                    v[i] = (float) (random.nextGaussian() / rank);
                }
                yield new AdapterStart(new float[rows * rank], v, null);
            }
            case PISSA, OLORA -> {
                try (Kernels kernels = backend.open();
                        Scope scope = Scope.open()) {
                    yield taken(config, layer, matrix, kernels);
                }
            }
        };
    }

    /** U·V out of the weight, and the weight without it. */
    private static AdapterStart taken(LowRankConfig config, LowRankConv2d layer, float[] matrix, Kernels kernels) {
        int rows = layer.shapeU().size(0);
        int columns = layer.shapeV().size(1);
        int rank = layer.rank();
        float[] u = new float[rows * rank];
        float[] v = new float[rank * columns];
        if (config.init() == Init.PISSA) {
            principal(config, matrix, rows, columns, rank, kernels, u, v);
        } else {
            triangular(matrix, rows, columns, rank, kernels, u, v);
        }
        float scale = (float) layer.scale();
        if (config.init() == Init.PISSA) {
            // The branch is scaled again in use.
            float root = (float) Math.sqrt(1 / layer.scale());
            scaleBy(u, root);
            scaleBy(v, root);
        }
        float[] product = Matrices.product(kernels, u, v, rows, rank, columns);
        for (int i = 0; i < matrix.length; i++) {
            product[i] = matrix[i] - scale * product[i];
        }
        return new AdapterStart(u, v, layer.layout().toWeight(product, layer.in(), layer.kernel()));
    }

    private static void principal(
            LowRankConfig config,
            float[] matrix,
            int rows,
            int columns,
            int rank,
            Kernels kernels,
            float[] u,
            float[] v) {
        Tensor w = Matrices.of(kernels, matrix, rows, columns);
        TruncatedSvd svd = TruncatedSvd.of(kernels, w, rank, TOLERANCE, config.seed());
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) (svd.u()[i] * Math.sqrt(svd.values()[i % rank]));
        }
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) (svd.v()[i] * Math.sqrt(svd.values()[i / columns]));
        }
    }

    /** Q's first columns span those of W; R = QᵀW. */
    private static void triangular(
            float[] matrix, int rows, int columns, int rank, Kernels kernels, float[] u, float[] v) {
        float[] first = new float[rows * rank];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(matrix, i * columns, first, i * rank, rank);
        }
        Tensor basis = kernels.upload(Tensor.over(first, rows, rank));
        kernels.linearAlgebra().orthonormalize(basis, basis);
        Tensor r = Matrices.empty(kernels, rank, columns);
        kernels.gemm(true, false, 1, basis, Matrices.of(kernels, matrix, rows, columns), 0, r);
        System.arraycopy(basis.toFloats(), 0, u, 0, u.length);
        System.arraycopy(r.toFloats(), 0, v, 0, v.length);
    }

    private static void scaleBy(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }
}

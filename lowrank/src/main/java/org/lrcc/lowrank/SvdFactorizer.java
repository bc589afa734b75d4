package org.lrcc.lowrank;

import org.lrcc.engine.linalg.TruncatedSvd;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Tensor;

/**
 * The truncated singular value decomposition: U·V is the nearest matrix of rank r to W in the sum of squares (Eckart and Young), S what deviates from it by
 * lambda or more. U has orthonormal columns, V orthogonal rows as long as the singular values. {@code steps} is not used.
 */
public final class SvdFactorizer implements Factorizer {
    static final String NAME = "svd";

    private static final double TOLERANCE = 1e-7;

    @Override
    public String name() {
        return NAME;
    }

    // Who changes the arithmetic raises CachedFactorizer.FORMAT.
    @Override
    public Factorization factorize(Problem problem, Kernels kernels, Progress progress) {
        Scaling scaling = Scaling.of(problem);
        int rows = problem.rows();
        int columns = problem.columns();
        int rank = problem.rank();
        TruncatedSvd svd;
        try (Scope scope = Scope.open()) {
            Tensor w = Matrices.of(kernels, scaling.problem().matrix(), rows, columns);
            svd = TruncatedSvd.of(kernels, w, rank, TOLERANCE, problem.seed() ^ problem.stream());
        }
        float[] v = svd.v().clone();
        for (int i = 0; i < v.length; i++) {
            v[i] *= (float) svd.values()[i / columns];
        }
        float[] product = Matrices.product(kernels, svd.u(), v, rows, rank, columns);
        progress.at(1);
        return scaling.factorization(svd.u(), v, product);
    }
}

package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;
import org.lrcc.engine.linalg.TruncatedSvd;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Scope;

/**
 * Where the singular values of a decomposition's U·V stand. The product is the same; what differs is how fast it learns: a step along U's gradient changes the
 * product by as much as V's singular values squared, and the other way round.
 */
public enum Balance {
    /** All in V, U has orthonormal columns: as all methods decompose, and the original with them. */
    V,
    /** Their square roots in each. */
    EVEN,
    /** All in U, V has orthonormal rows: where U trains and V does not, U·V learns at the pace of a plain weight, within the span of V. */
    U;

    private static final double TOLERANCE = 1e-10;

    /** The balance of this name, letters' case aside. */
    public static Balance parse(String name) {
        for (Balance balance : values()) {
            if (balance.label().equalsIgnoreCase(name)) {
                return balance;
            }
        }
        throw new InputException("balance " + name + " is unknown; there are "
                + Arrays.stream(values()).map(Balance::label).collect(Collectors.joining(", ")));
    }

    /** The name in files and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** U and V of one product. */
    record Factors(float[] u, float[] v) {}

    /** The factors of a decomposition, whose U has orthonormal columns, in this balance. */
    Factors of(Factorization f, long seed, Kernels kernels) {
        if (this == V) {
            return new Factors(f.u(), f.v());
        }
        int rank = f.rank();
        // V = A diag(values) B: then U V = (U A) diag(values) B, and U A has orthonormal columns as U has.
        TruncatedSvd svd;
        try (Scope scope = Scope.open()) {
            svd = TruncatedSvd.of(kernels, Matrices.of(kernels, f.v(), rank, f.columns()), rank, TOLERANCE, seed);
        }
        float[] u = Matrices.product(kernels, f.u(), svd.u(), f.rows(), rank, rank);
        double power = this == EVEN ? 0.5 : 1;
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) (u[i] * Math.pow(svd.values()[i % rank], power));
        }
        float[] v = svd.v().clone();
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) (v[i] * Math.pow(svd.values()[i / f.columns()], 1 - power));
        }
        return new Factors(u, v);
    }
}

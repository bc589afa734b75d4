package org.lrcc.lowrank;

/**
 * A problem brought near to 1 by a power of two, where its weight lies so far from it that squares, quotients or products would leave the range of floats. Powers
 * of two change no digit, so what is found is what the problem itself would give.
 *
 * @param original the problem as it was given
 * @param problem the one to work on: W and lambda times 2^-exponent
 */
record Scaling(Factorizer.Problem original, Factorizer.Problem problem, int exponent) {
    /** Weights whose largest magnitude is from 2^-RANGE to 2^RANGE stay as they are. */
    private static final int RANGE = 30;
    /** No deviation comes near to it: a threshold above need not grow on, which would make it infinite as a float. */
    private static final double MOST_LAMBDA = 0x1p40;

    static Scaling of(Factorizer.Problem problem) {
        double most = 0;
        for (float value : problem.matrix()) {
            most = Math.max(most, Math.abs((double) value));
        }
        int exponent = Math.getExponent(most);
        if (most == 0 || Math.abs(exponent) <= RANGE) {
            return new Scaling(problem, problem, 0);
        }
        double lambda = Math.min(MOST_LAMBDA, Math.scalb(problem.lambda(), -exponent));
        return new Scaling(problem, problem.with(scaled(problem.matrix(), -exponent), lambda), exponent);
    }

    private static float[] scaled(float[] values, int exponent) {
        if (exponent == 0) {
            return values;
        }
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) Math.scalb((double) values[i], exponent);
        }
        return out;
    }

    /** The original's factorization, of U, V and UV that were found for the scaled problem. */
    Factorization factorization(float[] u, float[] v, float[] uv) {
        return Factorization.of(original, u, scaled(v, exponent), scaled(uv, exponent));
    }
}

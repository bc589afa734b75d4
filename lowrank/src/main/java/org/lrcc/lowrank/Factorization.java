package org.lrcc.lowrank;

import org.lrcc.engine.FailureException;

/**
 * A matrix W {@code [rows, columns]} taken apart: W = U·V + S + E, S zero where |W - UV| is below lambda, E the rest.
 *
 * @param u {@code [rows, rank]}
 * @param v {@code [rank, columns]}
 * @param s {@code [rows, columns]}, zero where {@code mask} is 1
 * @param mask {@code [rows, columns]}, 1 where S is switched off
 * @param noise E, {@code [rows, columns]}
 * @param residual |W - UV| / |W| (Frobenius), 0 for W = 0
 * @param residualSparse |W - UV - S| / |W|
 * @param objective F = sum of min((W - UV)², lambda²)
 */
public record Factorization(
        int rows,
        int columns,
        int rank,
        float[] u,
        float[] v,
        float[] s,
        byte[] mask,
        float[] noise,
        double residual,
        double residualSparse,
        double objective) {
    /**
     * Splits W - UV, given the product, into S and E.
     *
     * @throws FailureException where UV or V is not finite: the work left the range of floats
     */
    static Factorization of(Factorizer.Problem problem, float[] u, float[] v, float[] uv) {
        float[] w = problem.matrix();
        float[] s = new float[w.length];
        float[] noise = new float[w.length];
        byte[] mask = new byte[w.length];
        float lambda = (float) problem.lambda();
        double total = 0;
        double low = 0;
        double rest = 0;
        double objective = 0;
        finite("V", v);
        finite("UV", uv);
        for (int i = 0; i < w.length; i++) {
            float e = w[i] - uv[i];
            double square = (double) e * e;
            total += (double) w[i] * w[i];
            low += square;
            if (problem.noSparse() || Math.abs(e) < lambda) {
                mask[i] = 1;
                noise[i] = e;
                rest += square;
            } else {
                s[i] = e;
            }
            objective += Math.min(square, problem.lambda() * problem.lambda());
        }
        return new Factorization(
                problem.rows(),
                problem.columns(),
                problem.rank(),
                u,
                v,
                s,
                mask,
                noise,
                ratio(low, total),
                ratio(rest, total),
                objective);
    }

    private static void finite(String what, float[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new FailureException("decomposition: element " + i + " of " + what + " became " + values[i]);
            }
        }
    }

    private static double ratio(double part, double total) {
        return total == 0 ? 0 : Math.sqrt(part / total);
    }

    /** The same U·V with what deviates from it by {@code threshold} or more in S, and F with that threshold as lambda. */
    Factorization split(double threshold) {
        float least = (float) threshold;
        float[] sparse = new float[s.length];
        float[] rest = new float[s.length];
        byte[] off = new byte[s.length];
        double before = 0;
        double after = 0;
        double cost = 0;
        for (int i = 0; i < s.length; i++) {
            float e = s[i] + noise[i];
            double square = (double) e * e;
            before += square;
            cost += Math.min(square, threshold * threshold);
            if (Math.abs(e) < least) {
                off[i] = 1;
                rest[i] = e;
                after += square;
            } else {
                sparse[i] = e;
            }
        }
        double left = before == 0 ? 0 : residual * Math.sqrt(after / before);
        return new Factorization(rows, columns, rank, u, v, sparse, off, rest, residual, left, cost);
    }

    /** S + E = W - UV. */
    float[] rest() {
        float[] rest = new float[s.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = s[i] + noise[i];
        }
        return rest;
    }

    /** Entries that S holds. */
    public int entries() {
        int off = 0;
        for (byte m : mask) {
            off += m;
        }
        return mask.length - off;
    }

    /** Share of the entries that S holds. */
    public double density() {
        return mask.length == 0 ? 0 : (double) entries() / mask.length;
    }
}

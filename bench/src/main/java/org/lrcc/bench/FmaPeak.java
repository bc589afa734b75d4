package org.lrcc.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What one core can do at most: fused multiply-adds on registers alone, 12 independent chains of the widest vectors. The yardstick for
 * matrix products, measured in the same run.
 */
public final class FmaPeak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 12;
    private static final int STEPS = 2_000_000;

    private FmaPeak() {}

    /** GFLOP/s of this core, the best of {@code rounds}. */
    public static double measure(int rounds) {
        double best = 0;
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            double operations = run();
            best = Math.max(best, operations / ((System.nanoTime() - start) * 1e-9));
        }
        return best;
    }

    /** One round; returns its 10^9 operations. */
    static double run() {
        run(STEPS, new float[SPECIES.length()]);
        return 2e-9 * STEPS * CHAINS * SPECIES.length();
    }

    private static void run(int steps, float[] sink) {
        FloatVector a = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector b = FloatVector.broadcast(SPECIES, 1e-3f);
        FloatVector c0 = b;
        FloatVector c1 = b;
        FloatVector c2 = b;
        FloatVector c3 = b;
        FloatVector c4 = b;
        FloatVector c5 = b;
        FloatVector c6 = b;
        FloatVector c7 = b;
        FloatVector c8 = b;
        FloatVector c9 = b;
        FloatVector c10 = b;
        FloatVector c11 = b;
        for (int i = 0; i < steps; i++) {
            c0 = c0.fma(a, b);
            c1 = c1.fma(a, b);
            c2 = c2.fma(a, b);
            c3 = c3.fma(a, b);
            c4 = c4.fma(a, b);
            c5 = c5.fma(a, b);
            c6 = c6.fma(a, b);
            c7 = c7.fma(a, b);
            c8 = c8.fma(a, b);
            c9 = c9.fma(a, b);
            c10 = c10.fma(a, b);
            c11 = c11.fma(a, b);
        }
        FloatVector sum = c0.add(c1).add(c2).add(c3).add(c4).add(c5);
        sum.add(c6).add(c7).add(c8).add(c9).add(c10).add(c11).intoArray(sink, 0);
    }
}

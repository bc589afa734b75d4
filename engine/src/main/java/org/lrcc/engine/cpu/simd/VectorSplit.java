package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Splits a run of floats by remainder modulo 4, with vectors of eight lanes. Pairs of neighbours are loaded where they are wanted, two tiles apart, and blended; then what is one apart is exchanged by shifts of pairs. On JDK 17 a
 * shuffle takes eight instructions: twelve of them, and eight blends, for 32 floats took 125, this takes 50.
 */
final class VectorSplit {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private VectorSplit() {}

    /** For {@code n >= 8} groups of four: see {@link org.lrcc.engine.cpu.RankTiles#split}. The last vector begins where it ends with the run. */
    static void split(float[] x, int xo, int n, float[] y, int yo, int apart) {
        int whole = n & -VL;
        for (int pass = 0; pass < (whole == n ? 2 : 4); pass++) {
            int half = pass % 2;
            int at = pass < 2 ? 0 : n - VL;
            half(x, xo + 4 * at + 2 * half, pass < 2 ? whole : VL, y, yo + at + 2 * half * apart, apart);
        }
    }

    /** The first two results of whole vectors. All four in one loop are 48 vector operations, and in a process of one C2 then boxed them. */
    private static void half(float[] x, int xo, int n, float[] y, int yo, int apart) {
        int second = yo + apart;
        for (int i = 0; i < n; i += VL) {
            FloatVector even = pairs(x, xo + 4 * i);
            FloatVector odd = pairs(x, xo + 4 * i + 4);
            even.blend(up(odd), LanePairs.UPPER_EIGHTHS).intoArray(y, yo + i);
            down(even).blend(odd, LanePairs.UPPER_EIGHTHS).intoArray(y, second + i);
        }
    }

    /** Two floats of every second group. */
    private static FloatVector pairs(float[] x, int s) {
        FloatVector lower =
                FloatVector.fromArray(S, x, s).blend(FloatVector.fromArray(S, x, s + 6), LanePairs.UPPER_QUARTERS);
        FloatVector upper = FloatVector.fromArray(S, x, s + 12)
                .blend(FloatVector.fromArray(S, x, s + 18), LanePairs.UPPER_QUARTERS);
        return lower.blend(upper, LanePairs.UPPER_HALF);
    }

    /** Moves even lanes up by one. */
    private static FloatVector up(FloatVector v) {
        LongVector pairs = v.reinterpretAsLongs();
        return pairs.lanewise(VectorOperators.LSHL, Integer.SIZE).reinterpretAsFloats();
    }

    /** Moves odd lanes down by one. */
    private static FloatVector down(FloatVector v) {
        LongVector pairs = v.reinterpretAsLongs();
        return pairs.lanewise(VectorOperators.LSHR, Integer.SIZE).reinterpretAsFloats();
    }
}

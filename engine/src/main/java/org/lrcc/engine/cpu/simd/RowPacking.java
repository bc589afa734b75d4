package org.lrcc.engine.cpu.simd;

import static org.lrcc.engine.cpu.simd.LanePairs.SWAP_EIGHTHS;
import static org.lrcc.engine.cpu.simd.LanePairs.SWAP_HALVES;
import static org.lrcc.engine.cpu.simd.LanePairs.SWAP_QUARTERS;
import static org.lrcc.engine.cpu.simd.LanePairs.UPPER_EIGHTHS;
import static org.lrcc.engine.cpu.simd.LanePairs.UPPER_HALF;
import static org.lrcc.engine.cpu.simd.LanePairs.UPPER_QUARTERS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Rows to columns and sums of lanes, by exchanging halves, quarters and eighths of vectors of eight lanes in pairs; not to be touched with other vectors. */
final class RowPacking {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    /** Lanes (step, row) of pairs of steps and rows, from (row, step). */
    private static final VectorShuffle<Float> STEPS_FIRST = VectorShuffle.fromOp(S, i -> (i % 4 * 2 + i / 4) % VL);

    private RowPacking() {}

    /** See {@link org.lrcc.engine.cpu.Tiles#packFourRows}; returns how many columns it has packed, a multiple of 8. */
    static int eightColumns(float[] a, int ao, int lda, float alpha, int n, float[] o, int to) {
        int k = 0;
        for (; k + 8 <= n; k += 8) {
            FloatVector r0 = FloatVector.fromArray(S, a, ao + k).mul(alpha);
            FloatVector r1 = FloatVector.fromArray(S, a, ao + k + lda).mul(alpha);
            FloatVector r2 = FloatVector.fromArray(S, a, ao + k + 2 * lda).mul(alpha);
            FloatVector r3 = FloatVector.fromArray(S, a, ao + k + 3 * lda).mul(alpha);
            // Steps 0 to 3 of rows 0 and 2, then 4 to 7.
            FloatVector t = r2.blend(r0, UPPER_HALF).rearrange(SWAP_HALVES);
            FloatVector u = r3.blend(r1, UPPER_HALF).rearrange(SWAP_HALVES);
            FloatVector x0 = r0.blend(t, UPPER_HALF);
            FloatVector x1 = r1.blend(u, UPPER_HALF);
            FloatVector x2 = t.blend(r2, UPPER_HALF);
            FloatVector x3 = u.blend(r3, UPPER_HALF);
            // Steps 0 and 1 of all rows, then 2 and 3; and so on.
            FloatVector v = x1.blend(x0, UPPER_QUARTERS).rearrange(SWAP_QUARTERS);
            FloatVector w = x3.blend(x2, UPPER_QUARTERS).rearrange(SWAP_QUARTERS);
            x0.blend(v, UPPER_QUARTERS).rearrange(STEPS_FIRST).intoArray(o, to + 4 * k);
            v.blend(x1, UPPER_QUARTERS).rearrange(STEPS_FIRST).intoArray(o, to + 4 * k + 8);
            x2.blend(w, UPPER_QUARTERS).rearrange(STEPS_FIRST).intoArray(o, to + 4 * k + 16);
            w.blend(x3, UPPER_QUARTERS).rearrange(STEPS_FIRST).intoArray(o, to + 4 * k + 24);
        }
        return k;
    }

    /**
     * The sums of the lanes of eight vectors of eight lanes, by a tree: each step adds the halves (quarters, eighths) of one vector beside those of another. Lane by lane it took as long as
     * products of a hundred floats.
     */
    static void addLanes(float[] sums, int so, float[] y, int yo) {
        FloatVector c = halves(FloatVector.fromArray(S, sums, so), FloatVector.fromArray(S, sums, so + 4 * VL));
        FloatVector d =
                halves(FloatVector.fromArray(S, sums, so + 2 * VL), FloatVector.fromArray(S, sums, so + 6 * VL));
        FloatVector e = halves(FloatVector.fromArray(S, sums, so + VL), FloatVector.fromArray(S, sums, so + 5 * VL));
        FloatVector f =
                halves(FloatVector.fromArray(S, sums, so + 3 * VL), FloatVector.fromArray(S, sums, so + 7 * VL));
        eighths(quarters(c, d), quarters(e, f)).intoArray(y, yo);
    }

    private static FloatVector halves(FloatVector x, FloatVector y) {
        return x.blend(y, UPPER_HALF).add(y.blend(x, UPPER_HALF).rearrange(SWAP_HALVES));
    }

    private static FloatVector quarters(FloatVector x, FloatVector y) {
        return x.blend(y, UPPER_QUARTERS).add(y.blend(x, UPPER_QUARTERS).rearrange(SWAP_QUARTERS));
    }

    private static FloatVector eighths(FloatVector x, FloatVector y) {
        return x.blend(y, UPPER_EIGHTHS).add(y.blend(x, UPPER_EIGHTHS).rearrange(SWAP_EIGHTHS));
    }
}

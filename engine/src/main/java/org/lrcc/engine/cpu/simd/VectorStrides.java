package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Every second float of a row, for stride 2: two shuffles and a blend a vector. Other strides float by float. */
final class VectorStrides {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    /** Lanes 0, 2, 4 ... of a vector, twice. */
    static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(S, i -> 2 * i % VL);

    private static final VectorMask<Float> UPPER_HALF = VectorMask.fromLong(S, (1L << VL) - (1L << VL / 2));

    private VectorStrides() {}

    /** See {@link org.lrcc.engine.cpu.StridedRows}. */
    static void every(float[] x, int xo, int step, int n, float[] y, int yo) {
        int i = step == 2 ? everySecond(x, xo, n, y, yo) : 0;
        for (; i < n; i++) {
            y[yo + i] = x[xo + i * step];
        }
    }

    /** The last vector of the source holds one float more than is asked for; the last few are left to the caller. */
    private static int everySecond(float[] x, int xo, int n, float[] y, int yo) {
        int i = 0;
        for (; i < n - VL; i += VL) {
            FloatVector a = FloatVector.fromArray(S, x, xo + 2 * i);
            FloatVector b = FloatVector.fromArray(S, x, xo + 2 * i + VL);
            a.rearrange(EVEN).blend(b.rearrange(EVEN), UPPER_HALF).intoArray(y, yo + i);
        }
        return i;
    }
}

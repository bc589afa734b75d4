package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The two halves of a vector of eight lanes, the quarters of each half, the eighths of each quarter: which lanes are the upper ones of such pairs, and the pairs exchanged. Not to be touched with other vectors. */
final class LanePairs {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    static final VectorMask<Float> UPPER_HALF = upper(4);
    static final VectorMask<Float> UPPER_QUARTERS = upper(2);
    static final VectorMask<Float> UPPER_EIGHTHS = upper(1);
    static final VectorShuffle<Float> SWAP_HALVES = swap(4);
    static final VectorShuffle<Float> SWAP_QUARTERS = swap(2);
    static final VectorShuffle<Float> SWAP_EIGHTHS = swap(1);

    private LanePairs() {}

    private static VectorMask<Float> upper(int part) {
        boolean[] lanes = new boolean[VL];
        for (int i = 0; i < VL; i++) {
            lanes[i] = (i & part) != 0;
        }
        return VectorMask.fromArray(S, lanes, 0);
    }

    private static VectorShuffle<Float> swap(int part) {
        return VectorShuffle.fromOp(S, i -> (i ^ part) % VL);
    }
}

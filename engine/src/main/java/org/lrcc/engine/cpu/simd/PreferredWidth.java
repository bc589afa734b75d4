package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;

/** The width of vectors that the JVM prefers, known before {@link Lanes} settles on one. */
public final class PreferredWidth {
    private PreferredWidth() {}

    /** In bits: what the processor has, or less where the JVM's flags say so. */
    public static int bits() {
        return FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }
}

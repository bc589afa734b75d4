package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width, chosen once: what the JVM prefers, or {@code -Dlrcc.cpu.vector=128|256|512}. {@code Instructions} turns to plain loops before this
 * class is touched where the JVM prefers another width.
 *
 * <p>The species must be a {@code static final} constant, or C2 does not turn vector operations into instructions.
 */
final class Lanes {
    static final VectorSpecies<Float> SPECIES = choose(System.getProperty("lrcc.cpu.vector", ""));

    /** Floats in a vector. */
    static final int VL = SPECIES.length();

    private Lanes() {}

    private static VectorSpecies<Float> choose(String width) {
        return switch (width) {
            case "128" -> FloatVector.SPECIES_128;
            case "256" -> FloatVector.SPECIES_256;
            case "512" -> FloatVector.SPECIES_512;
            default -> FloatVector.SPECIES_PREFERRED;
        };
    }
}

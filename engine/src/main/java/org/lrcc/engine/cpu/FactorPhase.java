package org.lrcc.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The kernel's columns that read the same columns of the input: those of one remainder modulo the stride.
 *
 * @param first the first such column of the input
 * @param count how many there are
 * @param taps the kernel's columns
 * @param shifts by tap, the column (counted among those of the phase) that the first column of the output reads
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record FactorPhase(int first, int count, int[] taps, int[] shifts) {
    static List<FactorPhase> of(ConvShape s) {
        List<FactorPhase> phases = new ArrayList<>();
        int stride = s.strideW();
        for (int first = 0; first < Math.min(stride, s.width()); first++) {
            int remainder = first;
            int[] taps = IntStream.range(0, s.kernelW())
                    .filter(tap -> Math.floorMod(tap * s.dilationW() - s.left(), stride) == remainder)
                    .toArray();
            if (taps.length > 0) {
                int[] shifts = new int[taps.length];
                for (int i = 0; i < taps.length; i++) {
                    shifts[i] = Math.floorDiv(taps[i] * s.dilationW() - s.left(), stride);
                }
                phases.add(new FactorPhase(first, (s.width() - first + stride - 1) / stride, taps, shifts));
            }
        }
        return phases;
    }

    /** The first column of the output whose tap lies inside. */
    int begin(int tap) {
        return Math.max(0, -shifts[tap]);
    }

    /** One past the last column of the output whose tap lies inside. */
    int end(int tap, int outWidth) {
        return Math.max(begin(tap), Math.min(outWidth, count - shifts[tap]));
    }
}

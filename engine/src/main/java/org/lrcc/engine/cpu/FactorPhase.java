package org.lrcc.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
            int[] taps = new int[s.kernelW()];
            int[] shifts = new int[s.kernelW()];
            int found = 0;
            for (int tap = 0; tap < s.kernelW(); tap++) {
                int column = tap * s.dilationW() - s.left();
                if (Math.floorMod(column, stride) == first) {
                    taps[found] = tap;
                    shifts[found++] = Math.floorDiv(column, stride);
                }
            }
            if (found > 0) {
                int count = (s.width() - first + stride - 1) / stride;
                phases.add(new FactorPhase(first, count, Arrays.copyOf(taps, found), Arrays.copyOf(shifts, found)));
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

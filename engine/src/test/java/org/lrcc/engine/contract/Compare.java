package org.lrcc.engine.contract;

/** Compares arrays with a tolerance that is a part of their largest value. */
final class Compare {
    private Compare() {}

    /**
     * Throws where {@code got} differs from {@code want} by more than {@code tolerance} times the largest of
     * {@code want}, or of 1.
     */
    static void close(String what, double[] want, double[] got, double tolerance) {
        if (want.length != got.length) {
            throw new AssertionError(what + ": " + got.length + " values, not " + want.length);
        }
        double scale = 1;
        for (double value : want) {
            scale = Math.max(scale, Math.abs(value));
        }
        int worst = -1;
        double difference = tolerance * scale;
        for (int i = 0; i < want.length; i++) {
            double off = Math.abs(want[i] - got[i]);
            if (off > difference || (Double.isNaN(off) && !sameSpecial(want[i], got[i]))) {
                worst = i;
                if (Double.isNaN(off)) {
                    break;
                }
                difference = off;
            }
        }
        if (worst >= 0) {
            throw new AssertionError(what + ": element " + worst + " of " + want.length + " is " + got[worst] + ", not "
                    + want[worst] + " (tolerance " + tolerance * scale + ")");
        }
    }

    private static boolean sameSpecial(double want, double got) {
        return Double.compare(want, got) == 0;
    }
}

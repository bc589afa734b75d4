package org.lrcc.cli;

import java.util.Arrays;
import java.util.Locale;

/**
 * The middle half of some numbers.
 *
 * @param low first quartile
 * @param median second quartile
 * @param high third quartile
 */
public record Quantiles(double low, double median, double high) {
    /** Of these numbers. */
    public static Quantiles of(double... values) {
        return new Quantiles(at(values, 0.25), at(values, 0.5), at(values, 0.75));
    }

    /** The number in the middle, or between the two in the middle; NaN of none. */
    public static double median(double... values) {
        return at(values, 0.5);
    }

    /** The value below which this part of the numbers lies; NaN of none. */
    public static double at(double[] values, double part) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = part * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(sorted.length - 1, below + 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /** {@code 510 (484-521)}. */
    public String text(int digits) {
        String format = "%." + digits + "f (%." + digits + "f-%." + digits + "f)";
        return String.format(Locale.ROOT, format, median, low, high);
    }
}

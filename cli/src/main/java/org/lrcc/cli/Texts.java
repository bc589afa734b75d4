package org.lrcc.cli;

import java.util.Locale;

/** Numbers as people read them, the same in every locale. */
final class Texts {
    private Texts() {}

    /** A share as percent: {@code 89.25 %}. */
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * share);
    }

    /** A count: {@code 11,689,512}. */
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** Bytes: {@code 1.2 MB}. */
    static String bytes(long value) {
        if (value < 1000) {
            return value + " B";
        }
        double amount = value / 1000.0;
        for (String unit : new String[] {"kB", "MB", "GB"}) {
            if (amount < 1000 || unit.equals("GB")) {
                return String.format(Locale.ROOT, amount < 10 ? "%.1f %s" : "%.0f %s", amount, unit);
            }
            amount /= 1000;
        }
        throw new IllegalStateException("bytes: " + value);
    }

    /** Milliseconds: {@code 12.3 ms}. */
    static String milliseconds(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f ms" : value < 100 ? "%.1f ms" : "%.0f ms", value);
    }

    /** Multiply-adds or the like: {@code 1.82 G}. */
    static String big(double value) {
        if (value >= 1e9) {
            return String.format(Locale.ROOT, "%.2f G", value / 1e9);
        }
        return value >= 1e6
                ? String.format(Locale.ROOT, "%.1f M", value / 1e6)
                : String.format(Locale.ROOT, "%.0f k", value / 1e3);
    }
}

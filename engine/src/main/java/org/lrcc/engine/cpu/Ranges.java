package org.lrcc.engine.cpu;

/** Cuts flat runs of elements into chunks of fixed size, and rounds counts up to whole units. */
final class Ranges {
    /** Floats a chunk: 128 KB an operand, a few microseconds of work. */
    private static final int CHUNK = 32_768;

    private Ranges() {}

    /** Work on elements {@code from .. from+n-1}. */
    @FunctionalInterface
    interface Body {
        void run(int from, int n);
    }

    /** Works on a run. */
    @FunctionalInterface
    interface Sum {
        double of(int from, int n);
    }

    static void each(ThreadPool pool, int n, Body body) {
        pool.run(chunks(n), c -> body.run(c * CHUNK, Math.min(CHUNK, n - c * CHUNK)));
    }

    /** The sum of the chunks' sums, added in order. */
    static double sum(ThreadPool pool, int n, Sum sum) {
        double[] parts = new double[chunks(n)];
        pool.run(parts.length, c -> parts[c] = sum.of(c * CHUNK, Math.min(CHUNK, n - c * CHUNK)));
        double total = 0;
        for (double p : parts) {
            total += p;
        }
        return total;
    }

    private static int chunks(int n) {
        return (n + CHUNK - 1) / CHUNK;
    }

    /** The least multiple of {@code unit} that is not below {@code n}. */
    static int ceil(int n, int unit) {
        return (n + unit - 1) / unit * unit;
    }
}

package org.lrcc.cli;

import picocli.CommandLine.Option;

/** How often a thing is done to be timed. */
final class RunOptions {
    private static final int MOST = 1_000_000;

    @Option(names = "--steps", paramLabel = "K", description = "Timed runs (default: 20).")
    private int steps = 20;

    @Option(names = "--warmup", paramLabel = "W", description = "Runs before, which are not timed (default: 10).")
    private int warmup = 10;

    /** Times a thing. */
    Timing measure(Runnable run) {
        return Timing.measure(
                BenchOptions.within("--warmup", warmup, 0, MOST), BenchOptions.within("--steps", steps, 1, MOST), run);
    }

    /** Checks the numbers before any work is done. */
    void check() {
        BenchOptions.within("--warmup", warmup, 0, MOST);
        BenchOptions.within("--steps", steps, 1, MOST);
    }
}

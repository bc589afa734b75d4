package org.lrcc.cli;

import picocli.CommandLine.Option;

/** On the listing of execution plans. */
final class PlanOptions {
    @Option(
            names = "--plans",
            description = "Also show in which order a training step would multiply in each converted layer.")
    private boolean plans;

    @Option(
            names = "--measure",
            description = "With --plans: also time every order, which takes a minute or so; nothing is chosen by it.")
    private boolean measure;

    @Option(names = "--batch", paramLabel = "N", description = "With --plans: images of a batch (default: 8).")
    private int batch = 8;

    boolean wanted() {
        return plans || measure;
    }

    boolean measures() {
        return measure;
    }

    int batch() {
        return BenchOptions.within("--batch", batch, 1, BenchOptions.MOST_BATCH);
    }
}

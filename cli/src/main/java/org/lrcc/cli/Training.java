package org.lrcc.cli;

import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.Evaluator;
import org.lrcc.nn.train.ImageSource;

/** The steps that commands share: convert, measure. */
final class Training {
    private static final int PARTS = 1000;

    private Training() {}

    /** Converts with progress. */
    static Conversion convert(Model base, LowRankConfig config, Console console) {
        if (!config.mode().decomposes() && config.rankGoal() == null) {
            return LowRank.convert(base, config, (layer, fraction) -> {});
        }
        try (Progress progress = console.progress("decompose", PARTS)) {
            return LowRank.convert(base, config, (layer, fraction) -> progress.at(Math.round(fraction * PARTS), layer));
        }
    }

    /** Measures a model on images. */
    static Evaluation evaluate(Model model, Dataset data, int batch) {
        return Evaluator.evaluate(model, new ImageSource(data, model.info().preprocessing()), batch);
    }

    /**
     * Gives back what reading and preparing a network left, before steps take more: since JDK 25 the parallel collector lets the old generation grow by as much as there is memory rather than collect
     * it, and the peak of a ResNet18's training step was 1034 MB instead of 787 ({@code bench/results/start-2026-11-30.md}).
     */
    static void collectGarbage() {
        System.gc();
    }
}

package org.lrcc.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lrcc.cli.report.Report;
import org.lrcc.cli.report.Report.Fact;
import org.lrcc.cli.report.Report.Group;
import org.lrcc.cli.report.Report.Tile;
import org.lrcc.cli.report.ReportPage;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.lowrank.ConversionReport;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.train.EpochRecord;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.TrainResult;

/**
 * The report of {@code lrcc train}.
 *
 * @param conversion null where training began from an adapter or went on
 * @param tested the test images, or null
 * @param seconds of the whole command
 * @param adapterBytes size of the adapter's file
 */
record TrainReport(
        RunConfig config,
        @Nullable ConversionReport conversion,
        TrainResult result,
        @Nullable Dataset tested,
        double seconds,
        long adapterBytes) {

    String page() {
        String mode = config.lowRank() == null
                ? "the adapter's mode"
                : config.lowRank().mode().label();
        String name = String.valueOf(config.model().getFileName());
        Evaluation evaluation = result.evaluation();
        List<Tile> tiles = new ArrayList<>();
        if (evaluation != null) {
            tiles.add(new Tile(Texts.percent(evaluation.top1()), "top-1 on " + evaluation.samples() + " test images"));
            tiles.add(new Tile(Texts.percent(evaluation.top5()), "top-5"));
        }
        tiles.add(new Tile(Texts.count(result.model().state().trainableElements()), "numbers trained"));
        tiles.add(new Tile(Texts.bytes(adapterBytes), "adapter file"));
        tiles.add(new Tile(Progress.time(seconds), "from start to end"));
        Report.Run run = RunSection.of(
                "run", mode, note(), conversion, result.history(), evaluation, tested, List.of(), List.of(costs()));
        return ReportPage.render(new Report(
                name + " adapted",
                subtitle(),
                tiles,
                List.of(),
                List.of(),
                List.of(run),
                config.command(),
                List.of(configuration(), Machine.facts())));
    }

    private String subtitle() {
        int classes = result.model().info().classes().size();
        return String.format(
                Locale.ROOT,
                "%s on %s: %d classes, seed %d.",
                config.model(),
                config.train(),
                classes,
                config.training().seed());
    }

    private String note() {
        String end = switch (result.end()) {
            case DONE -> "All epochs were done";
            case EARLY -> "Training ended early: no better epoch for a while";
            case CANCELLED -> "Training was stopped";
        };
        String head = result.headReplaced() ? "the last layer was replaced by a new one" : "the last layer was kept";
        return end + "; the result is epoch " + result.bestEpoch() + "'s; " + head + ".";
    }

    private Group costs() {
        double training = result.history().epochs().stream()
                .mapToDouble(EpochRecord::seconds)
                .sum();
        double waiting = result.history().epochs().stream()
                .mapToDouble(EpochRecord::waiting)
                .sum();
        double rate = result.history().epochs().stream()
                .mapToDouble(EpochRecord::imagesPerSecond)
                .max()
                .orElse(0);
        List<Fact> facts = new ArrayList<>(List.of(
                new Fact("all", Progress.time(seconds)),
                new Fact("training steps", Progress.time(training)),
                new Fact(
                        "of it, waiting for images",
                        String.format(Locale.ROOT, "%.1f %%", training > 0 ? 100 * waiting / training : 0)),
                new Fact("images per second, best epoch", String.format(Locale.ROOT, "%.0f", rate))));
        Long memory = result.history().memoryBytes();
        if (memory != null) {
            Backend backend = Backends.get();
            String what = backend.name().equals("cpu") ? "tensors of a step" : "memory of " + backend.name();
            facts.add(new Fact(what + ", at most", Texts.bytes(memory)));
        }
        return new Group("Time and memory", facts);
    }

    private Group configuration() {
        List<Fact> facts = new ArrayList<>();
        facts.add(new Fact("model", config.model().toString()));
        facts.add(new Fact("training images", config.train().toString()));
        if (config.test() != null) {
            facts.add(new Fact("test images", config.test().toString()));
        }
        if (config.lowRank() != null) {
            Facts.addJson(facts, "low rank", config.lowRank().toJson());
        }
        Facts.addJson(facts, "training", config.training().toJson());
        Facts.addJson(facts, "preprocessing", config.preprocessing().toJson());
        return new Group("Configuration", facts);
    }
}

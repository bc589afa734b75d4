package org.lrcc.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.lrcc.cli.report.LineChart;
import org.lrcc.cli.report.Report;
import org.lrcc.lowrank.ConversionReport;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.train.EpochRecord;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.History;

/** One training as a section of a report. */
final class RunSection {
    private RunSection() {}

    /**
     * Sets a training's results.
     *
     * @param id anchor in the page
     * @param conversion null where nothing was converted
     * @param evaluation null where nothing was tested
     * @param test the images of {@code evaluation}
     */
    static Report.Run of(
            String id,
            String name,
            String note,
            @Nullable ConversionReport conversion,
            History history,
            @Nullable Evaluation evaluation,
            @Nullable Dataset test,
            List<Report.Tile> tiles,
            List<Report.Group> facts) {
        List<LineChart> charts = new ArrayList<>();
        if (!history.epochs().isEmpty()) {
            charts.addAll(List.of(loss(history), accuracy(history)));
        }
        if (conversion != null) {
            charts.addAll(ConversionSection.charts(conversion));
        }
        List<Report.Sample> samples = evaluation == null || test == null ? List.of() : Samples.choose(evaluation, test);
        Report.Confusion confusion =
                evaluation == null ? null : new Report.Confusion(evaluation.classes(), evaluation.confusion());
        Report.Table table = conversion == null ? null : ConversionSection.table(conversion);
        return new Report.Run(id, name, note, tiles, table, charts, confusion, samples, facts);
    }

    private static LineChart loss(History history) {
        return new LineChart(
                "Loss (mean cross entropy; in training over augmented images, penalties included)",
                "epoch",
                "loss",
                curves(history, EpochRecord::loss, EpochRecord.Score::loss, 1));
    }

    private static LineChart accuracy(History history) {
        return new LineChart(
                "Top-1 accuracy (in training over augmented images, before each step)",
                "epoch",
                "percent",
                curves(history, EpochRecord::accuracy, EpochRecord.Score::top1, 100));
    }

    private static List<LineChart.Series> curves(
            History history,
            ToDoubleFunction<EpochRecord> train,
            ToDoubleFunction<EpochRecord.Score> score,
            double factor) {
        List<LineChart.Series> curves = new ArrayList<>();
        curves.add(series("training", history, e -> factor * train.applyAsDouble(e)));
        if (history.epochs().stream().anyMatch(e -> e.validation() != null)) {
            curves.add(series("held back", history, e -> value(e.validation(), score, factor)));
        }
        if (history.epochs().stream().anyMatch(e -> e.test() != null)) {
            curves.add(series("test", history, e -> value(e.test(), score, factor)));
        }
        return curves;
    }

    private static double value(
            EpochRecord.@Nullable Score score, ToDoubleFunction<EpochRecord.Score> of, double factor) {
        return score == null ? Double.NaN : factor * of.applyAsDouble(score);
    }

    private static LineChart.Series series(String name, History history, ToDoubleFunction<EpochRecord> value) {
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (EpochRecord epoch : history.epochs()) {
            x.add((double) epoch.epoch());
            y.add(value.applyAsDouble(epoch));
        }
        return new LineChart.Series(name, x, y);
    }
}

package org.lrcc.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lrcc.cli.report.LineChart;
import org.lrcc.cli.report.Report;
import org.lrcc.cli.report.Report.Cell;
import org.lrcc.cli.report.ReportPage;
import org.lrcc.lowrank.ConversionReport;

/** What a conversion did, as parts of a report and as a report of its own. */
final class ConversionSection {
    private ConversionSection() {}

    /** The report of a conversion that no training followed. */
    static String page(String title, ConversionReport report, String command, List<Report.Group> facts) {
        Report.Run run = new Report.Run(
                "conversion", report.mode(), "", List.of(), table(report), charts(report), null, List.of(), List.of());
        List<Report.Tile> tiles = List.of(
                new Report.Tile(Texts.count(report.parametersBefore()), "parameters before"),
                new Report.Tile(Texts.count(report.parametersAfter()), "after"),
                new Report.Tile(Texts.count(report.trainable()), "of them train"));
        return ReportPage.render(new Report(title, "", tiles, List.of(), List.of(), List.of(run), command, facts));
    }

    /** What each decomposed layer costs beside how near it comes to its weight; none where nothing was decomposed. */
    static List<LineChart> charts(ConversionReport report) {
        List<Double> share = new ArrayList<>();
        List<Double> low = new ArrayList<>();
        List<Double> rest = new ArrayList<>();
        for (ConversionReport.Layer layer : report.layers()) {
            Double residual = layer.residual();
            Double sparse = layer.residualSparse();
            if (residual != null && sparse != null) {
                share.add(100.0 * layer.parametersAfter() / layer.parametersBefore());
                low.add(residual);
                rest.add(sparse);
            }
        }
        if (share.isEmpty()) {
            return List.of();
        }
        return List.of(new LineChart(
                "Residual against parameters, a dot a layer",
                "parameters kept, percent of the layer's own",
                "residual, part of |W|",
                List.of(
                        new LineChart.Series("without S: |W-UV|", share, low),
                        new LineChart.Series("with S: |W-UV-S|", share, rest)),
                true));
    }

    /** What was converted, a row a convolution. */
    static Report.Table table(ConversionReport report) {
        List<List<Cell>> rows = new ArrayList<>();
        for (ConversionReport.Layer layer : report.layers()) {
            rows.add(List.of(
                    Cell.of(layer.name()),
                    Cell.of(layer.weight()),
                    Cell.of(layer.action().toString()),
                    Cell.number(layer.rank() == 0 ? "" : Integer.toString(layer.rank())),
                    Cell.number(Texts.count(layer.parametersBefore())),
                    Cell.number(Texts.count(layer.parametersAfter())),
                    Cell.number(Texts.count(layer.trainable())),
                    Cell.number(number(layer.density(), "%.3f")),
                    Cell.of(Objects.requireNonNullElse(layer.sparse(), "")),
                    Cell.number(number(layer.residual(), "%.4f")),
                    Cell.number(number(layer.residualSparse(), "%.4f")),
                    Cell.number(number(layer.objective(), "%.4f")),
                    Cell.number(number(layer.seconds(), "%.2f")),
                    Cell.of(layer.action() == ConversionReport.Action.CONVERTED ? "" : layer.reason())));
        }
        String note = String.format(
                Locale.ROOT,
                "%d of %d convolutions made low-rank, %d ignored (they train whole), %d fixed, %d left alone. Parameters: %s before, %s after, %s of them train.",
                report.count(ConversionReport.Action.CONVERTED),
                report.layers().size(),
                report.count(ConversionReport.Action.IGNORED),
                report.count(ConversionReport.Action.FIXED),
                report.count(ConversionReport.Action.LEFT_ALONE),
                Texts.count(report.parametersBefore()),
                Texts.count(report.parametersAfter()),
                Texts.count(report.trainable()));
        List<String> columns = List.of(
                "convolution",
                "weight",
                "what",
                "rank",
                "parameters",
                "after",
                "train",
                "S on",
                "S lies",
                "|W-UV|/|W|",
                "|W-UV-S|/|W|",
                "F",
                "seconds",
                "why");
        return new Report.Table("What was converted", note, columns, rows);
    }

    private static String number(@Nullable Double value, String format) {
        return value == null ? "" : String.format(Locale.ROOT, format, value);
    }
}

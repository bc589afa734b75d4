package org.lrcc.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lrcc.cli.report.LineChart;
import org.lrcc.cli.report.Report;
import org.lrcc.cli.report.Report.Fact;
import org.lrcc.cli.report.Report.Group;
import org.lrcc.cli.report.Report.Tile;
import org.lrcc.cli.report.ReportPage;
import org.lrcc.lowrank.ConversionReport;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.train.EpochRecord;

/** The report of {@code lrcc demo}: the table, all curves, and a section for each training of the first seed. */
record DemoReport(
        DemoTable table,
        List<DemoRuns.Done> runs,
        Dataset test,
        DemoReference reference,
        int epochs,
        String command,
        double seconds) {

    String page() {
        List<Tile> tiles = List.of(
                new Tile(
                        String.format(Locale.ROOT, "%.2f %%", table.mean(DemoTable.Entry::ours)),
                        "mean of the six trainings"),
                new Tile(
                        String.format(Locale.ROOT, "%.2f %%", table.mean(DemoTable.Entry::original)),
                        "the original's mean"),
                new Tile(
                        Integer.toString(test.size()),
                        "test images of " + test.classes().size() + " new classes"),
                new Tile(Progress.time(seconds), "from start to end"));
        List<DemoRuns.Done> first =
                runs.stream().filter(run -> run.seed() == runs.get(0).seed()).toList();
        String note =
                "The original's figures are what its own code reaches on these images, the mean of three seeds; lrcc's are "
                        + (table.seeds() == 1 ? "of one seed." : "means of " + table.seeds() + " seeds.");
        return ReportPage.render(new Report(
                "lrcc demo",
                "A small ResNet18, pretrained on 81 classes of Caltech-101, meets 20 classes that it never saw.",
                tiles,
                List.of(table.table(note)),
                List.of(curves(first, true), curves(first, false)),
                first.stream().map(this::section).toList(),
                command,
                List.of(protocol(), Machine.facts())));
    }

    private static LineChart curves(List<DemoRuns.Done> runs, boolean accuracy) {
        List<LineChart.Series> curves = new ArrayList<>();
        for (DemoRuns.Done run : runs) {
            List<Double> x = new ArrayList<>();
            List<Double> y = new ArrayList<>();
            for (EpochRecord epoch : run.result().history().epochs()) {
                x.add((double) epoch.epoch());
                y.add(accuracy ? 100 * epoch.accuracy() : epoch.loss());
            }
            curves.add(new LineChart.Series(run.mode() + ", " + run.shot(), x, y));
        }
        return new LineChart(
                accuracy
                        ? "Top-1 accuracy in training, over augmented images"
                        : "Loss in training, over augmented images",
                "epoch",
                accuracy ? "percent" : "loss",
                curves);
    }

    private Report.Run section(DemoRuns.Done run) {
        ConversionReport conversion = run.mode().converts() ? run.conversion().report() : null;
        DemoReference.Cell cell = reference.cell(run.mode().label(), run.shot());
        List<Tile> tiles = List.of(
                new Tile(String.format(Locale.ROOT, "%.2f %%", run.accuracy()), "top-1, seed " + run.seed()),
                new Tile(String.format(Locale.ROOT, "%.2f %%", cell.mean()), "the original's mean"),
                new Tile(Texts.count(trained(run)), "numbers trained"),
                new Tile(Progress.time(run.seconds()), "training"));
        String note = String.format(
                Locale.ROOT,
                "%d images a class, learning rate %s.%s",
                run.shot(),
                cell.rate(),
                conversion == null ? "" : " Conversion took " + Progress.time(run.conversionSeconds()) + ".");
        return RunSection.of(
                run.mode() + "-" + run.shot(),
                run.mode() + ", " + run.shot() + " a class",
                note,
                conversion,
                run.result().history(),
                run.result().evaluation(),
                test,
                tiles,
                List.of());
    }

    private static long trained(DemoRuns.Done run) {
        return run.result().model().state().trainableElements();
    }

    private Group protocol() {
        return new Group(
                "Protocol",
                List.of(
                        new Fact("epochs", Integer.toString(epochs)),
                        new Fact("batch", reference.batch() + ", a short last one dropped"),
                        new Fact(
                                "optimizer",
                                "SGD, momentum " + reference.momentum() + ", weight decay " + reference.weightDecay()),
                        new Fact("learning rate", "cosine to 0, one for everything"),
                        new Fact("augmentation", "square crops of the 112 x 112 centre, area 0.35 to 1; flips"),
                        new Fact("rank ratio", Double.toString(reference.rankRatio())),
                        new Fact("decomposition", reference.steps() + " steps, lambda " + reference.lambda()),
                        new Fact("ignored", String.join(", ", reference.ignore()))));
    }
}

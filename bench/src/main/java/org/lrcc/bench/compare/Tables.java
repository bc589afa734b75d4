package org.lrcc.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.lrcc.cli.Quantiles;

/** Raw results as Markdown. A target that is missed stands there as one that is met does. */
final class Tables {
    private static final double MEGABYTE = 1 << 20;
    private static final double MEMORY_TARGET = 0.8;
    private static final double LAYER_TARGET = 1.1;

    /** Passes shorter than this at the peer have no target. */
    private static final double LAYER_LEAST = 2;

    private final List<Pair> pairs;
    private final String note;

    Tables(List<Pair> pairs, String note) {
        this.pairs = pairs;
        this.note = note;
    }

    /** The last day of measuring. */
    String date() {
        return pairs.stream().map(Pair::date).max(String::compareTo).orElse("");
    }

    /** All rows: comparisons in their order, then Java, machine and threads. */
    List<Figure> figures() {
        List<Figure> figures = new ArrayList<>();
        for (Comparison comparison : Comparison.values()) {
            figures.addAll(figures(comparison));
        }
        return figures;
    }

    private List<Figure> figures(Comparison comparison) {
        Set<Pair.Row> rows = new LinkedHashSet<>();
        pairs.stream()
                .filter(pair -> pair.comparison().equals(comparison.id()))
                .map(Pair::row)
                .sorted((a, b) -> {
                    int order = a.java().compareTo(b.java());
                    order = order == 0 ? a.machine().compareTo(b.machine()) : order;
                    return order == 0 ? Integer.compare(a.threads(), b.threads()) : order;
                })
                .forEach(rows::add);
        return rows.stream().map(row -> Figure.of(comparison, row, pairs)).toList();
    }

    private StringBuilder head(String title, String about, List<Figure> figures, String command) {
        StringBuilder text = new StringBuilder("# " + title + "\n" + about);
        text.append(
                "\n\nWhole processes in alternation on ResNet18 at 224x224; medians (quartiles) over pairs. Pairs around which the machine's FMA peak fell under 90 % of the row's best are dropped and counted.\n\n");
        Set<String> machines = new TreeSet<>();
        Set<String> javas = new TreeSet<>();
        Set<String> dates = new TreeSet<>();
        for (Figure figure : figures) {
            machines.add(figure.row().machine());
            javas.add(figure.row().java());
            figure.kept().forEach(pair -> dates.add(pair.date()));
        }
        text.append("- machine: ").append(String.join("; ", machines)).append('\n');
        text.append("- JDK: ").append(String.join(", ", javas)).append('\n');
        text.append("- date: ").append(String.join(", ", dates)).append('\n');
        text.append(
                        "- command: `java -cp 'bench/target/classes:bench/target/lib/*' org.lrcc.bench.compare.Compare run RAW.jsonl ")
                .append(command)
                .append("`; lrcc is started by `./lrcc`, with its flags\n");
        return note.isEmpty()
                ? text.append('\n')
                : text.append("- ").append(note).append("\n\n");
    }

    /** A comparison's table, empty where nothing was measured. */
    String of(Comparison comparison) {
        List<Figure> figures = figures(comparison);
        if (figures.isEmpty()) {
            return "";
        }
        StringBuilder text = head(comparison.title(), comparison.about(), figures, "--only " + comparison.id());
        text.append(
                "| JDK | threads | lrcc, ms | peer | peer, ms | ratio | target | peak MB, lrcc / peer | FMA peak, GFLOP/s | copy, GB/s | pairs kept / run |\n");
        text.append("|---|---|---|---|---|---|---|---|---|---|---|\n");
        figures.forEach(figure -> text.append(line(figure)));
        if (comparison == Comparison.LAYERS) {
            figures.forEach(figure -> layers(text, figure));
        }
        return text.toString();
    }

    private static String line(Figure figure) {
        Pair.Row row = figure.row();
        double target = figure.comparison().target(row.threads());
        if (figure.skipped() != null) {
            return "| " + row.java() + " | " + row.threads() + " | not measured: "
                    + figure.skipped().replace('|', '/') + " | | | | " + target(target) + " | | | | 0 |\n";
        }
        int digits = figure.comparison() == Comparison.PREDICT1 ? 1 : 0;
        return String.format(
                Locale.ROOT,
                "| %s | %d | %s | %s | %s | **%s** | %s | %.0f / %.0f | %.0f | %.1f | %d / %d |%n",
                row.java(),
                row.threads(),
                figure.ours(figure::time).text(digits),
                figure.peerName(),
                figure.peer(figure::time).text(digits),
                figure.ratio().text(2),
                verdict(figure.ratio().median(), target),
                figure.ours(Report::peakResidentBytes).median() / MEGABYTE,
                figure.peer(Report::peakResidentBytes).median() / MEGABYTE,
                figure.fma(),
                figure.copy(),
                figure.kept().size(),
                figure.run());
    }

    private static String target(double target) {
        return Double.isNaN(target) ? "" : String.format(Locale.ROOT, "%.2f", target);
    }

    private static String verdict(double ratio, double target) {
        return Double.isNaN(target)
                ? ""
                : target(target)
                        + (ratio <= target
                                ? ", met"
                                : String.format(Locale.ROOT, ", missed by %.0f %%", 100 * (ratio / target - 1)));
    }

    private static void layers(StringBuilder text, Figure figure) {
        if (figure.kept().isEmpty()) {
            return;
        }
        Pair.Row row = figure.row();
        text.append("\n## JDK ").append(row.java()).append(", ").append(row.threads());
        text.append(row.threads() == 1 ? " thread\n" : " threads\n");
        text.append(
                "Layers are in-out-kernel-stride-size; those above 1.1 where the peer takes 2 ms or more are in bold.\n\n");
        text.append("| layer | pass | in a step | lrcc, ms | ")
                .append(figure.peerName())
                .append(", ms | ratio | of least times |\n|---|---|---|---|---|---|---|\n");
        int over = 0;
        int overLeast = 0;
        int counted = 0;
        for (String layer : ResNetLayers.counts().keySet()) {
            for (String pass : ResNetLayers.PASSES) {
                double peer =
                        figure.peer(report -> Figure.pass(report, layer, pass)).median();
                Quantiles ratio = figure.ratio(report -> Figure.pass(report, layer, pass));
                boolean counts = peer >= LAYER_LEAST && ResNetLayers.count(layer, pass) > 0;
                boolean missed = counts && ratio.median() > LAYER_TARGET;
                double least = figure.ratioOfLeast(report -> Figure.pass(report, layer, pass));
                counted += counts ? 1 : 0;
                over += missed ? 1 : 0;
                overLeast += counts && least > LAYER_TARGET ? 1 : 0;
                text.append(String.format(
                        Locale.ROOT,
                        "| %s | %s | %d | %.2f | %.2f | %s%s%s | %.2f |%n",
                        layer,
                        pass,
                        ResNetLayers.count(layer, pass),
                        figure.ours(report -> Figure.pass(report, layer, pass)).median(),
                        peer,
                        missed ? "**" : "",
                        ratio.text(2),
                        missed ? "**" : "",
                        least));
            }
        }
        text.append(String.format(
                Locale.ROOT,
                "%n%d of %d passes that take the peer 2 ms or more are at most %.1f times its time, %d by the least times of all kept pairs.%n",
                counted - over,
                counted,
                LAYER_TARGET,
                counted - overLeast));
    }

    /** Peak resident memory of all training processes. */
    String memory() {
        List<Figure> figures = figures().stream()
                .filter(figure -> figure.skipped() == null
                        && figure.comparison() != Comparison.LAYERS
                        && !figure.comparison().inOneProcess()
                        && !figure.kept().isEmpty())
                .toList();
        StringBuilder text = head(
                "Peak resident memory of a process",
                "VmHWM or ru_maxrss at the end of the process; the target is for training steps.",
                figures,
                "");
        text.append("| measured in | JDK | threads | lrcc, MB | peer | peer, MB | ratio | target |\n");
        text.append("|---|---|---|---|---|---|---|---|\n");
        for (Figure figure : figures) {
            boolean training = figure.comparison() == Comparison.STEP || figure.comparison() == Comparison.COLD;
            Quantiles ratio = figure.ratio(Report::peakResidentBytes);
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %.0f | %s | %.0f | **%s** | %s |%n",
                    figure.comparison().title(),
                    figure.row().java(),
                    figure.row().threads(),
                    figure.ours(Report::peakResidentBytes).median() / MEGABYTE,
                    figure.peerName(),
                    figure.peer(Report::peakResidentBytes).median() / MEGABYTE,
                    ratio.text(2),
                    verdict(ratio.median(), training ? MEMORY_TARGET : Double.NaN)));
        }
        return text.toString();
    }

    /** Every ratio beside its target. */
    String summary() {
        List<Figure> figures = figures();
        StringBuilder text = head("lrcc beside its peers", "Ratios of times, ours over the peer's.", figures, "");
        text.append(
                "| | peer | JDK | threads | lrcc, ms | peer, ms | ratio | target |\n|---|---|---|---|---|---|---|---|\n");
        for (Figure figure : figures) {
            Pair.Row row = figure.row();
            double target = figure.comparison().target(row.threads());
            text.append(
                    figure.skipped() != null
                            ? String.format(
                                    "| %s | not measured: %s | %s | %d | | | | %s |%n",
                                    figure.comparison().title(),
                                    figure.skipped().replace('|', '/'),
                                    row.java(),
                                    row.threads(),
                                    target(target))
                            : String.format(
                                    Locale.ROOT,
                                    "| %s | %s | %s | %d | %s | %s | **%s** | %s |%n",
                                    figure.comparison().title(),
                                    figure.peerName(),
                                    row.java(),
                                    row.threads(),
                                    figure.ours(figure::time).text(0),
                                    figure.peer(figure::time).text(0),
                                    figure.ratio().text(2),
                                    verdict(figure.ratio().median(), target)));
        }
        return text.toString();
    }

    /** How a pair went, for the console. */
    static String oneLine(Comparison comparison, Pair pair) {
        Figure figure = Figure.of(comparison, pair.row(), List.of(pair));
        return String.format(
                Locale.ROOT,
                "%.1f / %.1f ms = %.2f; peak %.0f / %.0f MB; FMA %.0f GFLOP/s, copy %.1f GB/s",
                figure.ours(figure::time).median(),
                figure.peer(figure::time).median(),
                figure.ratio().median(),
                figure.ours(Report::peakResidentBytes).median() / MEGABYTE,
                figure.peer(Report::peakResidentBytes).median() / MEGABYTE,
                figure.fma(),
                figure.copy());
    }
}

package org.lrcc.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.lrcc.cli.report.Report;
import org.lrcc.cli.report.Report.Cell;
import org.lrcc.lowrank.TuneMode;

/**
 * The demo's figures beside the original's: a row a mode, the original and lrcc at each number of images a class.
 *
 * @param seeds how many seeds ours are means of
 */
record DemoTable(List<Entry> entries, int seeds) {
    /**
     * One mode at one number of images a class, percent.
     *
     * @param deviation of ours, standard deviation over the seeds
     */
    record Entry(TuneMode mode, int shot, double original, double ours, double deviation) {}

    static DemoTable of(List<DemoRuns.Done> runs, DemoReference reference, int seeds) {
        List<Entry> entries = new ArrayList<>();
        for (TuneMode mode : DemoRuns.MODES) {
            for (int shot : DemoRuns.SHOTS) {
                double[] values = runs.stream()
                        .filter(run -> run.mode() == mode && run.shot() == shot)
                        .mapToDouble(DemoRuns.Done::accuracy)
                        .toArray();
                double mean = java.util.Arrays.stream(values).average().orElse(Double.NaN);
                double square = java.util.Arrays.stream(values)
                        .map(v -> (v - mean) * (v - mean))
                        .average()
                        .orElse(0);
                entries.add(
                        new Entry(mode, shot, reference.cell(mode.label(), shot).mean(), mean, Math.sqrt(square)));
            }
        }
        return new DemoTable(entries, seeds);
    }

    /** Mean of the six figures. */
    double mean(ToDoubleFunction<Entry> figure) {
        return entries.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }

    private Entry entry(TuneMode mode, int shot) {
        return entries.stream()
                .filter(e -> e.mode() == mode && e.shot() == shot)
                .findFirst()
                .orElseThrow();
    }

    private static String name(TuneMode mode) {
        return mode == TuneMode.FULL ? "full fine-tuning" : mode.label();
    }

    /** The table as lines of text. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        StringBuilder head = new StringBuilder(String.format("%-18s", "top-1, %"));
        StringBuilder names = new StringBuilder(String.format("%-18s", ""));
        for (int shot : DemoRuns.SHOTS) {
            head.append(String.format("   %-24s", shot + " images a class"));
            names.append(String.format("   %-10s%-14s", "original", "lrcc"));
        }
        lines.add(head.toString().stripTrailing());
        lines.add(names.toString().stripTrailing());
        for (TuneMode mode : DemoRuns.MODES) {
            StringBuilder line = new StringBuilder(String.format("%-18s", name(mode)));
            for (int shot : DemoRuns.SHOTS) {
                Entry entry = entry(mode, shot);
                line.append(String.format(Locale.ROOT, "   %-10.2f%-14s", entry.original(), ours(entry)));
            }
            lines.add(line.toString().stripTrailing());
        }
        lines.add(String.format(
                Locale.ROOT, "%-18s   %-10.2f%.2f", "mean of the six", mean(Entry::original), mean(Entry::ours)));
        return lines;
    }

    private String ours(Entry entry) {
        return seeds > 1
                ? String.format(Locale.ROOT, "%.2f +- %.2f", entry.ours(), entry.deviation())
                : String.format(Locale.ROOT, "%.2f", entry.ours());
    }

    /** The table for a report. */
    Report.Table table(String note) {
        List<String> columns = new ArrayList<>(List.of("top-1, %"));
        for (int shot : DemoRuns.SHOTS) {
            columns.add("original, " + shot + " images a class");
            columns.add("lrcc, " + shot + " images a class");
        }
        List<List<Cell>> rows = new ArrayList<>();
        for (TuneMode mode : DemoRuns.MODES) {
            List<Cell> row = new ArrayList<>(List.of(Cell.of(name(mode))));
            for (int shot : DemoRuns.SHOTS) {
                Entry entry = entry(mode, shot);
                row.add(Cell.number(String.format(Locale.ROOT, "%.2f", entry.original())));
                row.add(new Cell(ours(entry), entry.ours() >= entry.original() - 3 ? "good" : "bad"));
            }
            rows.add(row);
        }
        return new Report.Table("The demo's table", note, columns, rows);
    }

    /** The table for a program. */
    List<Map<String, Object>> toMaps() {
        List<Map<String, Object>> maps = new ArrayList<>();
        for (Entry entry : entries) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("mode", entry.mode().label());
            map.put("imagesPerClass", entry.shot());
            map.put("original", entry.original());
            map.put("lrcc", entry.ours());
            map.put("deviation", entry.deviation());
            maps.add(map);
        }
        return maps;
    }
}

package org.lrcc.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Measures lrcc beside its peers: {@code run} adds pairs of processes to a file of raw results until each row has as many as asked for, {@code tables} makes Markdown of it,
 * {@code plot} a drawing.
 *
 * <p>Pairs around which the machine's FMA peak fell under 90 % of the best of their row are dropped by the tables and counted: a neighbour had the machine.
 */
@Command(name = "compare", mixinStandardHelpOptions = true)
public final class Compare {
    private static final String RAW = "RAW.jsonl";

    private Compare() {}

    /** Takes a command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Compare()).execute(args));
    }

    @Command(name = "run", description = "Measure; goes on where it was broken off.", mixinStandardHelpOptions = true)
    int run(
            @Parameters(paramLabel = RAW) Path file,
            @Option(names = "--pairs", defaultValue = "9", description = "Pairs that each row is to have.") int pairs,
            @Option(
                            names = "--threads",
                            split = ",",
                            defaultValue = "1,2",
                            description = "Numbers of threads, a row each.")
                    List<Integer> threads,
            @Option(
                            names = "--only",
                            split = ",",
                            description = "step, predict8, predict1, lora-ratio, lora-rank8, rank8-full, cold, layers.")
                    @Nullable
                    List<String> only,
            @Option(
                            names = "--seconds",
                            defaultValue = "1e9",
                            description = "Begin no pair that would not end within this time.")
                    double seconds,
            @Option(
                            names = "--python",
                            defaultValue = "${env:LRCC_PYTHON:-python3}",
                            description = "An interpreter that has torch.")
                    String python,
            @Option(names = "--root", defaultValue = ".", description = "The project's folder.") Path root)
            throws IOException, InterruptedException {
        List<Comparison> wanted = only == null
                ? Arrays.asList(Comparison.values())
                : only.stream().map(Comparison::of).toList();
        long start = System.nanoTime();
        RawResults results = new RawResults(file);
        Setting setting = new Setting(root.toAbsolutePath().normalize(), python);
        for (Comparison comparison : wanted) {
            for (int t : threads) {
                if (!comparison.isMeasuredWith(t)) {
                    continue;
                }
                if (!measure(results, setting, comparison, t, pairs, start + (long) (seconds * 1e9))) {
                    System.out.println("out of time; call again to go on");
                    return 0;
                }
            }
        }
        return 0;
    }

    /** Measures the pairs that a row lacks; false where time ran out. */
    private static boolean measure(
            RawResults results, Setting setting, Comparison comparison, int threads, int pairs, long deadline)
            throws IOException, InterruptedException {
        Pair.Row row = new Pair.Row(
                comparison.id(), threads, Runtime.version().toString().replaceAll("\\+.*", ""), Machine.name());
        String missing = comparison.missing(setting);
        if (missing != null) {
            System.out.println(comparison.id() + ", " + threads + " threads: skipped: " + missing);
            results.add(pair(row, 0, 0, null, null, missing));
            return true;
        }
        long longest = 0;
        for (long i = results.count(row); i < pairs; i++) {
            long begun = System.nanoTime();
            if (begun + longest > deadline) {
                return false;
            }
            Pair pair = one(row, setting, comparison, i % 2 == 0);
            results.add(pair);
            longest = Math.max(longest, System.nanoTime() - begun);
            System.out.println(comparison.id() + ", " + threads + " threads, pair " + (i + 1) + ": "
                    + Tables.oneLine(comparison, pair));
        }
        return true;
    }

    private static Pair one(Pair.Row row, Setting setting, Comparison comparison, boolean oursFirst)
            throws IOException, InterruptedException {
        int threads = row.threads();
        double before = Machine.fma(threads);
        double copy = Machine.copy(threads);
        List<Report> reports = reports(setting, comparison, threads, oursFirst);
        double fma = Math.min(before, Machine.fma(threads));
        return pair(row, fma, copy, reports.get(0), reports.get(1), null);
    }

    /** Ours and the peer's. */
    private static List<Report> reports(Setting setting, Comparison comparison, int threads, boolean oursFirst)
            throws IOException, InterruptedException {
        Child ours = comparison.ours(setting, threads);
        if (comparison.inOneProcess()) {
            return ours.runBoth();
        }
        Child peer = comparison.peer(setting, threads);
        Report first = (oursFirst ? ours : peer).run();
        Report second = (oursFirst ? peer : ours).run();
        return oursFirst ? List.of(first, second) : List.of(second, first);
    }

    private static Pair pair(
            Pair.Row row,
            double fma,
            double copy,
            @Nullable Report ours,
            @Nullable Report peer,
            @Nullable String skipped) {
        return new Pair(
                row.comparison(),
                row.threads(),
                row.java(),
                row.machine(),
                LocalDate.now().toString(),
                fma,
                copy,
                ours,
                peer,
                skipped);
    }

    @Command(
            name = "tables",
            description = "Write a Markdown table for each comparison.",
            mixinStandardHelpOptions = true)
    int tables(
            @Parameters(paramLabel = RAW) Path file,
            @Parameters(paramLabel = "FOLDER") Path folder,
            @Option(names = "--note", description = "A line below the head of each table.") @Nullable String note)
            throws IOException {
        List<Pair> pairs = new RawResults(file).pairs();
        if (pairs.isEmpty()) {
            System.err.println(file + ": no results");
            return 2;
        }
        Files.createDirectories(folder);
        Tables tables = new Tables(pairs, note == null ? "" : note);
        List<String> written = new ArrayList<>();
        for (Comparison comparison : Comparison.values()) {
            String text = tables.of(comparison);
            if (!text.isEmpty()) {
                String name = String.format(Locale.ROOT, "%s-%s.md", comparison.id(), tables.date());
                Files.writeString(folder.resolve(name), text);
                written.add(name);
            }
        }
        Files.writeString(folder.resolve("memory-" + tables.date() + ".md"), tables.memory());
        Files.writeString(folder.resolve("summary-" + tables.date() + ".md"), tables.summary());
        System.out.println("wrote " + String.join(", ", written) + ", memory and summary to " + folder);
        return 0;
    }

    @Command(name = "plot", description = "Draw the ratios.", mixinStandardHelpOptions = true)
    int plot(
            @Parameters(paramLabel = RAW) Path file,
            @Parameters(paramLabel = "OUT.svg") Path out,
            @Option(names = "--java", defaultValue = "17", description = "Rows of this Java only.") String java)
            throws IOException {
        List<Pair> pairs = new RawResults(file)
                .pairs().stream().filter(pair -> pair.java().startsWith(java)).toList();
        Files.writeString(out, new Plot(new Tables(pairs, "").figures()).svg());
        return 0;
    }
}

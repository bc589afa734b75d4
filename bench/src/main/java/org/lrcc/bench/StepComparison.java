package org.lrcc.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A full ResNet18 training step beside libtorch's: whole processes in alternation, medians, the machine's FMA peak measured before each pair. Arguments:
 * {@code OUT.md [pairs [batch [size [threads,threads]]]]}.
 *
 * <p>Pairs before which the peak fell under 90 % of the run's best are dropped and counted: a neighbour had the machine.
 */
public final class StepComparison {
    private static final String PEER = "org.lrcc.bench.peers.LibtorchStep";
    private static final int WARMUP = 12;
    private static final int STEPS = 10;

    private final int batch;
    private final int size;

    private StepComparison(int batch, int size) {
        this.batch = batch;
        this.size = size;
    }

    /** One pair of processes. */
    private record Pair(double peak, StepTimes ours, StepTimes peer) {
        double ratio() {
            return ours.median() / peer.median();
        }
    }

    /** Runs the comparison and writes the table. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length < 1) {
            System.err.println("usage: StepComparison OUT.md [pairs [batch [size [threads,threads]]]]");
            System.exit(2);
        }
        int pairs = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        StepComparison comparison = new StepComparison(
                args.length > 2 ? Integer.parseInt(args[2]) : 8, args.length > 3 ? Integer.parseInt(args[3]) : 224);
        int[] threads = Stream.of((args.length > 4 ? args[4] : "1,2").split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
        StringBuilder table = comparison.header(String.join(" ", args));
        for (int t : threads) {
            table.append(comparison.row(t, pairs));
        }
        System.out.print(table);
        Files.writeString(Path.of(args[0]), table);
    }

    private StringBuilder header(String arguments) throws IOException {
        return new StringBuilder("# ResNet18 training step beside libtorch\n\n")
                .append("Batch ")
                .append(batch)
                .append(", ")
                .append(size)
                .append('x')
                .append(size)
                .append(
                        ", SGD with momentum; ms, median (quartiles) over all steps of the pairs kept; our heap is limited to 1600 MB.\n\n")
                .append("- date: ")
                .append(LocalDate.now())
                .append("\n- machine: ")
                .append(machine())
                .append("\n- JDK: ")
                .append(Runtime.version())
                .append("\n- command: `java org.lrcc.bench.StepComparison ")
                .append(arguments)
                .append("`\n\n")
                .append(
                        "| threads | lrcc | peer | peer's time | ratio (quartiles of pairs) | peak MB, lrcc / peer | FMA peak GFLOP/s | pairs kept / run |\n")
                .append("|---|---|---|---|---|---|---|---|\n");
    }

    private String row(int threads, int count) throws IOException, InterruptedException {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double peak = FmaPeak.measure(20);
            boolean first = i % 2 == 0;
            StepTimes a = child(first ? LrccStep.class.getName() : PEER, threads);
            StepTimes b = child(first ? PEER : LrccStep.class.getName(), threads);
            pairs.add(first ? new Pair(peak, a, b) : new Pair(peak, b, a));
        }
        double best = pairs.stream().mapToDouble(Pair::peak).max().orElse(0);
        List<Pair> kept = pairs.stream().filter(p -> p.peak() >= 0.9 * best).toList();
        StepTimes ours = merged(kept.stream().map(Pair::ours).toList());
        StepTimes peer = merged(kept.stream().map(Pair::peer).toList());
        StepTimes ratios =
                new StepTimes("ratio", kept.stream().mapToDouble(Pair::ratio).toArray(), 0);
        return String.format(
                Locale.ROOT,
                "| %d | %s | %s | %s | **%.2f** (%.2f-%.2f) | %.0f / %.0f | %.0f | %d / %d |%n",
                threads,
                spread(ours),
                peer.name(),
                spread(peer),
                ratios.median(),
                ratios.quantile(0.25),
                ratios.quantile(0.75),
                ours.peakMegabytes(),
                peer.peakMegabytes(),
                best,
                kept.size(),
                count);
    }

    private static String spread(StepTimes times) {
        return String.format(
                Locale.ROOT, "%.0f (%.0f-%.0f)", times.median(), times.quantile(0.25), times.quantile(0.75));
    }

    private static StepTimes merged(List<StepTimes> runs) {
        double[] all = runs.stream()
                .flatMapToDouble(r -> Arrays.stream(r.milliseconds()))
                .toArray();
        double peak = runs.stream().mapToDouble(StepTimes::peakMegabytes).max().orElse(0);
        return new StepTimes(runs.get(0).name(), all, peak);
    }

    private StepTimes child(String main, int threads) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-XX:+UseParallelGC",
                "-Xmx1600m",
                "-Dlrcc.threads=" + threads,
                "-cp",
                System.getProperty("java.class.path"),
                main,
                Integer.toString(batch),
                Integer.toString(size),
                Integer.toString(threads),
                Integer.toString(WARMUP),
                Integer.toString(STEPS));
        builder.environment().putAll(Map.of("OMP_NUM_THREADS", Integer.toString(threads)));
        Process process = builder.redirectErrorStream(true).start();
        StepTimes times = null;
        StringBuilder log = new StringBuilder();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (StepTimes.isLine(line)) {
                    times = StepTimes.parse(line);
                }
                log.append(line).append('\n');
            }
        }
        int exit = process.waitFor();
        if (exit != 0 || times == null) {
            throw new IOException(main + " ended with " + exit + ":\n" + log);
        }
        return times;
    }

    private static String machine() throws IOException {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        String cpu = System.getProperty("os.arch");
        if (Files.isReadable(cpuinfo)) {
            List<String> lines = Files.readAllLines(cpuinfo);
            String model = lines.stream()
                    .filter(l -> l.startsWith("model name"))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 2))
                    .orElse(cpu);
            boolean wide = lines.stream().anyMatch(l -> l.startsWith("flags") && l.contains("avx512f"));
            cpu = model + (wide ? ", AVX-512" : ", no AVX-512");
        }
        return cpu + ", " + Runtime.getRuntime().availableProcessors() + " cores";
    }
}

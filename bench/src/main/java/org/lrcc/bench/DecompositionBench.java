package org.lrcc.bench;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.lowrank.AcceleratedFactorizer;
import org.lrcc.lowrank.ConversionProgress;
import org.lrcc.lowrank.Factorization;
import org.lrcc.lowrank.Factorizer;
import org.lrcc.lowrank.GreedyFactorizer;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.SvdFactorizer;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.onnx.Onnx;

/**
 * The decomposition methods beside each other on every convertible layer of a network: seconds, F, density and residual, as a Markdown table.
 *
 * <p>Arguments: a model (ONNX, or that with gzip), then {@code layers} (each layer alone, in the calling thread's processor time; run with
 * {@code -Dlrcc.threads=1}, so that nobody else's load counts), {@code full} (the same with the greedy loop in full everywhere) or {@code network} (the whole network by the
 * clock, layers in parallel, as {@code convert} does it). In {@code layers} the greedy loop runs in full up to {@value #FULL} channels; above, it makes one step
 * for each rank instead of 50, and the seconds are 50 times that. A third argument names the first part of the layers to take.
 */
public final class DecompositionBench {
    private static final double RATIO = 0.25;
    private static final double LAMBDA = 0.01;
    private static final int STEPS = 50;
    private static final int FULL = 256;

    private final Model model;
    private final boolean full;

    private DecompositionBench(Model model, boolean full) {
        this.model = model;
        this.full = full;
    }

    /** Prints the table. */
    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            throw new InputException("usage: MODEL.onnx[.gz] layers|full|network [FIRST PART OF LAYERS' NAMES]");
        }
        Model model = load(Path.of(args[0]));
        System.out.print(machine(args));
        if (args[1].equals("network")) {
            network(model);
        } else {
            new DecompositionBench(model, args[1].equals("full")).layers(args.length > 2 ? args[2] : "");
        }
    }

    private static Model load(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            boolean zipped = file.toString().endsWith(".gz");
            return Onnx.parse((zipped ? new GZIPInputStream(in) : in).readAllBytes())
                    .model();
        }
    }

    private static String machine(String[] args) throws IOException {
        Path cpu = Path.of("/proc/cpuinfo");
        String name = !Files.isReadable(cpu)
                ? System.getProperty("os.arch")
                : Files.readAllLines(cpu).stream()
                        .filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 2))
                        .findFirst()
                        .orElse("unknown processor");
        return String.format(
                "- machine: %s, %d processors; threads: %d%n- JDK: %s%n- backend: %s%n- date: %s%n- arguments: %s%n%n",
                name,
                Runtime.getRuntime().availableProcessors(),
                ThreadPool.shared().threads(),
                Runtime.version(),
                Backends.get().description(),
                LocalDate.now(ZoneOffset.UTC),
                Path.of(args[0]).getFileName() + " "
                        + String.join(" ", List.of(args).subList(1, args.length)));
    }

    /** Seconds by the clock for the whole network, twice: the first run includes compilation by the JVM. */
    private static void network(Model model) {
        System.out.print("| method | first run, s | second run, s | F |\n|---|---|---|---|\n");
        for (String method : List.of("accelerated", "svd")) {
            LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U_S)
                    .method(method)
                    .rankRatio(RATIO)
                    .lambda(LAMBDA);
            double[] seconds = new double[2];
            double objective = 0;
            for (int i = 0; i < 2; i++) {
                long start = System.nanoTime();
                objective = LowRank.convert(model, config, ConversionProgress.NONE).report().layers().stream()
                        .mapToDouble(layer -> layer.objective() == null ? 0 : layer.objective())
                        .sum();
                seconds[i] = (System.nanoTime() - start) * 1e-9;
            }
            System.out.print(String.format(
                    Locale.ROOT, "| %s | %.1f | %.1f | %.4f |%n", method, seconds[0], seconds[1], objective));
        }
    }

    /** One method on one layer. */
    private record Measured(double seconds, @Nullable Factorization result) {}

    private void layers(String prefix) {
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.network().nodes()) {
            if (node.layer() instanceof Convolution conv
                    && conv.geometry().groups() == 1
                    && conv.weightShape().size(2) == conv.weightShape().size(3)
                    && node.name().startsWith(prefix)) {
                nodes.add(node);
            }
        }
        if (nodes.isEmpty()) {
            throw new InputException("no convertible layer begins with " + prefix);
        }
        warmUp(nodes.get(0));
        System.out.print(
                "| layer | matrix | rank | greedy s | F | density | residual | svd s | F | density | residual |"
                        + " accelerated s | F | density | residual | F over greedy's |\n");
        System.out.print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        Map<String, Double> sums = new HashMap<>();
        for (Node node : nodes) {
            line(node, sums);
        }
        for (String method : List.of("greedy", "svd", "accelerated")) {
            System.out.print(String.format(
                    Locale.ROOT,
                    "%n- %s: %.1f s in sum, F %.4f over the layers where greedy ran in full",
                    method,
                    sum(sums, method + " s"),
                    sum(sums, method + " F")));
        }
        System.out.print(String.format(
                Locale.ROOT,
                "%n- accelerated: %.1f times as fast as greedy, F lower by %.1f %%%n",
                sum(sums, "greedy s") / sum(sums, "accelerated s"),
                100 * (1 - sum(sums, "accelerated F") / sum(sums, "greedy F"))));
    }

    private static double sum(Map<String, Double> sums, String key) {
        return sums.getOrDefault(key, 0.0);
    }

    private void warmUp(Node node) {
        Factorizer.Problem problem = problem(node, 5);
        for (Factorizer factorizer :
                List.of(new GreedyFactorizer(), new SvdFactorizer(), new AcceleratedFactorizer())) {
            for (int i = 0; i < 3; i++) {
                measure(factorizer, problem, 1);
            }
        }
    }

    private void line(Node node, Map<String, Double> sums) {
        Shape w = ((Convolution) node.layer()).weightShape();
        boolean whole = full || Math.max(w.size(0), w.size(1)) <= FULL;
        Measured greedy = whole
                ? measure(new GreedyFactorizer(), problem(node, STEPS), 1)
                : new Measured(
                        measure(new GreedyFactorizer(), problem(node, 1), STEPS).seconds(), null);
        Measured svd = measure(new SvdFactorizer(), problem(node, STEPS), 1);
        Measured accelerated = measure(new AcceleratedFactorizer(), problem(node, STEPS), 1);
        Factorizer.Problem p = problem(node, 1);
        System.out.print(String.format(
                Locale.ROOT,
                "| %s | %dx%d | %d | %s | %s | %s | %s |%n",
                node.name(),
                p.rows(),
                p.columns(),
                p.rank(),
                cells(greedy),
                cells(svd),
                cells(accelerated),
                greedy.result() == null || accelerated.result() == null
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "%.3f",
                                accelerated.result().objective()
                                        / greedy.result().objective())));
        add(sums, "greedy", greedy, whole);
        add(sums, "svd", svd, whole);
        add(sums, "accelerated", accelerated, whole);
    }

    private static void add(Map<String, Double> sums, String method, Measured measured, boolean whole) {
        sums.merge(method + " s", measured.seconds(), Double::sum);
        if (whole && measured.result() != null) {
            sums.merge(method + " F", measured.result().objective(), Double::sum);
        }
    }

    private static String cells(Measured m) {
        return m.result() == null
                ? String.format(Locale.ROOT, "%.1f (extrapolated) | | |", m.seconds())
                : String.format(
                        Locale.ROOT,
                        "%.2f | %.4f | %.4f | %.4f",
                        m.seconds(),
                        m.result().objective(),
                        m.result().density(),
                        m.result().residual());
    }

    private static Measured measure(Factorizer factorizer, Factorizer.Problem problem, int times) {
        var threads = ManagementFactory.getThreadMXBean();
        try (Kernels kernels = Backends.get().open()) {
            long start = threads.getCurrentThreadCpuTime();
            Factorization result = factorizer.factorize(problem, kernels, Factorizer.Progress.NONE);
            return new Measured((threads.getCurrentThreadCpuTime() - start) * 1e-9 * times, result);
        }
    }

    private Factorizer.Problem problem(Node node, int steps) {
        Shape w = ((Convolution) node.layer()).weightShape();
        int rows = w.size(0) * w.size(2);
        int columns = w.size(1) * w.size(3);
        int rank = Math.max(1, Math.min((int) (columns * RATIO), Math.min(rows, columns)));
        float[] weight = model.state().get(node.parameter("weight")).toFloats();
        return new Factorizer.Problem(
                weight,
                rows,
                columns,
                rank,
                steps,
                LAMBDA,
                false,
                0,
                node.name().hashCode());
    }
}

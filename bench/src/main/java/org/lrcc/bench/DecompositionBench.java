package org.lrcc.bench;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
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
 * The decomposition methods beside each other on every convertible layer of a network: seconds, F, density and residual.
 *
 * <p>{@code DecompositionBench MODEL.onnx[.gz] network [METHOD]} decomposes the whole network twice, layers in parallel as {@code convert} does it, by the clock: the
 * first run includes compilation by the JVM.
 *
 * <p>{@code DecompositionBench MODEL.onnx[.gz] layers RESULTS.csv METHOD [FIRST PART OF LAYERS' NAMES]} takes layer by layer, each alone, in the calling thread's processor
 * time (run with {@code -Dlrcc.threads=1}), and adds a line each to the file; what stands there is not done again, so this may be broken off and go on.
 * METHOD is accelerated, svd, greedy, or greedy-full. Greedy runs in full up to {@value #FULL} channels; above, every rank takes {@value #FEW} step and then
 * {@value #MORE} of the {@value #STEPS}, from which the whole loop's seconds are extrapolated; its F is then not known ({@code greedy-full} finds it).
 *
 * <p>{@code DecompositionBench MODEL.onnx[.gz] table RESULTS.csv} prints these lines beside each other in Markdown, with sums.
 */
public final class DecompositionBench {
    private static final double RATIO = 0.25;
    private static final double LAMBDA = 0.01;
    private static final int STEPS = 50;
    private static final int FULL = 256;
    private static final int FEW = 1;
    private static final int MORE = 3;

    private final Model model;
    private final Path results;

    private DecompositionBench(Model model, Path results) {
        this.model = model;
        this.results = results;
    }

    /** See the class. */
    public static void main(String[] args) throws IOException {
        String what = args.length < 2 ? "" : args[1];
        if (what.equals("network")) {
            System.out.print(machine(args));
            network(load(Path.of(args[0])), args.length > 2 ? List.of(args[2]) : List.of("accelerated", "svd"));
        } else if (what.equals("layers") && args.length > 3) {
            new DecompositionBench(load(Path.of(args[0])), Path.of(args[2]))
                    .layers(args[3], args.length > 4 ? args[4] : "");
        } else if (what.equals("table") && args.length > 2) {
            System.out.print(machine(args));
            new DecompositionTable(Files.readAllLines(Path.of(args[2]))).print();
        } else {
            throw new InputException(
                    "usage: MODEL.onnx[.gz] network [METHOD] | layers RESULTS.csv METHOD [FIRST PART] | table RESULTS.csv");
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

    /** Seconds by the clock for the whole network, twice. */
    private static void network(Model model, List<String> methods) {
        System.out.print("| method | first run, s | second run, s | F |\n|---|---|---|---|\n");
        for (String method : methods) {
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

    private void layers(String method, String prefix) throws IOException {
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.network().nodes()) {
            if (node.layer() instanceof Convolution conv
                    && conv.geometry().groups() == 1
                    && conv.weightShape().size(2) == conv.weightShape().size(3)) {
                nodes.add(node);
            }
        }
        if (nodes.stream().noneMatch(node -> node.name().startsWith(prefix))) {
            throw new InputException("no convertible layer begins with " + prefix);
        }
        Node small = Collections.min(
                nodes,
                Comparator.comparingInt(
                        node -> ((Convolution) node.layer()).weightShape().elements()));
        nodes.removeIf(node -> !node.name().startsWith(prefix));
        String label = method.replace("-full", "");
        Factorizer factorizer = factorizer(label);
        warmUp(factorizer, small);
        for (Node node : nodes) {
            String key = node.name() + "," + label + ",";
            boolean done = Files.exists(results)
                    && Files.readAllLines(results).stream().anyMatch(line -> line.startsWith(key));
            if (!done) {
                String line = key + measured(factorizer, node, method.endsWith("-full")) + "\n";
                System.out.print(line);
                Files.writeString(results, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        }
    }

    private static Factorizer factorizer(String method) {
        return switch (method) {
            case "greedy" -> new GreedyFactorizer();
            case "svd" -> new SvdFactorizer();
            case "accelerated" -> new AcceleratedFactorizer();
            default -> throw new InputException("method " + method + ": must be greedy, svd or accelerated");
        };
    }

    private void warmUp(Factorizer factorizer, Node node) {
        for (int i = 0; i < 3; i++) {
            measure(factorizer, problem(node, 5));
        }
    }

    /** rows, columns, rank, seconds, "measured" or "extrapolated", F, density, residual; the last three empty where the result is not the method's. */
    private String measured(Factorizer factorizer, Node node, boolean full) {
        Shape w = ((Convolution) node.layer()).weightShape();
        Factorizer.Problem p = problem(node, STEPS);
        String size = p.rows() + "," + p.columns() + "," + p.rank() + ",";
        boolean whole = full || !factorizer.name().equals("greedy") || Math.max(w.size(0), w.size(1)) <= FULL;
        if (!whole) {
            double few = measure(factorizer, problem(node, FEW)).seconds();
            double more = measure(factorizer, problem(node, MORE)).seconds();
            double seconds = few + (more - few) / (MORE - FEW) * (STEPS - FEW);
            return size + String.format(Locale.ROOT, "%.3f,extrapolated,,,", seconds);
        }
        Measured m = measure(factorizer, p);
        Factorization f = m.result();
        return size
                + String.format(
                        Locale.ROOT,
                        "%.3f,measured,%.6f,%.6f,%.6f",
                        m.seconds(),
                        f.objective(),
                        f.density(),
                        f.residual());
    }

    /** One method on one layer. */
    private record Measured(double seconds, Factorization result) {}

    private static Measured measure(Factorizer factorizer, Factorizer.Problem problem) {
        var threads = ManagementFactory.getThreadMXBean();
        try (Kernels kernels = Backends.get().open()) {
            long start = threads.getCurrentThreadCpuTime();
            Factorization result = factorizer.factorize(problem, kernels, Factorizer.Progress.NONE);
            return new Measured((threads.getCurrentThreadCpuTime() - start) * 1e-9, result);
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

package org.lrcc.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lrcc bench plans}: which algorithm the cost model picks for each convolution, and whether that was right. */
@Command(
        name = "plans",
        aliases = "--plans",
        customSynopsis = "lrcc bench plans MODEL.onnx [OPTIONS]",
        description = {
            "For each convolution and pass: the algorithm that the cost model picks, what it predicts and what is measured, for every one that fits.",
            "Layers of one shape are measured once. Predictions are those of one core."
        },
        footer = {"  lrcc bench plans model.onnx --batch 8 --threads 1", "  lrcc bench plans model.onnx --json"})
final class BenchPlansCommand extends Subcommand {
    private static final int MOST_RUNS = 1000;

    /** Sweeps over all passes before any is timed: the JVM compiles meanwhile, and most passes share their loops. */
    private static final int WARMUP_SWEEPS = 2;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private BenchOptions options = new BenchOptions();

    @Option(names = "--runs", paramLabel = "K", description = "Timed runs of each pass (default: 9).")
    private int runs = 9;

    @Option(
            names = "--warmup",
            paramLabel = "X",
            description = "Seconds for which each pass runs before, twice (default: 0.2).")
    private double warmup = 0.2;

    @Override
    void execute() {
        options.batch();
        BenchOptions.within("--runs", runs, 1, MOST_RUNS);
        if (!(warmup >= 0 && warmup <= 60)) {
            throw new InputException("--warmup must be from 0 to 60 seconds: " + warmup);
        }
        Backend backend = options.backend();
        if (!(backend instanceof CpuBackend cpu)) {
            throw new InputException("bench plans is about the cpu backend; in use is " + backend.name() + " (-D"
                    + Backends.PROPERTY + "=cpu forces it)");
        }
        List<PlanTrial> trials = measure(cpu, layers(model.load().network()));
        if (options.json()) {
            json(cpu, trials);
        } else {
            print(cpu, trials);
        }
    }

    private Map<PlanTrial.Layer, List<String>> layers(Network network) {
        Map<PlanTrial.Layer, List<String>> layers = new LinkedHashMap<>();
        for (Node node : network.nodes()) {
            if (node.layer() instanceof Convolution c) {
                Shape x = network.shape(node.inputs().get(0)).with(0, options.batch());
                layers.computeIfAbsent(new PlanTrial.Layer(x, c.weightShape(), c.geometry()), key -> new ArrayList<>())
                        .add(node.name());
            }
        }
        if (layers.isEmpty()) {
            throw new InputException("model " + model.file() + ": it has no convolution");
        }
        return layers;
    }

    private List<PlanTrial> measure(CpuBackend cpu, Map<PlanTrial.Layer, List<String>> layers) {
        Map<String, Kernels> sessions = new TreeMap<>();
        List<PlanTrial> trials = new ArrayList<>();
        layers.forEach((layer, names) -> {
            for (ConvPass pass : ConvPass.values()) {
                trials.add(new PlanTrial(cpu, names, layer, pass, sessions, options));
            }
        });
        long done = 0;
        try (Progress progress = console().progress("measure", (long) trials.size() * (1 + WARMUP_SWEEPS))) {
            for (int sweep = 0; sweep < WARMUP_SWEEPS; sweep++) {
                for (PlanTrial trial : trials) {
                    trial.warmUp(warmup);
                    progress.at(++done, "warm-up");
                }
            }
            for (PlanTrial trial : trials) {
                trial.measure(runs);
                progress.at(++done, trial.names().get(0));
            }
        } finally {
            sessions.values().forEach(Kernels::close);
        }
        return trials;
    }

    private void print(CpuBackend cpu, List<PlanTrial> trials) {
        console()
                .print("on " + cpu.name() + " (" + cpu.description() + "), Java " + Version.java() + ", batch "
                        + options.batch() + "; ms predicted on one core / measured, * the pick");
        String format = "%-28s %6s  %-46s %-16s %-22s %s";
        console().print(String.format(format, "first layer", "layers", "shape", "pass", "pick right", "algorithms"));
        for (PlanTrial trial : trials) {
            console()
                    .print(String.format(
                            format,
                            trial.names().get(0),
                            trial.names().size(),
                            trial.layer().text(),
                            name(trial.pass()),
                            trial.right() ? "yes" : String.format(Locale.ROOT, "no: %.2f of the best", trial.loss()),
                            trial.measured().stream()
                                    .map(BenchPlansCommand::cell)
                                    .collect(Collectors.joining(", "))));
        }
        long right = trials.stream().filter(PlanTrial::right).count();
        console().print(right + " of " + trials.size() + " picks within 10 % of the best");
    }

    private static String cell(PlanTrial.Measured m) {
        String predicted = Double.isNaN(m.predictedMilliseconds())
                ? "-"
                : String.format(Locale.ROOT, "%.2f", m.predictedMilliseconds());
        return String.format(
                Locale.ROOT,
                "%s%s %s / %.2f",
                m.candidate().chosen() ? "*" : "",
                m.algorithm(),
                predicted,
                m.milliseconds());
    }

    private static String name(ConvPass pass) {
        return pass.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private void json(CpuBackend cpu, List<PlanTrial> trials) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("measured", "plans");
        map.put("model", model.file().toString());
        map.put("batch", options.batch());
        map.putAll(BenchSubject.environment(cpu));
        map.put("right", trials.stream().filter(PlanTrial::right).count());
        map.put("passes", trials.stream().map(BenchPlansCommand::toMap).toList());
        console().json(map);
    }

    private static Map<String, Object> toMap(PlanTrial trial) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("layers", trial.names());
        map.put("input", trial.layer().x().sizes());
        map.put("weight", trial.layer().weight().sizes());
        map.put("stride", trial.layer().geometry().strideHeight());
        map.put("groups", trial.layer().geometry().groups());
        map.put("pass", name(trial.pass()));
        map.put("pick", trial.pick().algorithm());
        map.put("right", trial.right());
        List<Map<String, Object>> algorithms = new ArrayList<>();
        for (PlanTrial.Measured m : trial.measured()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("algorithm", m.algorithm());
            one.put(
                    "predictedMilliseconds",
                    Double.isNaN(m.predictedMilliseconds()) ? null : m.predictedMilliseconds());
            one.put("milliseconds", m.milliseconds());
            algorithms.add(one);
        }
        map.put("algorithms", algorithms);
        return map;
    }
}

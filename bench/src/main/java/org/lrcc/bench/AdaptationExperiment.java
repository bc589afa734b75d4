package org.lrcc.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Balance;
import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.ConversionProgress;
import org.lrcc.lowrank.Density;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.RankGoal;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.data.Augmentation;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.data.ImageList;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.optim.Schedule;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.Trainer;
import org.lrcc.testdata.TestData;

/**
 * Adapts the demo's network with its protocol in many variants, and gives means and deviations over seeds: {@code AdaptationExperiment RESULTS.csv SEEDS SHOTS
 * VARIANT...}. A variant is words of {@code key=value}, e.g. {@code "mode=tune_U_S balance=u rate=0.03 U=0.3"}; the keys are those of {@link Variant}. What stands
 * in the file already is not done again, so a run may be broken off and go on.
 */
public final class AdaptationExperiment {
    private static final Preprocessing PREPROCESSING = Preprocessing.ofSize(96).withResize(112);
    private static final Map<String, String> PATTERNS =
            Map.of("U", "*.lora_B", "V", "*.lora_A", "S", "*.sparse_weight", "fc", "fc.*");

    private final Path results;
    private final Path cache;
    private final JsonNode protocol;
    private final Model base;
    private final Path folder;

    private AdaptationExperiment(Path results) throws IOException {
        this.results = results;
        this.cache = results.resolveSibling(results.getFileName() + ".cache");
        this.folder = TestData.demo();
        this.protocol = new ObjectMapper()
                .readTree(folder.resolve("reference.json").toFile())
                .get("protocol");
        Model loaded = Onnx.load(folder.resolve("thin_resnet18.onnx"));
        this.base = loaded.with(loaded.info().withPreprocessing(PREPROCESSING));
    }

    /** See the class. */
    public static void main(String[] args) throws IOException {
        if (args.length < 3) {
            throw new InputException("usage: AdaptationExperiment RESULTS.csv SEEDS SHOT,.. VARIANT...");
        }
        AdaptationExperiment experiment = new AdaptationExperiment(Path.of(args[0]));
        int seeds = Integer.parseInt(args[1]);
        for (String variant : List.of(args).subList(3, args.length)) {
            for (int seed = 0; seed < seeds; seed++) {
                for (String shot : args[2].split(",")) {
                    experiment.measure(new Variant(variant), Integer.parseInt(shot), seed);
                }
            }
        }
        experiment.table();
    }

    /** One setting, from its words. */
    private record Variant(String words, Map<String, String> values) {
        Variant(String words) {
            this(words, parse(words));
        }

        private static Map<String, String> parse(String words) {
            Map<String, String> values = new LinkedHashMap<>();
            for (String word : words.trim().split(" +")) {
                int equal = word.indexOf('=');
                values.put(equal < 0 ? word : word.substring(0, equal), equal < 0 ? "" : word.substring(equal + 1));
            }
            return values;
        }

        double number(String key, double other) {
            return values.containsKey(key) ? Double.parseDouble(text(key)) : other;
        }

        String text(String key) {
            return Objects.requireNonNull(values.get(key));
        }

        LowRankConfig conversion(JsonNode protocol, Path cache, long seed) {
            LowRankConfig config =
                    LowRankConfig.of(TuneMode.parse(text("mode"))).seed(seed);
            if (!config.mode().converts()) {
                return config;
            }
            config = config.rankRatio(number("ratio", protocol.get("r_ratio").asDouble()))
                    .steps(protocol.get("compress_step").asInt())
                    .lambda(number("lambda", protocol.get("lambda_s").asDouble()))
                    .ignore("downsample")
                    .cache(cache)
                    .keepNoise(values.containsKey("noise"))
                    .noSparse(values.containsKey("nosparse"));
            config = values.containsKey("method") ? config.method(text("method")) : config;
            config = values.containsKey("balance") ? config.balance(Balance.parse(text("balance"))) : config;
            config = values.containsKey("density")
                    ? config.density(new Density(number("density", 0), values.containsKey("global")))
                    : config;
            config = values.containsKey("residual") ? config.rank(RankGoal.residual(number("residual", 0))) : config;
            config = values.containsKey("params") ? config.rank(RankGoal.params((long) number("params", 0))) : config;
            return values.containsKey("freeze") ? config.freeze(text("freeze").split(",")) : config;
        }

        TrainConfig training(JsonNode protocol, long seed) {
            List<ParameterGroup> groups = new ArrayList<>();
            new TreeMap<>(PATTERNS).forEach((key, pattern) -> {
                if (values.containsKey(key)) {
                    groups.add(ParameterGroup.rate(pattern, number(key, 1)));
                }
            });
            if (values.containsKey("body")) {
                groups.add(ParameterGroup.rate("fc.*", 1));
                groups.add(ParameterGroup.rate("*", number("body", 1)));
            }
            return TrainConfig.defaults()
                    .seed(seed)
                    .epochs((int) number("epochs", protocol.get("epochs").asInt()))
                    .batch(protocol.get("batch").asInt())
                    .dropLast(true)
                    .augmentation(Augmentation.fewShot())
                    .rate(number("rate", 0.01))
                    .groups(groups.toArray(ParameterGroup[]::new))
                    .optimizer(new Sgd(
                            protocol.get("momentum").asDouble(),
                            false,
                            protocol.get("weight_decay").asDouble()))
                    .schedule(Schedule.cosine(0))
                    .loaderThreads(1)
                    .evaluateEvery(0);
        }
    }

    private void measure(Variant variant, int shot, long seed) throws IOException {
        String key = variant.words() + "," + shot + "," + seed + ",";
        if (Files.exists(results) && Files.readAllLines(results).stream().anyMatch(line -> line.startsWith(key))) {
            return;
        }
        long start = System.nanoTime();
        Conversion conversion =
                LowRank.convert(base, variant.conversion(protocol, cache, seed), ConversionProgress.NONE);
        double converted = (System.nanoTime() - start) * 1e-9;
        Dataset train = list("train" + shot + ".txt");
        Dataset test = list("test.txt");
        double accuracy = 100
                * Objects.requireNonNull(new Trainer(conversion.model(), variant.training(protocol, seed))
                                .fit(train, test)
                                .evaluation())
                        .top1();
        double objective = conversion.report().layers().stream()
                .mapToDouble(layer -> layer.objective() == null ? 0 : layer.objective())
                .sum();
        String line = String.format(
                Locale.ROOT,
                "%s%.2f,%.4f,%d,%d,%.1f,%.1f%n",
                key,
                accuracy,
                objective,
                conversion.report().parametersAfter(),
                conversion.report().trainable(),
                converted,
                (System.nanoTime() - start) * 1e-9);
        System.out.print(line);
        Files.writeString(results, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private Dataset list(String name) {
        return ImageList.of(folder.resolve(name), folder.resolve("images"));
    }

    /** Means and standard deviations of all that stands in the file. */
    private void table() throws IOException {
        Map<String, Map<Integer, List<double[]>>> all = new LinkedHashMap<>();
        for (String line : Files.readAllLines(results)) {
            String[] cells = line.split(",");
            double[] numbers = new double[cells.length - 3];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = Double.parseDouble(cells[3 + i]);
            }
            all.computeIfAbsent(cells[0], k -> new TreeMap<>())
                    .computeIfAbsent(Integer.valueOf(cells[1]), k -> new ArrayList<>())
                    .add(numbers);
        }
        System.out.printf("%n| variant | images a class | top-1, %% | seeds | F | parameters | trainable |%n");
        System.out.printf("|---|---|---|---|---|---|---|%n");
        all.forEach((variant, shots) -> shots.forEach((shot, rows) -> System.out.printf(
                Locale.ROOT,
                "| %s | %d | %.2f +- %.2f | %d | %.3f | %,.0f | %,.0f |%n",
                variant,
                shot,
                mean(rows, 0),
                Math.sqrt(Math.max(
                        0,
                        rows.stream()
                                .mapToDouble(row -> (row[0] - mean(rows, 0)) * (row[0] - mean(rows, 0)))
                                .average()
                                .orElse(0))),
                rows.size(),
                mean(rows, 1),
                mean(rows, 2),
                mean(rows, 3))));
    }

    private static double mean(List<double[]> rows, int column) {
        return rows.stream().mapToDouble(row -> row[column]).average().orElse(Double.NaN);
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/** Ranks and sparsity by goal. */
class GoalsTest {
    @ParameterizedTest
    @CsvSource({"svd,0.7", "svd,0.2", "greedy,0.5", "accelerated,0.5", "accelerated,0.9"})
    void residualIsKeptAtTheLowestRank(String method, double target) {
        LowRankConfig config =
                LowRankConfig.of(TuneMode.TUNE_U_S).method(method).steps(5).rank(RankGoal.residual(target));
        for (ConversionReport.Layer layer : converted(report(config))) {
            assertThat(layer.residual()).as(layer.name()).isLessThanOrEqualTo(target);
            assertThat(layer.method()).isEqualTo(method);
            if (method.equals("svd") && layer.rank() > 1) {
                ConversionReport below = report(config.rank(layer.rank() - 1).convert(layer.name()));
                assertThat(line(below, layer.name()).residual()).isGreaterThan(target);
            }
        }
    }

    @Test
    void aResidualOutOfReachSaysHowNearItGets() {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U).method("svd").rank(RankGoal.residual(1e-9));
        assertThatThrownBy(() -> report(config))
                .isInstanceOf(InputException.class)
                .hasMessageMatching(
                        "layer [abc]: target residual 1.0E-9 cannot be met: at rank \\d+, the highest, it comes to \\d.*E-\\d+");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.9, 1})
    void energyIsThatOfTheSingularValues(double energy) {
        LowRankConfig config = LowRankConfig.of(TuneMode.FIX_SPARSE)
                .method("svd")
                .noSparse(true)
                .rank(RankGoal.energy(energy));
        for (ConversionReport.Layer layer : converted(report(config))) {
            // What is not in U·V is the residual.
            assertThat(1 - layer.residual() * layer.residual()).isGreaterThanOrEqualTo(energy - 1e-6);
            if (layer.rank() > 1) {
                double less = line(report(config.rank(layer.rank() - 1).convert(layer.name())), layer.name())
                        .residual();
                assertThat(1 - less * less).isLessThan(energy);
            }
        }
        assertThat(line(report(config.mode(TuneMode.LORA).noSparse(false)), "a").rank())
                .isEqualTo(line(report(config), "a").rank());
    }

    @ParameterizedTest
    @CsvSource({"svd,2000,false", "accelerated,2000,false", "greedy,2000,false", "svd,1500,true"})
    void oneBudgetOverAllLayersIsKeptAndUsed(String method, long budget, boolean noSparse) {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_ALL)
                .method(method)
                .steps(5)
                .noSparse(noSparse)
                .rank(RankGoal.params(budget));
        ConversionReport report = report(config);
        long used = parameters(report);
        assertThat(used).isLessThanOrEqualTo(budget).isGreaterThan(budget * 6 / 10);
        // Layer b, of little weight, gets a lower rank than a, its equal but for size.
        assertThat(line(report, "b").rank()).isLessThan(line(report, "a").rank());
    }

    @Test
    void aBudgetBeatsTheSameRatioEverywhere() {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_ALL).method("svd").noSparse(true);
        ConversionReport even = report(config.rankRatio(0.25));
        ConversionReport dealt = report(config.rank(RankGoal.params(parameters(even))));
        assertThat(parameters(dealt)).isLessThanOrEqualTo(parameters(even));
        assertThat(rest(dealt)).isLessThan(rest(even));
    }

    @Test
    void aBudgetTooSmallSaysWhatTheLeastIs() {
        LowRankConfig config = LowRankConfig.of(TuneMode.LORA).rank(RankGoal.params(100));
        // Rank 1: 48 + 24, 48 + 48 and 8 + 16.
        assertThatThrownBy(() -> report(config))
                .isInstanceOf(InputException.class)
                .hasMessage("target params 100 cannot be met: with the lowest ranks that help it comes to 192");
        ConversionReport least = report(config.rank(RankGoal.params(192)));
        assertThat(converted(least)).allMatch(layer -> layer.rank() == 1);
    }

    /** The truncated SVD's S is no measure for another method's: a target is refused only with what that method came to. */
    @ParameterizedTest
    @CsvSource({"svd,0.01", "accelerated,0.01", "accelerated,0.004", "accelerated,0.03", "greedy,0.01"})
    void aBudgetIsRefusedOnlyWithWhatTheMethodReallyComesTo(String method, double lambda) {
        LowRankConfig config =
                LowRankConfig.of(TuneMode.TUNE_ALL).method(method).steps(5).lambda(lambda);
        long even = Long.MAX_VALUE;
        for (double ratio : new double[] {0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5}) {
            even = Math.min(even, parameters(report(config.rankRatio(ratio))));
        }
        long near = even + even / 50;
        assertThat(parameters(report(config.rank(RankGoal.params(near))))).isLessThanOrEqualTo(near);
        String message =
                catchThrowable(() -> report(config.rank(RankGoal.params(100)))).getMessage();
        assertThat(message).startsWith("target params 100 cannot be met: with the lowest ranks that help it comes to ");
        long least = Long.parseLong(message.substring(message.lastIndexOf(' ') + 1));
        assertThat(least).isLessThanOrEqualTo(near);
        assertThat(parameters(report(config.rank(RankGoal.params(least))))).isLessThanOrEqualTo(least);
    }

    @ParameterizedTest
    @CsvSource({"svd,false", "svd,true", "accelerated,false", "accelerated,true", "greedy,false"})
    void densityIsMet(String method, boolean global) {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U_S)
                .method(method)
                .steps(5)
                .rankRatio(0.2)
                .density(new Density(0.1, global));
        ConversionReport report = report(config);
        double entries = 0;
        double total = 0;
        for (ConversionReport.Layer layer : converted(report)) {
            int size = layer.name().equals("a") ? 1152 : layer.name().equals("b") ? 2304 : 128;
            entries += layer.density() * size;
            total += size;
            if (!global) {
                assertThat(layer.density()).as(layer.name()).isCloseTo(0.1, within(0.6 / size));
            }
        }
        assertThat(entries / total).isCloseTo(0.1, within(1e-3));
        if (global) {
            assertThat(line(report, "a").density())
                    .isGreaterThan(line(report, "b").density());
        }
    }

    @Test
    void goalsSurviveJsonAndCaches(@TempDir Path folder) {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U_S)
                .method("accelerated")
                .tolerance(0.05)
                .rank(RankGoal.energy(0.6))
                .density(new Density(0.05, true))
                .cache(folder.resolve("cache"));
        assertThat(LowRankConfig.fromJson(config.toJson()).toJson()).isEqualTo(config.toJson());
        ConversionReport made = report(config);
        ConversionReport read = report(config);
        for (int i = 0; i < converted(made).size(); i++) {
            assertThat(converted(read).get(i).density())
                    .isEqualTo(converted(made).get(i).density());
            assertThat(converted(read).get(i).rank())
                    .isEqualTo(converted(made).get(i).rank());
        }
    }

    @ParameterizedTest
    @CsvSource({"RESIDUAL,0.5", "ENERGY,0.5", "PARAMS,2000"})
    void looksForRanksWithProgress(RankGoal.Kind kind, double value) {
        List<Double> fractions = new ArrayList<>();
        Set<String> searched = new TreeSet<>();
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U).method("svd").rank(new RankGoal(kind, value));
        LowRank.convert(model(), config, (layer, fraction) -> {
            fractions.add(fraction);
            if (fraction <= 0.5) {
                searched.add(layer);
            }
        });
        assertThat(searched).containsExactly("a", "b", "c");
        assertThat(fractions).isSorted();
        assertThat(fractions.get(fractions.size() - 1)).isCloseTo(1, within(1e-9));
    }

    @Test
    void aSearchEndsWhenItsThreadIsInterrupted() {
        for (RankGoal goal : List.of(RankGoal.energy(0.5), RankGoal.params(2000), RankGoal.residual(0.5))) {
            Thread.currentThread().interrupt();
            try {
                assertThatThrownBy(
                                () -> report(LowRankConfig.of(TuneMode.TUNE_U).rank(goal)))
                        .isInstanceOf(FailureException.class)
                        .hasMessageContaining("interrupted");
            } finally {
                assertThat(Thread.interrupted()).isTrue();
            }
        }
    }

    @Test
    void badInputNamesTheLayerOrTheOption() {
        LowRankConfig config = LowRankConfig.of(TuneMode.TUNE_U);
        assertThatThrownBy(() -> report(config.rank(20)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("layer c: rank 20 is above 8, the highest of its 8 x 16 matrix");
        Model model = model();
        float[] weight = model.state().get("b.weight").toFloats();
        weight[7] = Float.NaN;
        model.state().update("b.weight", Tensor.of(weight, 16, 16, 3, 3));
        for (RankGoal goal : List.of(RankGoal.energy(0.5), RankGoal.params(2000), RankGoal.residual(0.5))) {
            assertThatThrownBy(() -> LowRank.convert(model, config.rank(goal)))
                    .isInstanceOf(InputException.class)
                    .hasMessage("layer b: weight element 7 is NaN");
        }
        assertThatThrownBy(() -> LowRank.convert(model, config.method("accelerated")))
                .isInstanceOf(InputException.class)
                .hasMessage("layer b: weight element 7 is NaN");
        assertThatThrownBy(() -> RankGoal.residual(1))
                .hasMessage("target residual: must be above 0 and below 1, got 1.0");
        assertThatThrownBy(() -> RankGoal.energy(1.1)).hasMessageStartingWith("energy: must be above 0 and at most 1");
        assertThatThrownBy(() -> RankGoal.params(0)).hasMessageStartingWith("target params: must be at least 1");
        assertThatThrownBy(() -> new Density(0, false)).hasMessageStartingWith("density: must be above 0 and below 1");
        Density density = new Density(0.1, false);
        assertThatThrownBy(() -> config.noSparse(true).density(density).check()).hasMessageContaining("density");
        assertThatThrownBy(() -> config.mode(TuneMode.LORA).density(density).check())
                .hasMessageContaining("density");
    }

    private static ConversionReport report(LowRankConfig config) {
        return LowRank.convert(model(), config, ConversionProgress.NONE).report();
    }

    private static List<ConversionReport.Layer> converted(ConversionReport report) {
        return report.layers().stream()
                .filter(layer -> layer.action() == ConversionReport.Action.CONVERTED)
                .toList();
    }

    /** Of the converted layers, which have no bias. */
    private static long parameters(ConversionReport report) {
        return converted(report).stream()
                .mapToLong(ConversionReport.Layer::parametersAfter)
                .sum();
    }

    private static ConversionReport.Layer line(ConversionReport report, String name) {
        return converted(report).stream()
                .filter(layer -> layer.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Sum of (W - UV)². */
    private static double rest(ConversionReport report) {
        Map<String, Double> norms = Map.of("a", norm("a"), "b", norm("b"), "c", norm("c"));
        return converted(report).stream()
                .mapToDouble(layer -> Math.pow(layer.residual() * norms.get(layer.name()), 2))
                .sum();
    }

    private static double norm(String name) {
        double sum = 0;
        for (float value : model().state().get(name + ".weight").toFloats()) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    /** 8 to 16 to 16 to 8 channels; the weights have falling singular values, those of b are a third of a's. */
    static Model model() {
        ConvGeometry same = ConvGeometry.of(1, 1);
        Network network = Network.of(
                "x",
                Shape.of(1, 8, 5, 5),
                List.of(
                        new Node("a", new Conv2d(8, 16, 3, 3, same, false), List.of("x")),
                        new Node("b", new Conv2d(16, 16, 3, 3, same, false), List.of("a")),
                        new Node("c", new Conv2d(16, 8, 1, 1, ConvGeometry.of(1, 0), false), List.of("b"))),
                "c");
        State.Builder state = State.builder();
        for (Node node : network.nodes()) {
            for (ParameterSpec spec : node.layer().parameters()) {
                int[] shape = spec.shape().sizes();
                int rows = shape[0] * shape[2];
                int columns = shape[1] * shape[3];
                float[] weight = weight(
                        rows,
                        columns,
                        node.name().equals("b") ? 0.01 : 0.03,
                        node.name().hashCode());
                state.put(node.parameter(spec.name()), spec.role(), Tensor.of(weight, shape));
            }
        }
        return new Model(network, state.build(), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
    }

    private static float[] weight(int rows, int columns, double size, long stream) {
        Philox random = new Philox(5, stream);
        int n = Math.min(rows, columns);
        double[] u = gaussian(random, rows * n);
        double[] v = gaussian(random, n * columns);
        float[] w = new float[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int t = 0; t < n; t++) {
                    sum += u[i * n + t] * v[t * columns + j] * Math.pow(t + 1, -1.2);
                }
                w[i * columns + j] = (float) (sum * size);
            }
        }
        return w;
    }

    private static double[] gaussian(Philox random, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextGaussian();
        }
        return values;
    }
}

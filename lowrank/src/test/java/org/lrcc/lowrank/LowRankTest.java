package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.ConversionReport.Action;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Model;

class LowRankTest {
    private static final Set<String> CONVERTED = Set.of("conv1", "layer1.conv1", "layer2.conv2");

    private static LowRankConfig config(TuneMode mode) {
        return LowRankConfig.of(mode).steps(8).lambda(0.1).ignore("downsample");
    }

    @ParameterizedTest
    @EnumSource(TuneMode.class)
    void trainsWhatTheModeSays(TuneMode mode) {
        Model base = Nets.model();
        Model model = LowRank.convert(base, config(mode));
        Set<String> expected = new TreeSet<>();
        if (mode == TuneMode.HEAD) {
            expected.addAll(Set.of("fc.weight", "fc.bias"));
        } else {
            base.state().names().stream().filter(n -> !n.contains("running_")).forEach(expected::add);
        }
        if (mode.converts()) {
            CONVERTED.forEach(name -> {
                expected.remove(name + ".weight");
                if (mode.trainsU()) {
                    expected.add(name + ".lora_B");
                }
                if (mode.trainsV()) {
                    expected.add(name + ".lora_A");
                }
                if (mode.trainsS()) {
                    expected.add(name + ".sparse_weight");
                }
            });
        }
        Set<String> found = new TreeSet<>(model.state().names());
        found.removeIf(name -> !model.state().trainable(name));
        assertThat(found).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(TuneMode.class)
    void trainingLeavesTheBaseAlone(TuneMode mode) {
        Model base = Nets.model();
        float[] before = Nets.logits(base).toFloats();
        Map<String, float[]> tensors = new HashMap<>();
        base.state().names().forEach(n -> tensors.put(n, base.state().get(n).toFloats()));
        Model model = Nets.trained(LowRank.convert(base, config(mode)));
        assertThat(Nets.logits(model).toFloats()).isNotEqualTo(before);
        tensors.forEach(
                (n, values) -> assertThat(base.state().get(n).toFloats()).as(n).isEqualTo(values));
    }

    @Test
    void loraBeginsAtTheBase() {
        Model base = Nets.model();
        Model lora = LowRank.convert(base, config(TuneMode.LORA).alpha(16));
        GoldenCases.assertClose("logits", Nets.logits(lora), Nets.logits(base));
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void keptNoiseMakesTheDecompositionExact(Layout layout) {
        Model base = Nets.model();
        Model model =
                LowRank.convert(base, config(TuneMode.TUNE_ALL).layout(layout).keepNoise(true));
        GoldenCases.assertClose("logits", Nets.logits(model), Nets.logits(base));
    }

    @ParameterizedTest
    @EnumSource(TuneMode.class)
    void mergedComputesTheSameAndComesApartAgain(TuneMode mode) {
        for (Layout layout : Layout.values()) {
            LowRankConfig config = config(mode).layout(layout);
            config = mode == TuneMode.LORA ? config.alpha(6).rsLora(true) : config;
            Model adapted = Nets.trained(LowRank.convert(Nets.model(), config));
            Model merged = LowRank.merge(adapted);
            assertThat(LowRank.isLowRank(merged)).isFalse();
            assertThat(merged.info().extra()).isEqualTo(Map.of("source", "a test"));
            GoldenCases.assertClose("merged", Nets.logits(merged), Nets.logits(adapted));
            Model again = LowRank.unmerge(merged, adapted);
            GoldenCases.assertClose("unmerged", Nets.logits(again), Nets.logits(adapted));
            assertThat(again.state().names().stream()
                            .filter(again.state()::trainable)
                            .toList())
                    .isEqualTo(adapted.state().names().stream()
                            .filter(adapted.state()::trainable)
                            .toList());
        }
    }

    @Test
    void unmergeRefusesWhatDoesNotBelongTogether() {
        Model adapted = LowRank.convert(Nets.model(), config(TuneMode.TUNE_U));
        Model merged = LowRank.merge(adapted);
        merged.state().update("conv1.weight", Tensor.of(Nets.values(8 * 27, 1, 1, 1), 8, 3, 3, 3));
        assertThatThrownBy(() -> LowRank.unmerge(merged, adapted))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("conv1");
    }

    @Test
    void reportTellsWhatWasDoneAndWhy() {
        Conversion conversion =
                LowRank.convert(Nets.model(), config(TuneMode.TUNE_U_S).fix("layer1"), ConversionProgress.NONE);
        ConversionReport report = conversion.report();
        Map<String, ConversionReport.Layer> layers = new HashMap<>();
        report.layers().forEach(l -> layers.put(l.name(), l));
        assertThat(layers.get("conv1").action()).isEqualTo(Action.CONVERTED);
        assertThat(layers.get("conv1").rank()).isEqualTo(2);
        assertThat(layers.get("conv1").residual()).isBetween(0.01, 1.0);
        assertThat(layers.get("conv1").residualSparse())
                .isLessThan(layers.get("conv1").residual());
        assertThat(layers.get("conv1").density()).isBetween(0.01, 0.99);
        assertThat(layers.get("layer1.conv1").action()).isEqualTo(Action.FIXED);
        assertThat(layers.get("layer1.conv1").trainable()).isZero();
        assertThat(layers.get("layer2.grouped").reason()).contains("2 groups");
        assertThat(layers.get("layer2.wide").reason()).contains("1x3");
        assertThat(layers.get("layer2.downsample").reason()).contains("ignore downsample");
        assertThat(report.toString()).contains("2 converted, 1 ignored, 1 fixed, 2 left alone");
        assertThat(report.toJson()).contains("\"left alone\"");
        long trainable = conversion.model().state().trainableElements();
        long off = conversion.model().state().names().stream()
                .filter(n -> n.endsWith("sparse_mask"))
                .mapToLong(n -> sum(conversion.model().state().get(n).toBytes()))
                .sum();
        assertThat(report.trainable()).isEqualTo(trainable - off);
        assertThat(LowRank.plan(Nets.model(), config(TuneMode.TUNE_U_S).fix("layer1"))
                        .count(Action.CONVERTED))
                .isEqualTo(2);
    }

    private static long sum(byte[] values) {
        long sum = 0;
        for (byte value : values) {
            sum += value;
        }
        return sum;
    }

    @Test
    void freezingKeepsStatisticsAndConvolutions() {
        Model model = LowRank.convert(Nets.model(), config(TuneMode.LORA).freeze("bn", "layer1"));
        for (String name : List.of("bn1", "layer1.bn1")) {
            assertThat(((BatchNorm2d) model.network().node(name).layer()).frozenStatistics())
                    .isTrue();
            assertThat(model.state().trainable(name + ".weight")).isFalse();
        }
        assertThat(model.network().node("layer1.conv1").layer()).isNotInstanceOf(LowRankConv2d.class);
        assertThat(model.state().trainable("layer1.conv1.weight")).isFalse();
        assertThat(model.state().trainable("conv1.lora_A")).isTrue();
    }

    @Test
    void sparsityIsDealtOutOverAllLayers() {
        Model model = LowRank.convert(
                Nets.model(), config(TuneMode.TUNE_U_S).reassignSparsity(0.9).sparse(SparseForm.DENSE));
        List<Float> on = new ArrayList<>();
        int total = 0;
        for (String name : CONVERTED) {
            float[] s = model.state().get(name + ".sparse_weight").toFloats();
            byte[] mask = model.state().get(name + ".sparse_mask").toBytes();
            total += s.length;
            for (int i = 0; i < s.length; i++) {
                if (mask[i] == 0) {
                    on.add(Math.abs(s[i]));
                } else {
                    assertThat(s[i]).isZero();
                }
            }
        }
        assertThat(on.size()).isEqualTo(total - Math.round(0.9 * total));
        Model dense = LowRank.convert(Nets.model(), config(TuneMode.TUNE_U_S).reassignSparsity(0));
        GoldenCases.assertClose("all entries on", Nets.logits(dense), Nets.logits(Nets.model()));
    }

    @Test
    void sameSeedGivesTheSameBits() {
        assertSame(
                LowRank.convert(Nets.model(), config(TuneMode.TUNE_ALL).seed(3)),
                LowRank.convert(Nets.model(), config(TuneMode.TUNE_ALL).seed(3)));
    }

    static void assertSame(Model actual, Model expected) {
        assertThat(actual.state().names()).isEqualTo(expected.state().names());
        for (String name : expected.state().names()) {
            Tensor a = actual.state().get(name);
            Tensor b = expected.state().get(name);
            assertThat(a.dtype()).isEqualTo(b.dtype());
            if (a.dtype().isFloating()) {
                assertThat(a.toFloats()).as(name).isEqualTo(b.toFloats());
            } else if (a.dtype() == DType.I32) {
                assertThat(a.toInts()).as(name).isEqualTo(b.toInts());
            } else {
                assertThat(a.toBytes()).as(name).isEqualTo(b.toBytes());
            }
            assertThat(actual.state().trainable(name))
                    .as(name)
                    .isEqualTo(expected.state().trainable(name));
        }
    }

    @Test
    void badInputIsNamed() {
        Model base = Nets.model();
        assertThatThrownBy(() -> TuneMode.parse("tune_W"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("tune_U_S");
        assertThatThrownBy(() -> LowRankConfig.of(TuneMode.LORA).rank(0)).hasMessageContaining("rank");
        assertThatThrownBy(() -> LowRankConfig.of(TuneMode.LORA).rankRatio(0)).hasMessageContaining("rank ratio");
        assertThatThrownBy(() -> LowRankConfig.of(TuneMode.LORA).convert("a").ignore("b"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("exclude");
        assertThatThrownBy(() ->
                        LowRank.convert(base, LowRankConfig.of(TuneMode.LORA).ignore("layer9")))
                .isInstanceOf(InputException.class)
                .hasMessage("ignore: pattern layer9 matches no convolution");
        assertThatThrownBy(() ->
                        LowRank.convert(base, LowRankConfig.of(TuneMode.TUNE_U).alpha(2)))
                .hasMessageContaining("lora_mode");
        assertThatThrownBy(() -> LowRank.convert(LowRank.convert(base, config(TuneMode.LORA)), config(TuneMode.LORA)))
                .hasMessageContaining("low-rank already");
        Model broken = Nets.model();
        float[] weight = broken.state().get("layer1.conv1.weight").toFloats();
        weight[7] = Float.NaN;
        broken.state().update("layer1.conv1.weight", Tensor.of(weight, 8, 8, 3, 3));
        assertThatThrownBy(() -> LowRank.convert(broken, config(TuneMode.TUNE_ALL)))
                .isInstanceOf(InputException.class)
                .hasMessage("layer layer1.conv1: weight element 7 is NaN");
        assertThatThrownBy(() ->
                        LowRank.plan(base, LowRankConfig.of(TuneMode.TUNE_ALL).rank(10)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("layer conv1: rank 10 is above 9, the highest of its 24 x 9 matrix");
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void aRankAboveTheMatrixsIsRefusedInLoraMode(Layout layout) {
        LowRankConfig config = LowRankConfig.of(TuneMode.LORA).layout(layout).convert("layer1.conv1");
        int limit = layout.maxRank(8, 8, 3);
        assertThat(LowRank.isLowRank(LowRank.convert(Nets.model(), config.rank(limit))))
                .isTrue();
        for (int rank : new int[] {limit + 1, 1_000_000_000}) {
            assertThatThrownBy(() -> LowRank.convert(Nets.model(), config.rank(rank)))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("layer layer1.conv1: rank " + rank + " is above " + limit
                            + ", the highest of its " + layout.rows(8, 3) + " x " + layout.columns(8, 3) + " matrix");
        }
    }

    @ParameterizedTest
    @EnumSource(TuneMode.class)
    void aWeightThatIsNotFiniteIsRefusedInEveryModeThatConvertsIt(TuneMode mode) {
        for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
            Model broken = Nets.model();
            float[] weight = broken.state().get("layer1.conv1.weight").toFloats();
            weight[7] = value;
            broken.state().update("layer1.conv1.weight", Tensor.of(weight, 8, 8, 3, 3));
            if (!mode.converts()) {
                assertThat(LowRank.isLowRank(LowRank.convert(broken, config(mode))))
                        .isFalse();
                continue;
            }
            assertThatThrownBy(() -> LowRank.convert(broken, config(mode)))
                    .isInstanceOf(InputException.class)
                    .hasMessage("layer layer1.conv1: weight element 7 is " + value);
            LowRank.convert(broken, LowRankConfig.of(mode).steps(3).convert("layer2.conv2"));
        }
    }

    @Test
    void anInterruptEndsTheDecomposition() {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> LowRank.convert(Nets.model(), config(TuneMode.TUNE_ALL)))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("interrupted");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void configurationSurvivesJson() {
        LowRankConfig config = LowRankConfig.of(TuneMode.LORA)
                .rank(3)
                .layout(Layout.CHANNEL)
                .alpha(8)
                .rsLora(true)
                .dropout(0.1)
                .convert("layer*", "conv1")
                .freeze("bn")
                .seed(-5);
        assertThat(LowRankConfig.fromJson(config.toJson()).toJson()).isEqualTo(config.toJson());
        for (String bad : List.of("", "null", "[]", "{}", "{\"mode\":\"tune_U\"}", "{\"mode\":5,\"x\":1}")) {
            assertThatThrownBy(() -> LowRankConfig.fromJson(bad)).as(bad).isInstanceOf(InputException.class);
        }
    }

    @Test
    void headsMayChangeAfterConversion() {
        Model lora = LowRank.convert(Nets.model(), config(TuneMode.LORA));
        Model other = Heads.replace(lora, List.of("a", "b"), 1);
        assertThat(other.network().outputShape().size(1)).isEqualTo(2);
        assertThat(LowRank.merge(other).info().classes()).containsExactly("a", "b");
    }
}

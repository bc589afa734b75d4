package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;

/** Where lora_mode begins: at random, from parts of W, or from what tuning added to it. */
class AdapterStartTest {
    @ParameterizedTest
    @EnumSource(Init.class)
    void everyStartLeavesTheNetworkAsItIs(Init init) {
        for (Layout layout : Layout.values()) {
            Model base = GoalsTest.model();
            Model adapted =
                    LowRank.convert(base, lora().rank(4).layout(layout).alpha(2).init(init));
            Model merged = LowRank.merge(adapted);
            for (String name : new String[] {"a.weight", "b.weight", "c.weight"}) {
                assertThat(merged.state().get(name).toFloats())
                        .as("%s, %s, %s", name, init, layout)
                        .containsExactly(base.state().get(name).toFloats(), within(2e-7f));
            }
            boolean zero = sum(adapted.state().get("a.lora_B")) == 0;
            assertThat(zero).isEqualTo(!init.changesBase());
            assertThat(sum(adapted.state().get("a.lora_A"))).isPositive();
        }
    }

    /** Kaiming's is uniform in 1 / sqrt(columns), the other normal with deviation 1 / rank. */
    @Test
    void randomStartsHaveTheirDistributions() {
        float[] kaiming = start(Init.KAIMING);
        double bound = 1 / Math.sqrt(48);
        assertThat(largest(kaiming)).isBetween(0.95 * bound, bound);
        assertThat(meanSquare(kaiming)).isCloseTo(bound * bound / 3, withinPercentage(15));
        float[] gaussian = start(Init.GAUSSIAN);
        assertThat(largest(gaussian)).isGreaterThan(2.5 / 8);
        assertThat(meanSquare(gaussian)).isCloseTo(1.0 / (8 * 8), withinPercentage(15));
    }

    /** V of the layer of 48 columns at rank 8. */
    private static float[] start(Init init) {
        Model adapted = LowRank.convert(GoalsTest.model(), lora().rank(8).init(init));
        Tensor v = adapted.state().get("b.lora_A");
        assertThat(v.shape()).isEqualTo(Shape.of(8, 48));
        return v.toFloats();
    }

    private static double largest(float[] values) {
        double most = 0;
        for (float value : values) {
            most = Math.max(most, Math.abs(value));
        }
        return most;
    }

    private static double meanSquare(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value * value;
        }
        return sum / values.length;
    }

    @Test
    void pissaTakesThePrincipalPartAndSharesItsSingularValues() {
        Model base = GoalsTest.model();
        Model adapted = LowRank.convert(base, lora().rank(4).init(Init.PISSA));
        float[] u = adapted.state().get("a.lora_B").toFloats();
        float[] v = adapted.state().get("a.lora_A").toFloats();
        // Columns of U and rows of V are orthogonal and of equal length.
        for (int s = 0; s < 4; s++) {
            for (int t = 0; t <= s; t++) {
                double left = 0;
                for (int i = 0; i < 48; i++) {
                    left += u[i * 4 + s] * u[i * 4 + t];
                }
                double right = 0;
                for (int j = 0; j < 24; j++) {
                    right += v[s * 24 + j] * v[t * 24 + j];
                }
                assertThat(left).isCloseTo(right, within(1e-5));
                assertThat(s == t ? 0 : left).isCloseTo(0, within(1e-5));
            }
        }
        double left = squares(adapted.state().get("a.weight"));
        double svd = LowRank.convert(
                        base, LowRankConfig.of(TuneMode.TUNE_U).method("svd").rank(4), ConversionProgress.NONE)
                .report()
                .layers()
                .get(0)
                .residual();
        assertThat(Math.sqrt(left / squares(base.state().get("a.weight")))).isCloseTo(svd, within(1e-4));
    }

    @Test
    void oloraHasOrthonormalColumnsAndTakesTheFirstColumnsWhole() {
        Model adapted = LowRank.convert(GoalsTest.model(), lora().rank(3).init(Init.OLORA));
        float[] u = adapted.state().get("c.lora_B").toFloats();
        for (int s = 0; s < 3; s++) {
            for (int t = 0; t <= s; t++) {
                double dot = 0;
                for (int i = 0; i < 8; i++) {
                    dot += u[i * 3 + s] * u[i * 3 + t];
                }
                assertThat(dot).isCloseTo(s == t ? 1 : 0, within(1e-5));
            }
        }
        float[] rest = adapted.state().get("c.weight").toFloats();
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 3; j++) {
                assertThat(rest[i * 16 + j]).isCloseTo(0, within(1e-6f));
            }
        }
    }

    @Test
    void changedBasesAreKeptInTheAdapter(@TempDir Path folder) {
        Model base = GoalsTest.model();
        Model adapted = LowRank.convert(base, lora().rank(4).init(Init.PISSA));
        Path file = folder.resolve("a.safetensors");
        Adapters.save(adapted, file);
        Model loaded = Adapters.load(base, file);
        assertThat(loaded.state().get("b.weight").toFloats())
                .isEqualTo(adapted.state().get("b.weight").toFloats());
    }

    @Test
    void ranksByGoalAreReadBackFromTheAdapter(@TempDir Path folder) {
        Model base = GoalsTest.model();
        Path file = folder.resolve("a.safetensors");
        for (LowRankConfig config : new LowRankConfig[] {
            lora().rank(RankGoal.energy(0.7)),
            LowRankConfig.of(TuneMode.TUNE_U_S).method("svd").rank(RankGoal.params(2000))
        }) {
            Model adapted = LowRank.convert(base, config);
            Adapters.save(adapted, file);
            Model loaded = Adapters.load(base, file);
            assertThat(loaded.state().get("b.lora_B").toFloats())
                    .isEqualTo(adapted.state().get("b.lora_B").toFloats());
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 3})
    void aKnownAdapterIsRecoveredFromTheMergedNetwork(double alpha) {
        Model base = GoalsTest.model();
        LowRankConfig config = lora().rank(3);
        Model known = LowRank.convert(base, alpha == 0 ? config : config.alpha(alpha));
        Philox random = new Philox(1, 2);
        for (String name : new String[] {"a", "b"}) {
            float[] u = known.state().get(name + ".lora_B").toFloats();
            for (int i = 0; i < u.length; i++) {
                u[i] = (float) (0.05 * random.nextGaussian());
            }
            known.state()
                    .update(
                            name + ".lora_B",
                            Tensor.of(
                                    u,
                                    known.state().get(name + ".lora_B").shape().sizes()));
        }
        Model tuned = LowRank.merge(known);
        Conversion extracted = LowRank.extract(
                base, tuned, alpha == 0 ? config : config.alpha(2 * alpha), null, ConversionProgress.NONE);
        for (String name : new String[] {"a", "b", "c"}) {
            assertThat(extracted.model().state().get(name + ".weight").toFloats())
                    .isEqualTo(base.state().get(name + ".weight").toFloats());
            assertThat(LowRank.merge(extracted.model())
                            .state()
                            .get(name + ".weight")
                            .toFloats())
                    .containsExactly(tuned.state().get(name + ".weight").toFloats(), within(1e-7f));
            float[] found = product(extracted.model(), name);
            float[] expected = product(known, name);
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).isCloseTo(expected[i], within(1e-7f));
            }
        }
        // The difference has rank 3: a goal finds it.
        Conversion byGoal = LowRank.extract(
                base, tuned, config.rank(RankGoal.energy(1 - 1e-6)).convert("a", "b"), null, ConversionProgress.NONE);
        assertThat(byGoal.report().layers())
                .filteredOn(layer -> layer.rank() > 0)
                .allMatch(layer -> layer.rank() == 3 && layer.residual() < 1e-5);
        // c did not change: its adapter begins anew.
        assertThat(sum(extracted.model().state().get("c.lora_B"))).isZero();
        assertThat(sum(extracted.model().state().get("c.lora_A"))).isPositive();
    }

    @Test
    void aSparseDifferenceIsToldFromTheLowRankOne(@TempDir Path folder) {
        Model base = GoalsTest.model();
        Model known = LowRank.convert(base, lora().rank(2).convert("b"));
        Philox random = new Philox(1, 3);
        float[] u = known.state().get("b.lora_B").toFloats();
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) (0.02 * random.nextGaussian());
        }
        known.state().update("b.lora_B", Tensor.of(u, 48, 2));
        Model tuned = LowRank.merge(known);
        float[] weight = tuned.state().get("b.weight").toFloats();
        for (int i = 0; i < 46; i++) {
            weight[i * 50] += i % 2 == 0 ? 0.1f : -0.1f;
        }
        tuned.state().update("b.weight", Tensor.of(weight, 16, 16, 3, 3));
        Conversion found = LowRank.extract(
                base, tuned, lora().rank(2).convert("b"), new Density(46.0 / 2304, false), ConversionProgress.NONE);
        float[] expected = product(known, "b");
        float[] actual = product(found.model(), "b");
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(2e-5f));
        }
        Path file = folder.resolve("a.safetensors");
        Adapters.save(found.model(), file);
        assertThat(LowRank.merge(Adapters.load(base, file))
                        .state()
                        .get("b.weight")
                        .toFloats())
                .containsExactly(weight, within(2e-5f));
    }

    @Test
    void badInputIsNamed() {
        Model base = GoalsTest.model();
        assertThatThrownBy(() -> Init.parse("zeros"))
                .isInstanceOf(InputException.class)
                .hasMessage("init zeros is unknown; there are kaiming, gaussian, pissa, olora");
        assertThatThrownBy(() -> LowRank.convert(base, lora().rank(9).init(Init.PISSA)))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        "layer c: rank 9 is above 8, the highest of its 8 x 16 matrix; give a lower rank or a ratio, or leave the layer out");
        assertThatThrownBy(
                        () -> LowRankConfig.of(TuneMode.TUNE_U).init(Init.OLORA).check())
                .hasMessageContaining("init: must be given only in mode lora_mode");
        assertThatThrownBy(() ->
                        LowRank.extract(base, base, LowRankConfig.of(TuneMode.TUNE_U), null, ConversionProgress.NONE))
                .hasMessageContaining("lora_mode");
        assertThat(LowRankConfig.fromJson(lora().init(Init.OLORA).toJson()).init())
                .isEqualTo(Init.OLORA);
    }

    private static LowRankConfig lora() {
        return LowRankConfig.of(TuneMode.LORA);
    }

    /** scale U·V, row by row. */
    private static float[] product(Model model, String name) {
        LowRankConv2d layer = (LowRankConv2d) model.network().node(name).layer();
        float[] u = model.state().get(name + ".lora_B").toFloats();
        float[] v = model.state().get(name + ".lora_A").toFloats();
        int columns = v.length / layer.rank();
        float[] product = new float[u.length / layer.rank() * columns];
        for (int i = 0; i < product.length; i++) {
            double sum = 0;
            for (int t = 0; t < layer.rank(); t++) {
                sum += u[i / columns * layer.rank() + t] * v[t * columns + i % columns];
            }
            product[i] = (float) (sum * layer.scale());
        }
        return product;
    }

    private static double sum(Tensor tensor) {
        double sum = 0;
        for (float value : tensor.toFloats()) {
            sum += Math.abs(value);
        }
        return sum;
    }

    private static double squares(Tensor tensor) {
        double sum = 0;
        for (float value : tensor.toFloats()) {
            sum += (double) value * value;
        }
        return sum;
    }
}

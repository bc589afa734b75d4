package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;
import org.lrcc.nn.network.Model;

/** Where the singular values stand. */
class BalanceTest {
    private static LowRankConfig config(String method) {
        return LowRankConfig.of(TuneMode.TUNE_U_S)
                .method(method)
                .steps(5)
                .rank(4)
                .lambda(0.1)
                .ignore("downsample");
    }

    @ParameterizedTest
    @CsvSource({"greedy,EVEN", "greedy,U", "accelerated,U", "svd,EVEN"})
    void theProductStaysAndTheLengthsMove(String method, Balance balance) {
        Model plain = LowRank.convert(Nets.model(), config(method));
        Model moved = LowRank.convert(Nets.model(), config(method).balance(balance));
        float[] v = moved.state().get("layer2.conv2.lora_A").toFloats();
        float[] u = moved.state().get("layer2.conv2.lora_B").toFloats();
        int columns = v.length / 4;
        int rows = u.length / 4;
        for (int s = 0; s < 4; s++) {
            for (int t = 0; t <= s; t++) {
                double right = 0;
                for (int j = 0; j < columns; j++) {
                    right += v[s * columns + j] * v[t * columns + j];
                }
                double left = 0;
                for (int i = 0; i < rows; i++) {
                    left += u[i * 4 + s] * u[i * 4 + t];
                }
                double wanted = s != t ? 0 : balance == Balance.U ? 1 : left;
                assertThat(right).as("v%s v%s", s, t).isCloseTo(wanted, within(1e-5));
                assertThat(s == t ? 0 : left).as("u%s u%s", s, t).isCloseTo(0, within(1e-5));
            }
        }
        assertThat(LowRank.merge(moved).state().get("layer2.conv2.weight").toFloats())
                .containsExactly(
                        LowRank.merge(plain).state().get("layer2.conv2.weight").toFloats(), within(1e-6f));
        assertThat(moved.state().get("layer2.conv2.sparse_weight").toFloats())
                .isEqualTo(plain.state().get("layer2.conv2.sparse_weight").toFloats());
    }

    @Test
    void aWeightOfZerosStaysOne() {
        Model base = Nets.model();
        base.state()
                .update("layer2.conv2.weight", org.lrcc.engine.tensor.Tensor.of(new float[12 * 8 * 9], 12, 8, 3, 3));
        for (Balance balance : Balance.values()) {
            Model model = LowRank.convert(base, config("accelerated").balance(balance));
            assertThat(LowRank.merge(model).state().get("layer2.conv2.weight").toFloats())
                    .as("%s", balance)
                    .containsOnly(0f);
        }
    }

    @Test
    void adaptersKeepIt(@TempDir Path folder) {
        Model model = LowRank.convert(Nets.model(), config("svd").balance(Balance.U));
        Adapters.save(model, folder.resolve("a"));
        LowRankTest.assertSame(Adapters.load(Nets.model(), folder.resolve("a")), model);
        assertThat(Adapters.info(folder.resolve("a")).config().balance()).isEqualTo(Balance.U);
    }

    @Test
    void notInLoraMode() {
        assertThatThrownBy(
                        () -> LowRankConfig.of(TuneMode.LORA).balance(Balance.U).check())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("balance");
        assertThatThrownBy(() -> Balance.parse("odd"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("v, even, u");
    }
}

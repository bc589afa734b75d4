package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;

/** Magnitude and direction: lora_mode with a length of its own for each channel. */
class DoraTest {
    @TempDir
    private Path folder;

    private static LowRankConfig dora() {
        return LowRankConfig.of(TuneMode.LORA).rank(3).dora(true).ignore("downsample");
    }

    @ParameterizedTest
    @EnumSource(Init.class)
    void beginsAtTheBase(Init init) {
        Model model = LowRank.convert(Nets.model(), dora().init(init));
        GoldenCases.assertClose("logits", Nets.logits(model), Nets.logits(Nets.model()));
        assertThat(model.state().trainable("conv1.lora_magnitude_vector")).isTrue();
        assertThat(model.state().trainable("conv1.weight")).isFalse();
    }

    @Test
    void theMagnitudeIsTheLengthOfEachRow() {
        Model model = Nets.trained(LowRank.convert(Nets.model(), dora()));
        float[] magnitude = model.state().get("conv1.lora_magnitude_vector").toFloats();
        float[] weight = LowRank.merge(model).state().get("conv1.weight").toFloats();
        int row = weight.length / magnitude.length;
        for (int i = 0; i < magnitude.length; i++) {
            double square = 0;
            for (int j = 0; j < row; j++) {
                square += weight[i * row + j] * weight[i * row + j];
            }
            assertThat(Math.sqrt(square)).isCloseTo(Math.abs(magnitude[i]), within(1e-5));
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void savedMergedExportedAndTakenApartAgain(Layout layout) {
        Model model =
                Nets.trained(LowRank.convert(Nets.model(), dora().layout(layout).alpha(2)));
        Tensor logits = Nets.logits(model);
        Path file = folder.resolve("a.safetensors");
        Adapters.save(model, file);
        Model loaded = Adapters.load(Nets.model(), file);
        LowRankTest.assertSame(loaded, model);
        assertThat(Nets.logits(loaded).toFloats()).isEqualTo(logits.toFloats());
        Model merged = LowRank.merge(model);
        GoldenCases.assertClose("merged", Nets.logits(merged), logits);
        Path onnx = folder.resolve("merged.onnx");
        Onnx.save(merged, onnx);
        GoldenCases.assertClose("exported", Nets.logits(Onnx.load(onnx)), logits);
        GoldenCases.assertClose("unmerged", Nets.logits(LowRank.unmerge(merged, model)), logits);
    }

    @Test
    void aMergedModelThatWentOnTrainingDoesNotComeApart() {
        Model model = LowRank.convert(Nets.model(), dora());
        Model merged = Nets.trained(LowRank.merge(model));
        assertThatThrownBy(() -> LowRank.unmerge(merged, model))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("layer conv1 of the merged model differs");
    }

    @Test
    void onlyInLoraModeAndWithoutDropout() {
        assertThatThrownBy(() -> LowRankConfig.of(TuneMode.TUNE_U).dora(true).check())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("dora");
        assertThatThrownBy(() -> dora().dropout(0.1).check())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("dropout");
        assertThatThrownBy(() -> LowRank.extract(Nets.model(), Nets.model(), dora(), null, ConversionProgress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("dora");
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.safetensors.SafeTensors;

class AdaptersTest {
    @TempDir
    private Path folder;

    private static LowRankConfig config(TuneMode mode) {
        return LowRankConfig.of(mode).steps(5).lambda(0.1).ignore("downsample").freeze("layer1.bn1");
    }

    @ParameterizedTest
    @EnumSource(TuneMode.class)
    void loadedAdaptersComputeTheSameBits(TuneMode mode) {
        for (Layout layout : Layout.values()) {
            Model model =
                    Nets.trained(LowRank.convert(Nets.model(), config(mode).layout(layout)));
            Path file = folder.resolve(mode + "-" + layout + ".safetensors");
            Adapters.save(model, file);
            Model loaded = Adapters.load(Nets.model(), file);
            LowRankTest.assertSame(loaded, model);
            assertThat(Nets.logits(loaded).toFloats())
                    .isEqualTo(Nets.logits(model).toFloats());
            assertThat(loaded.info()).isEqualTo(model.info());
            Adapters.save(loaded, folder.resolve("again"));
            assertThat(folder.resolve("again")).hasSameBinaryContentAs(file);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TuneMode.class,
            names = {"TUNE_U_S", "FIX_SPARSE"})
    void noiseAndSparseEntriesComeBack(TuneMode mode) {
        for (LowRankConfig config : List.of(
                config(mode).keepNoise(true),
                config(mode).noSparse(true),
                config(mode).noSparse(true).keepNoise(true),
                config(mode).reassignSparsity(0.99))) {
            Model model = Nets.trained(LowRank.convert(Nets.model(), config));
            Path file = folder.resolve("adapter");
            Adapters.save(model, file);
            LowRankTest.assertSame(Adapters.load(Nets.model(), file), model);
        }
        assertThat(SafeTensors.read(folder.resolve("adapter")).names()).contains("conv1.sparse_weight.indices");
    }

    @Test
    void ranksThatAGoalCameToComeBack() {
        Model model = LowRank.convert(Nets.model(), config(TuneMode.TUNE_U).rank(RankGoal.energy(0.6)));
        Path file = folder.resolve("adapter");
        Adapters.save(model, file);
        LowRankTest.assertSame(Adapters.load(Nets.model(), file), model);
    }

    @Test
    void headWithOtherClassesGoesOntoTheBase() {
        Model base = Nets.model();
        Model model = LowRank.convert(Heads.replace(base, List.of("left", "right"), 4), config(TuneMode.LORA));
        Path file = folder.resolve("adapter");
        Adapters.save(Nets.trained(model), file);
        Model loaded = Adapters.load(base, file);
        assertThat(Nets.logits(loaded).toFloats()).isEqualTo(Nets.logits(model).toFloats());
        assertThat(loaded.info().classes()).containsExactly("left", "right");
        assertThat(Adapters.info(file).classes()).containsExactly("left", "right");
        assertThat(Adapters.info(file).ranks()).containsEntry("conv1", 2);
    }

    @Test
    void frozenTensorsAreSharedAndLeftOut() {
        Model base = Nets.model();
        Path file = folder.resolve("adapter");
        Adapters.save(LowRank.convert(base, config(TuneMode.LORA)), file);
        assertThat(SafeTensors.read(file).names())
                .doesNotContain("conv1.weight", "layer1.bn1.weight", "layer1.bn1.running_mean")
                .contains("conv1.lora_A", "conv1.lora_B", "bn1.running_mean", "layer2.downsample.weight", "fc.bias");
        Model loaded = Adapters.load(base, file);
        assertThat(loaded.state().get("conv1.weight").storage())
                .isSameAs(base.state().get("conv1.weight").storage());
    }

    @Test
    void anAdapterOfARankAboveTheMatrixsThatWasMadeBeforeIsRead() {
        Path file = folder.resolve("adapter");
        LowRankConfig config = LowRankConfig.of(TuneMode.LORA).convert("layer1.conv1");
        Adapters.save(LowRank.convert(Nets.model(), config.rank(3)), file);
        SafeTensors stored = SafeTensors.read(file);
        Map<String, Tensor> tensors = new HashMap<>(stored.tensors());
        tensors.put("layer1.conv1.lora_B", Tensor.of(Nets.values(24 * 30, 1, 1, 1), 24, 30));
        tensors.put("layer1.conv1.lora_A", Tensor.of(Nets.values(30 * 24, 1, 2, 1), 30, 24));
        AdapterInfo info = AdapterInfo.of(stored);
        AdapterInfo higher = new AdapterInfo(
                config.rank(30),
                info.base(),
                Map.of("layer1.conv1", 30),
                info.head(),
                info.classes(),
                info.preprocessing());
        SafeTensors.write(file, tensors, higher.toMetadata());
        Model loaded = Adapters.load(Nets.model(), file);
        assertThat(loaded.state().get("layer1.conv1.lora_B").shape().size(1)).isEqualTo(30);
        assertThat(Nets.logits(loaded).shape().size(1)).isEqualTo(4);
    }

    @Test
    void anotherBaseIsRefused() {
        Path file = folder.resolve("adapter");
        Adapters.save(LowRank.convert(Nets.model(), config(TuneMode.LORA)), file);
        Model other = Nets.model();
        other.state().update("bn1.bias", Tensor.of(new float[8], 8));
        assertThatThrownBy(() -> Adapters.load(other, file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(Fingerprint.of(Nets.model()).hash())
                .hasMessageContaining(Fingerprint.of(other).hash());
        assertThatThrownBy(() -> Adapters.save(Nets.model(), file)).isInstanceOf(InputException.class);
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Path file = folder.resolve("adapter");
        Adapters.save(Nets.trained(LowRank.convert(Nets.model(), config(TuneMode.TUNE_U_S))), file);
        SafeTensors good = SafeTensors.read(file);
        refused(good, tensors -> tensors.remove("conv1.lora_A"), "conv1.lora_A");
        refused(good, tensors -> tensors.remove("bn1.running_var"), "bn1.running_var");
        refused(good, tensors -> tensors.put("evil", Tensor.of(new float[1], 1)), "evil");
        refused(good, tensors -> tensors.put("conv1.lora_B", Tensor.of(new float[4], 2, 2)), "conv1.lora_B");
        refused(good, tensors -> tensors.put("fc.weight", Tensor.of(new float[4], 4)), "fc.weight");
        refused(good, tensors -> tensors.put("conv1.sparse_weight.bits", Tensor.of(new byte[3], 3)), "bits");
        refused(good, tensors -> tensors.put("conv1.sparse_weight.values", Tensor.of(new float[1], 1)), "values");
        refused(
                good,
                tensors -> tensors.put("conv1.sparse_weight.indices", Tensor.of(new int[] {5, 5}, 2)),
                "index 5 after 5");
        byte[] bytes = Files.readAllBytes(file);
        for (int length : new int[] {0, 7, 20, 500, bytes.length / 2, bytes.length - 1}) {
            Path cut = folder.resolve("cut");
            Files.write(cut, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> Adapters.load(Nets.model(), cut)).isInstanceOf(InputException.class);
        }
    }

    private interface Damage {
        void to(Map<String, Tensor> tensors);
    }

    private void refused(SafeTensors good, Damage damage, String named) {
        Map<String, Tensor> tensors = new HashMap<>(good.tensors());
        damage.to(tensors);
        Path file = folder.resolve("damaged");
        SafeTensors.write(file, tensors, good.metadata());
        assertThatThrownBy(() -> Adapters.load(Nets.model(), file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("damaged")
                .hasMessageContaining(named);
    }

    /** Headers with random bytes changed either load or are refused as bad input. */
    @Test
    void mutatedHeadersNeverFailOtherwise() throws IOException {
        Path file = folder.resolve("adapter");
        Adapters.save(LowRank.convert(Nets.model(), config(TuneMode.LORA)), file);
        byte[] bytes = Files.readAllBytes(file);
        Model base = Nets.model();
        Philox random = new Philox(1, 1);
        Path mutated = folder.resolve("mutated");
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] copy = bytes.clone();
            for (int i = 0; i <= random.nextInt(3); i++) {
                copy[8 + random.nextInt(3000)] = (byte) (32 + random.nextInt(95));
            }
            Files.write(mutated, copy);
            try {
                Adapters.load(base, mutated);
            } catch (InputException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}

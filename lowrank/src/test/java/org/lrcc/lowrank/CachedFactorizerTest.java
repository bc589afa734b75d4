package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.safetensors.SafeTensors;

/** Decompositions out of a folder. */
class CachedFactorizerTest {
    @TempDir
    private Path dir;

    private Path cache = Path.of("");

    @BeforeEach
    void nameFolder() {
        cache = dir.resolve("deep").resolve("cache");
    }

    private LowRankConfig config() {
        return LowRankConfig.of(TuneMode.TUNE_ALL)
                .steps(4)
                .lambda(0.1)
                .ignore("downsample")
                .cache(cache);
    }

    private List<Path> entries() throws IOException {
        try (var files = Files.list(cache)) {
            return files.sorted().toList();
        }
    }

    @Test
    void theSecondTimeGivesTheSameBitsWithoutWork() throws IOException {
        LowRankConfig plain =
                LowRankConfig.of(TuneMode.TUNE_ALL).steps(4).lambda(0.1).ignore("downsample");
        Model first = LowRank.convert(Nets.model(), config());
        assertThat(entries()).hasSize(3);
        List<Double> fractions = new ArrayList<>();
        Model second = LowRank.convert(Nets.model(), config(), (layer, fraction) -> fractions.add(fraction))
                .model();
        LowRankTest.assertSame(second, first);
        LowRankTest.assertSame(second, LowRank.convert(Nets.model(), plain));
        assertThat(entries()).hasSize(3);
        // A layer that is computed reports on the way; one that is read only at its end.
        assertThat(fractions).hasSize(3).last().isEqualTo(1.0);
    }

    @Test
    void otherOptionsAndOtherNetworksHaveEntriesOfTheirOwn() throws IOException {
        LowRank.convert(Nets.model(), config());
        int count = 3;
        for (LowRankConfig other : List.of(
                config().lambda(0.2),
                config().steps(5),
                config().seed(1),
                config().rank(3),
                config().noSparse(true),
                config().layout(Layout.SEPARABLE),
                config().method("svd"),
                config().method("accelerated"),
                config().method("accelerated").tolerance(0.3))) {
            Model model = LowRank.convert(Nets.model(), other);
            count += 3;
            assertThat(entries()).as(other.toJson()).hasSize(count);
            LowRankTest.assertSame(LowRank.convert(Nets.model(), other), model);
        }
        Model changed = Nets.model();
        changed.state().update("conv1.weight", Tensor.of(Nets.values(8 * 27, 1, 1, 1), 8, 3, 3, 3));
        LowRank.convert(changed, config());
        assertThat(entries()).hasSize(count + 1);
    }

    @Test
    void entriesSayWhatTheirArithmeticDependsOn() throws IOException {
        LowRank.convert(Nets.model(), config());
        int bits = ((CpuBackend) Backends.named("cpu")).vectorBits();
        for (Path file : entries()) {
            assertThat(SafeTensors.read(file).metadata().get("lrcc.decomposition"))
                    .contains("\"format\":3,", "\"backend\":\"cpu\"", "\"vectorBits\":" + bits);
        }
    }

    @Test
    void goalsUseItToo() throws IOException {
        LowRankConfig config =
                config().method("svd").rank(RankGoal.params(2000)).density(new Density(0.1, true));
        Model first = LowRank.convert(Nets.model(), config);
        LowRankTest.assertSame(LowRank.convert(Nets.model(), config), first);
        assertThat(entries()).isNotEmpty();
    }

    @Test
    void anEntryUnderAnothersNameIsRefusedWithTheLayersName() throws IOException {
        LowRank.convert(Nets.model(), config());
        List<Path> files = entries();
        Files.copy(files.get(1), dir.resolve("kept"));
        Files.copy(files.get(0), files.get(1), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> LowRank.convert(Nets.model(), config()))
                .isInstanceOf(InputException.class)
                .hasMessageMatching("layer (conv1|layer1.conv1|layer2.conv2): cache .*"
                        + files.get(1).getFileName() + ": it belongs to another decomposition: its weight is .*");
        Files.delete(files.get(1));
        LowRank.convert(Nets.model(), config());
        assertThat(files.get(1)).hasSameBinaryContentAs(dir.resolve("kept"));
    }

    @Test
    void aDamagedEntryIsRefused() throws IOException {
        LowRank.convert(Nets.model(), config());
        for (Path file : entries()) {
            SafeTensors entry = SafeTensors.read(file);
            Map<String, Tensor> tensors = new HashMap<>(entry.tensors());
            float[] u = entry.floats("lora_B").toFloats();
            u[0] += 0.5f;
            tensors.put("lora_B", Tensor.of(u, entry.floats("lora_B").shape().sizes()));
            SafeTensors.write(file, tensors, entry.metadata());
        }
        assertThatThrownBy(() -> LowRank.convert(Nets.model(), config()))
                .isInstanceOf(InputException.class)
                .hasMessageMatching("layer (conv1|layer1.conv1|layer2.conv2): cache .* its factors are damaged.*");
        for (Path file : entries()) {
            byte[] bytes = Files.readAllBytes(file);
            Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        }
        assertThatThrownBy(() -> LowRank.convert(Nets.model(), config()))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("layer ");
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "text");
        assertThatThrownBy(() -> LowRank.convert(Nets.model(), config().cache(file)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("must be a folder");
    }
}

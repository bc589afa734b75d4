package org.lrcc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.lowrank.Adapters;
import org.lrcc.lowrank.Balance;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.LowRankConv2d;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;

/** What an adapter is made with, from the command line into its file and back into a network. */
class AdapterOptionsTest {
    @TempDir
    private Path dir;

    private Run convert(Object... more) {
        return run(more, "convert", Demo.MODEL, "-o", dir.resolve("a.safetensors"), "--convert", "layer1.0");
    }

    /** One short epoch at rank 2. */
    private Run train(Path photos, Path out, Object... more) {
        return run(
                more,
                "train",
                Demo.MODEL,
                "--train",
                photos,
                "-o",
                out,
                "--rank",
                2,
                "--epochs",
                1,
                "--resize",
                112,
                "--batch",
                6,
                "--progress",
                "off");
    }

    private static Run run(Object[] more, Object... first) {
        return Run.of(Stream.concat(Stream.of(first), Stream.of(more)).toArray());
    }

    private LowRankConv2d layer() {
        Model model = Adapters.load(Onnx.load(Demo.MODEL), dir.resolve("a.safetensors"));
        return (LowRankConv2d) model.network().node("layer1.0.conv1").layer();
    }

    @Test
    void loraOptionsReachTheLayer() {
        Run run = convert("--mode", "lora_mode", "--rank", 4, "--alpha", 8, "--rslora", "--dropout", 0.25);
        assertThat(run.err()).isEmpty();
        assertThat(layer().scale()).isEqualTo(8 / Math.sqrt(4));
        assertThat(layer().dropout()).isEqualTo(0.25);
        assertThat(convert("--mode", "lora_mode", "--rank", 4, "--alpha", 8).code())
                .isZero();
        assertThat(layer().scale()).isEqualTo(2);
    }

    @Test
    void magnitudesAreTrainedSavedAndMerged() {
        Path photos = Demo.smallFolder(dir.resolve("photos"), 4);
        Path out = dir.resolve("run");
        Run trained = train(photos, out, "--mode", "lora_mode", "--dora");
        assertThat(trained.err()).isEmpty();
        Path adapter = out.resolve("adapter.safetensors");
        Model before =
                Adapters.load(Onnx.load(Demo.MODEL), out.resolve("checkpoint").resolve("start.safetensors"));
        Model after = Adapters.load(Onnx.load(Demo.MODEL), adapter);
        String name = "layer1.0.conv1." + LowRankConv2d.MAGNITUDE;
        assertThat(after.state().get(name).toFloats())
                .isNotEqualTo(before.state().get(name).toFloats());
        Path merged = dir.resolve("merged.onnx");
        assertThat(Run.of("merge", Demo.MODEL, "--adapter", adapter, "-o", merged)
                        .code())
                .isZero();
        String one = Run.of("evaluate", Demo.MODEL, "--adapter", adapter, "--test", photos, "--json")
                .out();
        String other = Run.of("evaluate", merged, "--test", photos, "--json").out();
        assertThat(other).isEqualTo(one);
    }

    @Test
    void theBalanceStandsInTheAdapter() {
        assertThat(convert("--mode", "tune_U_S", "--method", "svd", "--balance", "u")
                        .code())
                .isZero();
        LowRankConfig config = Adapters.info(dir.resolve("a.safetensors")).config();
        assertThat(config.balance()).isEqualTo(Balance.U);
    }

    @Test
    void ratesOfUAndSReachTheTraining() throws IOException {
        Path photos = Demo.smallFolder(dir.resolve("photos"), 4);
        Path out = dir.resolve("run");
        Run trained = train(
                photos,
                out,
                "--mode",
                "tune_U_S",
                "--method",
                "svd",
                "--rate-u",
                16,
                "--rate-s",
                0.5,
                "--rate-factor",
                "fc.=3");
        assertThat(trained.err()).isEmpty();
        JsonNode groups = new ObjectMapper()
                .readTree(out.resolve("config.json").toFile())
                .path("training")
                .path("groups");
        assertThat(groups.findValuesAsText("pattern")).containsExactly("fc.", "*.lora_B", "*.sparse_weight");
        assertThat(groups.findValuesAsText("rateFactor")).containsExactly("3.0", "16.0", "0.5");
    }

    @Test
    void aCacheIsFilledAndRead() throws IOException {
        Object[] options = {"--mode", "tune_V", "--rank", 2, "--steps", 3, "--cache", dir.resolve("cache"), "--json"};
        Run first = convert(options);
        assertThat(first.err()).isEmpty();
        byte[] made = Files.readAllBytes(dir.resolve("a.safetensors"));
        try (var files = Files.list(dir.resolve("cache"))) {
            assertThat(files.count()).isEqualTo(2);
        }
        assertThat(convert(options).code()).isZero();
        assertThat(dir.resolve("a.safetensors")).hasBinaryContent(made);
    }

    @ParameterizedTest
    @CsvSource({
        "--mode tune_U --dora,dora: must be given only in mode lora_mode",
        "--mode lora_mode --dora --dropout 0.1,must be 0 together with dora",
        "--mode lora_mode --rslora,rsLora: must be given together with alpha",
        "--mode lora_mode --balance u,balance: must be given only in modes that decompose",
        "--mode tune_V --rate-u 2,rate of U: must be given only in modes that train U",
        "--mode lora_mode --rate-s 2,rate of S: must be given only in modes that train S",
        "--mode tune_U --balance x,balance x is unknown",
    })
    void badOptionsAreOneLineWithExitCode2(String options, String message) {
        Run run = convert((Object[]) options.split(" "));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.errors().get(0)).contains(message);
    }
}

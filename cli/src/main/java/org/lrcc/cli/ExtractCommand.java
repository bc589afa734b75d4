package org.lrcc.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Adapters;
import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.Density;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.network.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lrcc extract}: the difference of two networks as an adapter. */
@Command(
        name = "extract",
        description =
                "Take what tuning changed in a network's convolutions as a low-rank adapter of mode lora_mode; everything else is the tuned network's.",
        footer = {"  lrcc extract model.onnx tuned.onnx --rank 8 -o adapter.safetensors"})
final class ExtractCommand extends Subcommand {
    @Parameters(index = "0", paramLabel = "BASE.onnx", description = "The network before tuning.")
    private @Nullable Path base;

    @Parameters(index = "1", paramLabel = "TUNED.onnx", description = "The same network after it.")
    private @Nullable Path tuned;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "A.safetensors",
            required = true,
            description = "Where the adapter goes.")
    private @Nullable Path output;

    @Option(
            names = "--sparse",
            paramLabel = "X",
            description =
                    "Take this share of each layer's differences out of U V, the outliers, and add them to the weights, which the adapter then holds.")
    private @Nullable Double sparse;

    @Mixin
    private LowRankOptions lowRank = new LowRankOptions();

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    void execute() {
        if (base == null || tuned == null || output == null) {
            throw new InputException("BASE.onnx, TUNED.onnx and -o are needed");
        }
        LowRankConfig config = lowRank.configOr(TuneMode.LORA);
        Density outliers = sparse == null ? null : new Density(sparse, false);
        Outputs.file("-o", output, base, tuned);
        Model from = ModelFile.read(base).model();
        Model to = ModelFile.read(tuned).model();
        lowRank.noteIdleInExtract(sparse != null, console());
        try (Progress progress = console().progress("extract", 1000)) {
            Conversion found = LowRank.extract(
                    from, to, config, outliers, (layer, fraction) -> progress.at(Math.round(fraction * 1000), layer));
            Adapters.save(found.model(), output);
            console()
                    .print(
                            json
                                    ? found.report().toJson()
                                    : found.report().toString().stripTrailing());
        }
        if (!json) {
            console().print("wrote " + output);
        }
    }
}

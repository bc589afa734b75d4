package org.lrcc.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.LowRank;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lrcc merge}: network and adapter become one plain network. */
@Command(
        name = "merge",
        description = "Put an adapter into its network and write the result as ONNX: it runs wherever ONNX runs.",
        footer = {"  lrcc merge model.onnx --adapter run/adapter.safetensors -o merged.onnx"})
final class MergeCommand extends Subcommand {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(names = "--adapter", paramLabel = "A.safetensors", required = true, description = "The adapter.")
    private @Nullable Path adapter;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where the merged network goes.")
    private @Nullable Path output;

    @Override
    void execute() throws Exception {
        if (adapter == null || output == null) {
            throw new InputException("--adapter and -o are needed");
        }
        Outputs.file("-o", output, model.file(), adapter);
        Model merged = LowRank.merge(Models.load(model, adapter));
        Onnx.save(merged, output);
        console()
                .print("wrote " + output + " (" + Texts.bytes(Files.size(output)) + ", "
                        + merged.network().outputShape().size(-1) + " classes)");
    }
}

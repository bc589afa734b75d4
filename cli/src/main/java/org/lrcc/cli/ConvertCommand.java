package org.lrcc.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.cli.report.Report;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Adapters;
import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.ConversionReport;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.nn.io.AtomicFiles;
import org.lrcc.nn.network.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lrcc convert}: an adapter that is not trained yet, and what was done to each layer. */
@Command(
        name = "convert",
        customSynopsis = "lrcc convert MODEL.onnx -o C.safetensors --mode MODE [OPTIONS]",
        description =
                "Turn a network's convolutions into low-rank form and write the result as an adapter that is not trained yet.",
        footer = {
            "  lrcc convert model.onnx -o start.safetensors --mode tune_U_S --rank-ratio 0.25 --ignore downsample",
            "  lrcc train model.onnx --adapter start.safetensors --train photos -o run"
        })
final class ConvertCommand extends Subcommand {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "C.safetensors",
            required = true,
            description = "Where the adapter goes.")
    private @Nullable Path output;

    @Mixin
    private LowRankOptions lowRank = new LowRankOptions();

    @Option(
            names = "--report",
            paramLabel = "R.html",
            description = "Write a page with the report and a plot of residual against parameters.")
    private @Nullable Path report;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    void execute() throws IOException {
        if (output == null) {
            throw new InputException("-o is missing");
        }
        LowRankConfig config = lowRank.config();
        if (!config.mode().converts()) {
            throw new InputException("--mode " + config.mode()
                    + " converts nothing; give lora_mode, fix_sparse, fix_low_rank or a tune_ mode");
        }
        Outputs.file("-o", output, model.file());
        if (report != null) {
            Outputs.file("--report", report, model.file(), output);
        }
        lowRank.noteIdle(config, console());
        Model base = model.load();
        Conversion converted = Training.convert(base, config, console());
        Adapters.save(converted.model(), output);
        if (report != null) {
            AtomicFiles.writeString(report, page(converted.report(), config));
        }
        if (json) {
            console().print(converted.report().toJson());
        } else {
            console().print(converted.report().toString().stripTrailing());
            console().print("wrote " + output + (report == null ? "" : " and " + report));
        }
    }

    private String page(ConversionReport result, LowRankConfig config) {
        List<Report.Fact> facts =
                new ArrayList<>(List.of(new Report.Fact("model", model.file().toString())));
        Facts.addJson(facts, "low rank", config.toJson());
        return ConversionSection.page(
                model.file().getFileName() + " in low-rank form",
                result,
                commandLine(),
                List.of(new Report.Group("Configuration", facts), Machine.facts()));
    }
}

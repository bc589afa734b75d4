package org.lrcc.cli;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Adapters;
import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.ConversionReport;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.io.AtomicFiles;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.train.Checkpoint;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.TrainResult;
import org.lrcc.nn.train.Trainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lrcc train}: from a network and a folder of images to an adapter and a report. */
@Command(
        name = "train",
        customSynopsis = {
            "lrcc train MODEL.onnx --train DIR|LIST [--images DIR] [--test DIR|LIST] --mode MODE -o RUN [OPTIONS]",
            "       lrcc train MODEL.onnx --adapter A.safetensors --train DIR|LIST -o RUN [OPTIONS]",
            "       lrcc train --resume RUN"
        },
        description = {
            "Adapt a network to a folder of images.",
            "RUN then holds adapter.safetensors (what was learned), report.html, metrics.csv, config.json and a checkpoint to go on from."
        },
        footer = {
            "  lrcc train model.onnx --train photos/train --test photos/test --mode lora_mode -o run",
            "  lrcc train model.onnx --train train.txt --images photos --mode tune_U_S --ignore downsample --epochs 30 -o run",
            "  lrcc train --resume run"
        })
final class TrainCommand extends Subcommand {
    /** All that may stand beside {@code --resume}: what says how to answer, not what to do. */
    private static final Set<String> WITH_RESUME =
            Set.of("--resume", "--json", "--progress", "--verbose", Errors.STACKTRACE);

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODEL.onnx",
            description = "A network in ONNX, or packed as MODEL.onnx.gz.")
    private @Nullable Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "RUN",
            description = "The folder for the results; made where it is missing.")
    private @Nullable Path output;

    @Option(
            names = "--resume",
            paramLabel = "RUN",
            description = "Go on with a run that was broken off, just as it was begun; the result has the same bits.")
    private @Nullable Path resume;

    @Option(names = "--overwrite", description = "Replace an earlier run in the folder.")
    private boolean overwrite;

    @Option(
            names = "--train",
            paramLabel = "DIR|LIST",
            description = "A folder with a folder of images a class, or a list of class/file lines below --images.")
    private @Nullable Path train;

    @Option(names = "--test", paramLabel = "DIR|LIST", description = "Images to measure on, in the same form.")
    private @Nullable Path test;

    @Option(names = "--images", paramLabel = "DIR", description = "The folder that lists' files are below.")
    private @Nullable Path images;

    @Option(
            names = "--adapter",
            paramLabel = "A.safetensors",
            description = "Begin from this adapter instead of converting; it says the mode.")
    private @Nullable Path adapter;

    @Mixin
    private PreprocessingOptions preprocessing = new PreprocessingOptions();

    @Mixin
    private LowRankOptions lowRank = new LowRankOptions();

    @Mixin
    private TrainOptions training = new TrainOptions();

    @Mixin
    PrecisionOption precision = new PrecisionOption();

    @Option(names = "--json", description = "Answer as JSON.")
    private boolean json;

    @Spec
    private CommandSpec self = CommandSpec.create();

    /** The network as training begins, and what was done to it. */
    private record Beginning(Model model, @Nullable ConversionReport report) {}

    @Override
    void execute() throws Exception {
        long begun = System.nanoTime();
        RunFolder folder = new RunFolder(target());
        RunConfig config = resume == null ? asked(folder) : begun(folder);
        Dataset samples = DataOptions.read("--train", config.train(), config.images());
        Dataset tested = config.test() == null ? null : DataOptions.read("--test", config.test(), config.images());
        Beginning beginning;
        TrainResult result;
        try {
            beginning = begin(folder, config);
            result = train(folder, config, beginning, samples, tested);
        } catch (RuntimeException e) {
            if (resume == null) {
                folder.abandon();
            }
            throw e;
        }
        if (result.end() == TrainResult.End.CANCELLED) {
            console().warn("stopped; go on with: lrcc train --resume " + folder.folder());
            return;
        }
        finish(folder, config, beginning, result, tested, (System.nanoTime() - begun) / 1e9);
    }

    private static RunConfig begun(RunFolder folder) {
        folder.checkBegun();
        return RunConfig.read(folder.begunConfig());
    }

    private TrainResult train(
            RunFolder folder, RunConfig config, Beginning beginning, Dataset samples, @Nullable Dataset tested) {
        Interrupt interrupt = new Interrupt();
        try (TrainProgress progress = new TrainProgress(console(), folder)) {
            Trainer trainer = new Trainer(beginning.model(), config.training())
                    .callback(progress)
                    .checkpoint(folder.state());
            if (Files.exists(folder.state())) {
                trainer.resume(folder.state());
                progress.earlier(Checkpoint.read(folder.state()).meta().history());
            }
            interrupt.cancels(trainer);
            return tested == null ? trainer.fit(samples) : trainer.fit(samples, tested);
        } finally {
            interrupt.done();
        }
    }

    private Path target() {
        if (resume != null) {
            String other = model != null ? "MODEL.onnx" : given(option -> !WITH_RESUME.contains(option.longestName()));
            if (other != null) {
                throw new InputException(
                        "--resume " + resume + " goes on with the run as it was begun; give no " + other + " with it");
            }
            return resume;
        }
        if (output == null) {
            throw new InputException("-o is missing: the folder for the results");
        }
        return output;
    }

    /** The first option of the command line that is meant, or null. */
    private @Nullable String given(Predicate<OptionSpec> meant) {
        return self.commandLine().getParseResult().matchedOptions().stream()
                .filter(meant)
                .map(OptionSpec::longestName)
                .findFirst()
                .orElse(null);
    }

    /** Whether it says how to convert. */
    private static boolean converts(OptionSpec option) {
        return option.userObject() instanceof Field field
                && Set.of(SelectionOptions.class, LowRankOptions.class, GoalOptions.class)
                        .contains(field.getDeclaringClass())
                && !option.longestName().equals("--seed");
    }

    /** What the options ask for, checked before any work is done. */
    private RunConfig asked(RunFolder folder) {
        if (model == null || train == null) {
            throw new InputException((model == null ? "MODEL.onnx" : "--train") + " is missing");
        }
        String converting = adapter == null ? null : given(TrainCommand::converts);
        if (converting != null) {
            throw new InputException("--adapter " + adapter + " and " + converting
                    + " exclude each other: the adapter says how it was converted");
        }
        folder.checkFree(overwrite);
        LowRankConfig conversion =
                adapter == null ? lowRank.config() : Adapters.info(adapter).config();
        Model base = ModelFile.read(model).model();
        Model adapted = adapter == null ? base : Adapters.load(base, adapter);
        if (adapter == null) {
            lowRank.noteIdle(conversion, console());
        }
        return new RunConfig(
                commandLine(),
                model,
                adapter,
                train,
                test,
                images,
                adapter == null ? conversion : null,
                rates(training.config(lowRank.seed()), conversion).l1(conversion.l1Terms()),
                preprocessing.over(adapted.info().preprocessing()));
    }

    /** With the rates of U and S that the conversion asks for; those given by name come first. */
    private static TrainConfig rates(TrainConfig training, LowRankConfig conversion) {
        return training.groups(Stream.concat(training.groups().stream(), Stream.of(conversion.rateGroups()))
                .toArray(ParameterGroup[]::new));
    }

    /** Converts, or loads what was converted when the run began. */
    private Beginning begin(RunFolder folder, RunConfig config) {
        Model base =
                ModelOptions.prepare(ModelFile.read(config.model()).model(), config.preprocessing(), config.model());
        if (resume != null) {
            return new Beginning(Adapters.load(base, folder.start()), null);
        }
        Beginning beginning;
        if (config.lowRank() == null || config.adapter() != null) {
            Path from = Objects.requireNonNull(config.adapter());
            beginning =
                    new Beginning(ModelOptions.prepare(Adapters.load(base, from), config.preprocessing(), from), null);
        } else {
            Conversion conversion = Training.convert(base, config.lowRank(), console());
            boolean converts = config.lowRank().mode().converts();
            beginning = new Beginning(conversion.model(), converts ? conversion.report() : null);
        }
        folder.begin();
        Adapters.save(beginning.model(), folder.start());
        // Last: where it is, there is a run to go on with.
        AtomicFiles.writeString(folder.begunConfig(), config.toJson());
        return beginning;
    }

    private void finish(
            RunFolder folder,
            RunConfig config,
            Beginning beginning,
            TrainResult result,
            @Nullable Dataset tested,
            double seconds)
            throws IOException {
        Adapters.save(result.model(), folder.adapter());
        result.history().writeCsv(folder.metrics());
        long bytes = Files.size(folder.adapter());
        TrainReport report = new TrainReport(config, beginning.report(), result, tested, seconds, bytes);
        AtomicFiles.writeString(folder.report(), report.page());
        AtomicFiles.writeString(folder.config(), config.toJson());
        if (json) {
            console().json(answer(folder, result, seconds));
            return;
        }
        Evaluation evaluation = result.evaluation();
        if (evaluation != null) {
            console()
                    .print("test: top-1 " + Texts.percent(evaluation.top1()) + ", top-5 "
                            + Texts.percent(evaluation.top5()) + " of " + evaluation.samples() + " images");
        }
        console()
                .print("wrote " + folder.adapter() + " (" + Texts.bytes(bytes) + ") and " + folder.report() + " in "
                        + Progress.time(seconds));
    }

    private static Map<String, Object> answer(RunFolder folder, TrainResult result, double seconds) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("adapter", folder.adapter().toString());
        answer.put("report", folder.report().toString());
        answer.put("epochs", result.history().epochs().size());
        answer.put("bestEpoch", result.bestEpoch());
        answer.put("seconds", seconds);
        answer.put("memoryBytes", result.history().memoryBytes());
        Evaluation evaluation = result.evaluation();
        if (evaluation != null) {
            answer.put("test", EvaluateCommand.toMap(evaluation));
        }
        return answer;
    }
}

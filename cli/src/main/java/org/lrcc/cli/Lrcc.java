package org.lrcc.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root command: holds what all commands share. */
@Command(
        name = "lrcc",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        header = "Adapts a pretrained convolutional network to a few images of your own, in plain Java.",
        description = {
            "",
            "The convolutions of an ONNX network are turned into low-rank form, trained on a folder of images and written as a small adapter "
                    + "file or as a merged ONNX file.",
            ""
        },
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footer = {
            "",
            "Start here:   lrcc demo",
            "Then:         lrcc train MODEL.onnx --train PHOTOS --mode lora_mode -o RUN",
            "",
            "Exit codes: 0 done, 1 failed while working, 2 wrong usage or bad input."
        },
        subcommands = {
            DemoCommand.class,
            InfoCommand.class,
            ConvertCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            PredictCommand.class,
            MergeCommand.class,
            ExtractCommand.class,
            DoctorCommand.class,
            BenchCommand.class,
            CompletionCommand.class
        })
final class Lrcc implements Runnable {
    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Lrcc(Console console) {
        this.console = console;
    }

    /** What a command answers and says. */
    Console console() {
        return console;
    }

    @Option(
            names = "--progress",
            paramLabel = "HOW",
            scope = ScopeType.INHERIT,
            description = "Progress on stderr: auto, bar, lines or off. auto: a bar on a terminal, else lines.")
    void setProgress(Progress.Style style) {
        console.setStyle(style);
    }

    /** Read by {@link Logging} before the first logger is made; declared here so that it is known and documented. */
    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Say more of what is done.")
    void setVerbose(boolean verbose) {
        console.setVerbose(verbose);
    }

    /** Read by {@link Errors}; declared here so that it is known and documented. */
    @Option(
            names = Errors.STACKTRACE,
            scope = ScopeType.INHERIT,
            description = "With an error, print where in the program it happened.")
    void setStackTrace(boolean stackTrace) {
        console.setStackTrace(stackTrace);
    }

    @Override
    public void run() {
        CommandLine line = spec.commandLine();
        throw new ParameterException(
                line,
                "no command given; there are "
                        + String.join(", ", line.getSubcommands().keySet()));
    }
}

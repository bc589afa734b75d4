package org.lrcc.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
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
        })
final class Lrcc implements Runnable {
    /** The commands by name, in the order of the help. */
    static final Map<String, Class<? extends Subcommand>> COMMANDS = commands();

    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Lrcc(Console console) {
        this.console = console;
    }

    private static Map<String, Class<? extends Subcommand>> commands() {
        Map<String, Class<? extends Subcommand>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand.class);
        commands.put("info", InfoCommand.class);
        commands.put("convert", ConvertCommand.class);
        commands.put("train", TrainCommand.class);
        commands.put("evaluate", EvaluateCommand.class);
        commands.put("predict", PredictCommand.class);
        commands.put("merge", MergeCommand.class);
        commands.put("extract", ExtractCommand.class);
        commands.put("doctor", DoctorCommand.class);
        commands.put("bench", BenchCommand.class);
        commands.put(CompletionCommand.NAME, CompletionCommand.class);
        return Collections.unmodifiableMap(commands);
    }

    /**
     * The commands that a command line can want: where it begins with one's name, that one, for reading the options of all takes a tenth of a second; else, and
     * to complete names, all.
     */
    static Map<String, Class<? extends Subcommand>> wanted(String... args) {
        String first = args.length == 0 ? "" : args[0];
        Class<? extends Subcommand> command = COMMANDS.get(first);
        return command == null || first.equals(CompletionCommand.NAME) ? COMMANDS : Map.of(first, command);
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

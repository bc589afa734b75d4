package org.lrcc.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every command has: help, a console, the command line it was started with. */
@Command(
        sortOptions = false,
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%n",
        footerHeading = "%nExamples:%n")
abstract class Subcommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    private boolean help;

    /** Does the work; errors are thrown. */
    abstract void execute() throws Exception;

    @Override
    public final Integer call() throws Exception {
        execute();
        return 0;
    }

    /** Where to print. */
    final Console console() {
        if (spec.root().userObject() instanceof Lrcc root) {
            return root.console();
        }
        throw new IllegalStateException("command " + spec.name() + " was not started through lrcc");
    }

    /** The command line, quoted for a shell, to be shown where somebody wants to repeat it. */
    final String commandLine() {
        StringBuilder line = new StringBuilder("lrcc");
        for (String arg : spec.root().commandLine().getParseResult().originalArgs()) {
            line.append(' ').append(quote(arg));
        }
        return line.toString();
    }

    private static String quote(String arg) {
        return arg.matches("[A-Za-z0-9_./:,=+@%-]+") ? arg : "'" + arg.replace("'", "'\\''") + "'";
    }
}

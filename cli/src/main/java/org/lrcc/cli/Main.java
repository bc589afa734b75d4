package org.lrcc.cli;

import java.io.PrintWriter;
import picocli.CommandLine;

/** Where the JVM enters: sets up messages, runs one command, ends with its exit code. */
public final class Main {
    private Main() {}

    /** Runs a command line and ends the JVM: 0 done, 1 failed while working, 2 wrong usage or bad input. */
    public static void main(String[] args) {
        StandardError.restore();
        Logging.configure(args);
        int code = run(args, new PrintWriter(System.out, true), new PrintWriter(System.err, true));
        System.out.flush();
        System.exit(code);
    }

    /**
     * Runs a command line in this JVM.
     *
     * @param out receives what the command answers
     * @param err receives progress, notes and the one line that says what went wrong
     * @return the exit code
     */
    static int run(String[] args, PrintWriter out, PrintWriter err) {
        CommandLine commands = commands(new Console(out, err), args);
        commands.setOut(out);
        commands.setErr(err);
        try {
            return commands.execute(args);
        } catch (StackOverflowError | OutOfMemoryError e) {
            return Errors.report(e, "lrcc", Errors.wantsStackTrace(args), err);
        } finally {
            out.flush();
            err.flush();
        }
    }

    /** The commands that these arguments can want, ready to parse. */
    static CommandLine commands(Console console, String... args) {
        CommandLine commands = new CommandLine(new Lrcc(console));
        Lrcc.wanted(args).forEach(commands::addSubcommand);
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setUsageHelpAutoWidth(true);
        commands.setAbbreviatedOptionsAllowed(false);
        commands.setParameterExceptionHandler(Errors::usage);
        commands.setExecutionExceptionHandler(Errors::execution);
        return commands;
    }
}

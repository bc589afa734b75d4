package org.lrcc.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever went wrong into one line on stderr and an exit code. */
final class Errors {
    static final String STACKTRACE = "--stacktrace";
    static final int FAILED = 1;
    static final int BAD_INPUT = 2;

    private Errors() {}

    /** Wrong usage: the command line could not be parsed. */
    static int usage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        String message = e instanceof UnmatchedArgumentException unmatched && command.getParent() == null
                ? noCommand(command, unmatched)
                : String.valueOf(e.getMessage());
        err.println(name + ": " + oneLine(decapitalise(message)) + " (see " + name + " --help)");
        if (wantsStackTrace(args)) {
            e.printStackTrace(err);
        }
        return BAD_INPUT;
    }

    /** What is left over before any command is a command or an option mistyped. */
    private static String noCommand(CommandLine command, UnmatchedArgumentException e) {
        String first = e.getUnmatched().get(0);
        return first.startsWith("-")
                ? String.valueOf(e.getMessage())
                : "there is no command '" + first + "'; there are "
                        + String.join(", ", command.getSubcommands().keySet());
    }

    /** A command threw. */
    static int execution(Exception e, CommandLine command, @Nullable ParseResult parsed) {
        boolean trace = parsed != null && wantsStackTrace(parsed.originalArgs().toArray(new String[0]));
        return report(e, command.getCommandSpec().qualifiedName(), trace, command.getErr());
    }

    /** Prints the line and tells the exit code. */
    static int report(Throwable e, String who, boolean trace, PrintWriter err) {
        Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
        err.println(who + ": " + oneLine(message(cause)));
        if (trace) {
            e.printStackTrace(err);
        }
        return code(cause);
    }

    static boolean wantsStackTrace(String[] args) {
        return Arrays.asList(args).contains(STACKTRACE);
    }

    private static int code(Throwable e) {
        boolean input = e instanceof InputException
                || e instanceof NoSuchFileException
                || e instanceof FileNotFoundException
                || e instanceof FileAlreadyExistsException
                || e instanceof NotDirectoryException;
        return input ? BAD_INPUT : FAILED;
    }

    private static String message(Throwable e) {
        if (e instanceof InputException || e instanceof FailureException) {
            return String.valueOf(e.getMessage());
        }
        if (e instanceof NoSuchFileException) {
            return e.getMessage() + ": there is no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return e.getMessage() + ": access is denied";
        }
        if (e instanceof FileAlreadyExistsException || e instanceof NotDirectoryException) {
            return e.getMessage() + ": it is a file where a folder is needed";
        }
        if (e instanceof FileSystemException || e instanceof FileNotFoundException) {
            return String.valueOf(e.getMessage());
        }
        if (e instanceof IOException) {
            return "reading or writing failed: " + e.getMessage();
        }
        if (e instanceof OutOfMemoryError) {
            return "out of memory (" + e.getMessage() + ") with a heap of "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB; give a smaller --batch or --micro-batch, or more memory with LRCC_JAVA_OPTS=-Xmx8g";
        }
        return "internal error: " + e + "; this is a bug in lrcc, please report it with the output of " + STACKTRACE;
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s*\\R\\s*", "; ").strip();
    }

    private static String decapitalise(String text) {
        boolean sentence =
                text.length() > 1 && Character.isUpperCase(text.charAt(0)) && Character.isLowerCase(text.charAt(1));
        return sentence ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
    }
}

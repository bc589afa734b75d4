package org.lrcc.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import org.lrcc.engine.FailureException;

/** Where a command prints: answers to one stream, progress and notes to the other. */
final class Console {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

    private final PrintWriter out;
    private final PrintWriter err;
    private Progress.Style style = Progress.Style.AUTO;
    private boolean verbose;
    private boolean stackTrace;

    Console(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    /** A line of the answer. */
    void print(String line) {
        out.println(line);
    }

    /** The answer for a program, as one JSON document. */
    void json(Object answer) {
        try {
            JSON.writeValue(out, answer);
            out.println();
        } catch (IOException e) {
            throw new FailureException("the answer could not be written as JSON: " + e.getMessage(), e);
        }
    }

    /** A line beside the answer. */
    void note(String line) {
        if (style != Progress.Style.OFF) {
            err.println(line);
        }
    }

    /** A line that nobody should miss. */
    void warn(String line) {
        err.println("warning: " + line);
    }

    /** Starts to show how far a task of {@code total} steps is. */
    Progress progress(String task, long total) {
        return Progress.start(style, task, total, err);
    }

    void setStyle(Progress.Style style) {
        this.style = style;
    }

    void setVerbose(boolean verbose) {
        this.verbose = verbose;
    }

    boolean verbose() {
        return verbose;
    }

    void setStackTrace(boolean stackTrace) {
        this.stackTrace = stackTrace;
    }

    boolean stackTrace() {
        return stackTrace;
    }
}

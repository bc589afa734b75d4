package org.lrcc.bench.compare;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.cli.Quantiles;
import org.lrcc.cli.ResidentMemory;
import org.lrcc.engine.FailureException;

/**
 * What one process of a pair measured; it prints this as JSON.
 *
 * @param name of what ran, with its version
 * @param milliseconds each timed run
 * @param peakResidentBytes the most memory that the process held
 * @param rows medians by name, where single layers were measured
 * @param wallMilliseconds from start to end of the process; the parent knows it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Report(
        @Nullable String name,
        double @Nullable [] milliseconds,
        long peakResidentBytes,
        @Nullable Map<String, Double> rows,
        double wallMilliseconds) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Runs and times {@code step}, after {@code warmup} untimed runs. */
    public static Report measure(String name, int warmup, int steps, Runnable step) {
        for (int i = 0; i < warmup; i++) {
            step.run();
        }
        double[] times = new double[steps];
        for (int i = 0; i < steps; i++) {
            times[i] = milliseconds(step);
        }
        return of(name, times);
    }

    /** How long one run takes. */
    public static double milliseconds(Runnable step) {
        long start = System.nanoTime();
        step.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /** Of runs that were timed. */
    public static Report of(String name, double[] milliseconds) {
        return new Report(name, milliseconds, ResidentMemory.peak().bytes(), null, 0);
    }

    /** Of single layers. */
    public static Report ofRows(String name, Map<String, Double> rows) {
        return new Report(name, null, ResidentMemory.peak().bytes(), rows, 0);
    }

    /** Prints it for the parent process. */
    public void print() {
        try {
            System.out.println(JSON.writeValueAsString(this));
        } catch (JsonProcessingException e) {
            throw new FailureException("the report is no JSON: " + e.getMessage(), e);
        }
    }

    /** Reads what a process printed: the JSON object that its output ends with. */
    static Report parse(String output, double wallMilliseconds) throws IOException {
        int brace = output.startsWith("{") ? 0 : output.indexOf("\n{") + 1;
        Report read = JSON.readValue(output.substring(brace), Report.class);
        return new Report(
                read.name == null ? "lrcc" : read.name,
                read.milliseconds,
                read.peakResidentBytes,
                read.rows,
                wallMilliseconds);
    }

    /** The middle time. */
    double median() {
        return Quantiles.median(milliseconds == null ? new double[0] : milliseconds);
    }
}

package org.lrcc.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Times of repeated steps in one process, as one line of text that a parent process reads.
 *
 * @param name what ran
 * @param milliseconds each timed step
 * @param peakMegabytes the process's peak resident memory, 0 where the system does not tell
 */
public record StepTimes(String name, double[] milliseconds, double peakMegabytes) {
    private static final String PREFIX = "STEPS\t";

    /** Runs and times {@code step}, after {@code warmup} untimed runs. */
    public static StepTimes measure(String name, int warmup, int steps, Runnable step) {
        for (int i = 0; i < warmup; i++) {
            step.run();
        }
        double[] times = new double[steps];
        for (int i = 0; i < steps; i++) {
            long start = System.nanoTime();
            step.run();
            times[i] = (System.nanoTime() - start) / 1e6;
        }
        return new StepTimes(name, times, peakResidentMegabytes());
    }

    /** The line. */
    public String toLine() {
        return PREFIX + name + "\t" + peakMegabytes + "\t"
                + Arrays.stream(milliseconds).mapToObj(Double::toString).collect(Collectors.joining(","));
    }

    /** Whether a line of a process's output is one of these. */
    public static boolean isLine(String line) {
        return line.startsWith(PREFIX);
    }

    /** Reads the line. */
    public static StepTimes parse(String line) {
        String[] fields = line.split("\t", -1);
        double[] times = Arrays.stream(fields[3].split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();
        return new StepTimes(fields[1], times, Double.parseDouble(fields[2]));
    }

    /** The middle time. */
    public double median() {
        return quantile(0.5);
    }

    /** The time below which this part of the steps lies. */
    public double quantile(double part) {
        double[] sorted = milliseconds.clone();
        Arrays.sort(sorted);
        double at = part * (sorted.length - 1);
        int low = (int) at;
        int high = Math.min(sorted.length - 1, low + 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }

    private static double peakResidentMegabytes() {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmHWM"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}

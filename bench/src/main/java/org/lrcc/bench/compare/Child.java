package org.lrcc.bench.compare;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lrcc.bench.BenchMain;
import org.lrcc.engine.FailureException;

/**
 * A process to be measured.
 *
 * @param command with its arguments
 * @param environment beside this process's own
 */
record Child(List<String> command, Map<String, String> environment) {
    /** A peer's class of this class path, in a JVM like this one. */
    static Child java(String main, int threads, Object... arguments) {
        return java(
                List.of("--add-modules", "jdk.incubator.vector", "-XX:+UseParallelGC", "-XX:ObjectAlignmentInBytes=64"),
                main,
                threads,
                arguments);
    }

    /** A class of ours, in a JVM with the launcher's flags. */
    static Child ours(String main, int threads, Object... arguments) {
        return java(BenchMain.JVM_FLAGS, main, threads, arguments);
    }

    private static Child java(List<String> flags, String main, int threads, Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-Dlrcc.threads=" + threads, "-cp", System.getProperty("java.class.path"), main));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new Child(command, Map.of("OMP_NUM_THREADS", Integer.toString(threads)));
    }

    /** Runs it from start to end. */
    Report run() throws IOException, InterruptedException {
        Output output = output();
        return Report.parse(output.text(), output.milliseconds());
    }

    /** Runs a process that prints two reports, a line each: ours, then what it is compared with. */
    List<Report> runBoth() throws IOException, InterruptedException {
        Output output = output();
        List<String> lines =
                output.text().lines().filter(line -> line.startsWith("{")).toList();
        if (lines.size() != 2) {
            throw new FailureException(
                    String.join(" ", command) + " printed " + lines.size() + " reports, not two:\n" + output.text());
        }
        return List.of(
                Report.parse(lines.get(0), output.milliseconds()), Report.parse(lines.get(1), output.milliseconds()));
    }

    /** What it printed, and how long it ran. */
    private record Output(String text, double milliseconds) {}

    private Output output() throws IOException, InterruptedException {
        File errors = File.createTempFile("lrcc-bench", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            long start = System.nanoTime();
            Process process = builder.redirectError(errors).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            double wall = (System.nanoTime() - start) / 1e6;
            if (exit != 0) {
                throw new FailureException(String.join(" ", command) + " ended with " + exit + ":\n" + output
                        + Files.readString(errors.toPath()));
            }
            return new Output(output, wall);
        } finally {
            Files.deleteIfExists(errors.toPath());
        }
    }
}

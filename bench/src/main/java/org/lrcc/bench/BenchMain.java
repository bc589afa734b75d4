package org.lrcc.bench;

import java.util.List;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs the benchmarks with JMH's command line, in JVMs with the launcher's flags before all others; the rows of {@link OpBenchmark} are those of the case table unless {@code -p row=...} says which. */
public final class BenchMain {
    /** What {@code ./lrcc} starts Java with, as far as times depend on it; it says why. */
    public static final List<String> JVM_FLAGS = List.of(
            "--add-modules",
            "jdk.incubator.vector",
            "-XX:+UseParallelGC",
            "-XX:ObjectAlignmentInBytes=64",
            "-Xmn64m",
            "-XX:CompileCommand=quiet",
            "-XX:Tier4InvocationThreshold=20000",
            "-XX:Tier4MinInvocationThreshold=2400",
            "-XX:Tier4CompileThreshold=60000",
            "-XX:Tier4BackEdgeThreshold=160000",
            "-XX:CompileCommand=CompileThresholdScaling,org.lrcc.engine.*::*,0.25",
            "-XX:CompileCommand=CompileThresholdScaling,org.lrcc.engine.cpu.simd.*::*,0.025",
            "-XX:Tier3DelayOn=1000");

    private BenchMain() {}

    /** Takes JMH's arguments. */
    public static void main(String[] args) throws CommandLineOptionException, RunnerException {
        new Runner(options(new CommandLineOptions(args))).run();
    }

    static Options options(CommandLineOptions given) {
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given);
        if (!given.getParameter("row").hasValue()) {
            options.param("row", OpCases.all().stream().map(OpCase::name).toArray(String[]::new));
        }
        if (!given.getJvmArgsPrepend().hasValue()) {
            options.jvmArgsPrepend(JVM_FLAGS.toArray(String[]::new));
        }
        return options.build();
    }
}

package org.lrcc.bench;

import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs the benchmarks with JMH's command line; the rows of {@link OpBenchmark} are those of the case table unless {@code -p row=...} says which. */
public final class BenchMain {
    private BenchMain() {}

    /** Takes JMH's arguments. */
    public static void main(String[] args) throws CommandLineOptionException, RunnerException {
        CommandLineOptions given = new CommandLineOptions(args);
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given);
        if (!given.getParameter("row").hasValue()) {
            options.param("row", OpCases.all().stream().map(OpCase::name).toArray(String[]::new));
        }
        new Runner(options.build()).run();
    }
}

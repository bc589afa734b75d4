package org.lrcc.bench;

import java.util.concurrent.TimeUnit;
import org.lrcc.nn.network.Model;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Times a network of a layer or two as {@link LayerRun} runs it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public abstract class NetworkBenchmark {
    private LayerRun run;

    /** The network that the parameters name. */
    abstract Model model();

    /** Makes the network. */
    @Setup(Level.Trial)
    public void setUp() {
        run = new LayerRun(model());
    }

    /** Inference. */
    @Benchmark
    public void forward() {
        run.forward();
    }

    /** Forward and backward of a training step. */
    @Benchmark
    public void forwardAndBackward() {
        run.forwardAndBackward();
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        run.close();
    }
}

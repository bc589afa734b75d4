package org.lrcc.bench;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankPlan.Way;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.lowrank.PlanRun;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** ResNet18's convolutions in low rank by each plan, batch 8. {@link LowRankPlanTable} compares all of them in one process and says whether the cost model picks well. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LowRankPlanBenchmark {
    private static final int BATCH = 8;

    /** Channels in, out, size of the input, kernel, stride, padding. */
    @Param({
        "3 64 224 7 2 3",
        "64 64 56 3 1 1",
        "64 128 56 3 2 1",
        "64 128 56 1 2 0",
        "128 128 28 3 1 1",
        "128 256 28 3 2 1",
        "128 256 28 1 2 0",
        "256 256 14 3 1 1",
        "256 512 14 3 2 1",
        "256 512 14 1 2 0",
        "512 512 7 3 1 1"
    })
    public String layer = "";

    /** r{@code N} for a rank, otherwise the ratio. */
    @Param({"0.25", "0.05", "r4", "r8", "r16"})
    public String rank = "";

    /** How U·V is read. */
    @Param({"flat"})
    public String factors = "";

    /** What is run, see {@link LowRankRow.Kind}. */
    @Param({"forward", "step", "step_over_weight"})
    public String kind = "";

    /** Forward, input gradient, gradients of U and V: C for composed, F for factored, 1 for fused; or what the cost model chooses. */
    @Param({"chosen", "CCC", "CCF", "CC1", "CFC", "CFF", "CF1", "FCC", "FCF", "FC1", "FFC", "FFF", "FF1"})
    public String plan = "";

    private Kernels kernels;
    private PlanRun run;
    private LowRankPlan order;

    /** Makes the layer. */
    @Setup(Level.Trial)
    public void setUp() {
        kernels = Backends.get().open();
        LowRankRow row = new LowRankRow(
                layer,
                rank,
                Factors.valueOf(factors.toUpperCase(Locale.ROOT)),
                LowRankRow.Kind.valueOf(kind.toUpperCase(Locale.ROOT)));
        LowRankWork work = row.work(BATCH);
        order = plan.equals("chosen")
                ? work.choose(kernels.backend().costs())
                : new LowRankPlan(way(0), way(1), way(2));
        run = new PlanRun(kernels, work);
    }

    private Way way(int pass) {
        return switch (plan.charAt(pass)) {
            case 'C' -> Way.COMPOSED;
            case 'F' -> Way.FACTORED;
            default -> Way.FUSED;
        };
    }

    /** All wanted passes. */
    @Benchmark
    public void passes() {
        run.run(order);
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        run.close();
        kernels.close();
    }
}

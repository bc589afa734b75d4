package org.lrcc.lowrank;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.Kernels;

/**
 * What a low-rank convolution was measured to take by every plan: for listings and benchmarks; nothing is chosen by it.
 *
 * @param milliseconds of the wanted passes, by plan
 */
public record PlanTimes(Map<LowRankPlan, Double> milliseconds) {
    private static final int WARMUP = 3;

    /**
     * Runs the wanted passes {@code runs} times by each plan and takes the lower third's end: interruptions only ever add. Plans take turns, so that a change of the machine's speed meets
     * all alike.
     */
    public static PlanTimes measure(Kernels kernels, LowRankWork work, int runs) {
        List<LowRankPlan> plans = work.plans(kernels.backend().costs());
        double[][] times = new double[plans.size()][runs];
        try (PlanRun run = new PlanRun(kernels, work)) {
            for (int i = -WARMUP; i < runs; i++) {
                for (int j = 0; j < times.length; j++) {
                    long start = System.nanoTime();
                    run.run(plans.get(j));
                    times[j][Math.max(0, i)] = (System.nanoTime() - start) / 1e6;
                }
            }
        }
        Map<LowRankPlan, Double> result = new LinkedHashMap<>();
        for (int j = 0; j < times.length; j++) {
            Arrays.sort(times[j]);
            result.put(plans.get(j), times[j][runs / 3]);
        }
        return new PlanTimes(result);
    }

    /** Milliseconds of one of {@link LowRankWork#plans()}. */
    public double of(LowRankPlan plan) {
        return Objects.requireNonNull(milliseconds.get(plan), "every plan of the work was measured");
    }

    /** The fastest. */
    public LowRankPlan best() {
        return Collections.min(milliseconds.entrySet(), Map.Entry.comparingByValue())
                .getKey();
    }
}

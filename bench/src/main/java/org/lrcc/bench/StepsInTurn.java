package org.lrcc.bench;

import java.util.List;
import org.lrcc.bench.compare.Report;
import org.lrcc.nn.train.RepeatedStep;

/**
 * Training steps of several modes in turn, in one process: a neighbour who slows the machine down for some seconds slows all of them. Arguments: untimed steps of each, timed ones, and the modes, as
 * {@link StepBenchmark#mode} spells them. Prints a report of each mode.
 */
public final class StepsInTurn {
    private StepsInTurn() {}

    /** Measures. */
    public static void main(String[] args) {
        int warmup = Integer.parseInt(args[0]);
        int count = Integer.parseInt(args[1]);
        List<String> modes = List.of(args).subList(2, args.length);
        double[][] times = new double[modes.size()][count];
        List<RepeatedStep> steps = modes.stream().map(StepBenchmark::repeated).toList();
        for (int i = -warmup; i < count; i++) {
            for (int j = 0; j < times.length; j++) {
                // Backwards in every second round: a step leaves caches to the next.
                int m = i % 2 == 0 ? j : times.length - 1 - j;
                double time = Report.milliseconds(steps.get(m)::run);
                if (i >= 0) {
                    times[m][i] = time;
                }
            }
        }
        steps.forEach(RepeatedStep::close);
        for (int m = 0; m < times.length; m++) {
            Report.of(modes.get(m), times[m]).print();
        }
    }
}

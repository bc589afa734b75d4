package org.lrcc.bench;

import org.lrcc.bench.compare.Report;
import org.lrcc.nn.train.RepeatedStep;

/**
 * Training steps of two modes in turn, in one process: a neighbour who slows the machine down for some seconds slows both. Arguments: untimed steps of each, timed ones, and the mode that is held against {@code
 * full}, as {@link StepBenchmark#mode} spells it. Prints two reports, of the mode and of {@code full}.
 */
public final class StepsInTurn {
    private static final String PEER = "full";

    private StepsInTurn() {}

    /** Measures. */
    public static void main(String[] args) {
        int warmup = Integer.parseInt(args[0]);
        int steps = Integer.parseInt(args[1]);
        String mode = args[2];
        double[] ours = new double[steps];
        double[] peer = new double[steps];
        try (RepeatedStep first = StepBenchmark.repeated(mode);
                RepeatedStep second = StepBenchmark.repeated(PEER)) {
            for (int i = -warmup; i < steps; i++) {
                double one = Report.milliseconds(first::run);
                double two = Report.milliseconds(second::run);
                if (i >= 0) {
                    ours[i] = one;
                    peer[i] = two;
                }
            }
        }
        Report.of(mode, ours).print();
        Report.of(PEER, peer).print();
    }
}

package org.lrcc.lowrank;

import java.util.List;
import org.lrcc.engine.FailureException;

/** Sums the progress of work on many layers and passes it on; ends the work where the thread that began it is interrupted. */
final class Meter {
    private static final long INTERVAL_NANOS = 50_000_000;

    private final ConversionProgress progress;
    private final double total;
    private final Thread owner = Thread.currentThread();
    private double done;
    private long last = System.nanoTime();

    Meter(ConversionProgress progress, List<Decomposer.Job> jobs) {
        this.progress = progress;
        this.total = jobs.stream().mapToDouble(Decomposer.Job::cost).sum();
    }

    /** Hears how far one layer's work is. */
    Factorizer.Progress of(Decomposer.Job job) {
        double[] before = {0};
        return fraction -> {
            check();
            add(job.layer(), job.cost() * (fraction - before[0]), fraction >= 1);
            before[0] = fraction;
        };
    }

    /** Throws where the thread that began the work is interrupted. */
    void check() {
        if (owner.isInterrupted()) {
            throw new FailureException("decomposition: interrupted");
        }
    }

    private synchronized void add(String layer, double work, boolean ends) {
        done += work;
        long now = System.nanoTime();
        if (ends || now - last > INTERVAL_NANOS) {
            last = now;
            progress.at(layer, Math.min(1, done / total));
        }
    }
}

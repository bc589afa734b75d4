package org.lrcc.nn.optim;

import org.lrcc.engine.InputException;

/**
 * The learning rate over time, a function of the base rate and the place in the run alone: it has no state to save. With T units in all (epochs or
 * steps), of which the first W warm up, and u = t - W:
 *
 * <ul>
 *   <li>warm-up: the rate grows linearly from {@code warmupStart * base} at t = 0 to the base rate at t = W (torch's LinearLR)
 *   <li>constant: base
 *   <li>step: {@code base * gamma^(u / every)}, whole division (torch's StepLR)
 *   <li>cosine: {@code minimum + (base - minimum) (1 + cos(pi u / (T - W))) / 2} (torch's CosineAnnealingLR with T_max = T - W)
 * </ul>
 *
 * @param kind shape of the curve
 * @param gamma factor of each fall of a step schedule, above 0
 * @param every units between the falls of a step schedule, 1 or more
 * @param minimum where cosine ends, 0 or more
 * @param unit what t counts
 * @param warmup units of warm-up, 0 or more
 * @param warmupStart first factor of warm-up, in [0, 1]
 */
public record Schedule(Kind kind, double gamma, int every, double minimum, Unit unit, int warmup, double warmupStart) {
    /** Shapes of the curve. */
    public enum Kind {
        /** One rate. */
        CONSTANT,
        /** Falls by a factor every so often. */
        STEP,
        /** Half a cosine. */
        COSINE
    }

    /** When the rate changes. */
    public enum Unit {
        /** Before every step. */
        STEP,
        /** Before every epoch. */
        EPOCH
    }

    /** Checks the ranges. */
    public Schedule {
        Checks.positive("schedule: gamma", gamma);
        Checks.notNegative("schedule: minimum", minimum);
        if (every < 1) {
            throw new InputException("schedule: units between falls must be 1 or more: " + every);
        }
        if (warmup < 0) {
            throw new InputException("schedule: warm-up must be 0 or more: " + warmup);
        }
        if (!(warmupStart >= 0 && warmupStart <= 1)) {
            throw new InputException("schedule: warm-up's first factor must be in [0, 1]: " + warmupStart);
        }
    }

    /** One rate for the whole run. */
    public static Schedule constant() {
        return new Schedule(Kind.CONSTANT, 1, 1, 0, Unit.EPOCH, 0, 0);
    }

    /** Falls by {@code gamma} after every {@code every} epochs. */
    public static Schedule step(double gamma, int every) {
        return new Schedule(Kind.STEP, gamma, every, 0, Unit.EPOCH, 0, 0);
    }

    /** Half a cosine from the base rate to {@code minimum}, changing every epoch. */
    public static Schedule cosine(double minimum) {
        return new Schedule(Kind.COSINE, 1, 1, minimum, Unit.EPOCH, 0, 0);
    }

    /** This curve changing every epoch or every step; all its numbers then count those. */
    public Schedule per(Unit other) {
        return new Schedule(kind, gamma, every, minimum, other, warmup, warmupStart);
    }

    /** This curve after so many units of linear warm-up from {@code start} times the base rate. */
    public Schedule warmup(int units, double start) {
        return new Schedule(kind, gamma, every, minimum, unit, units, start);
    }

    /**
     * The learning rate of one step.
     *
     * @param base the base rate
     * @param epoch counts from 0
     * @param step over the whole run, counts from 0
     * @param epochs in the whole run
     * @param stepsPerEpoch steps of one epoch
     */
    public double rate(double base, int epoch, long step, int epochs, int stepsPerEpoch) {
        return switch (unit) {
            case EPOCH -> at(base, epoch, epochs);
            case STEP -> at(base, step, (long) epochs * stepsPerEpoch);
        };
    }

    private double at(double base, long t, long total) {
        if (t < warmup) {
            return base * (warmupStart + (1 - warmupStart) * t / warmup);
        }
        long u = t - warmup;
        return switch (kind) {
            case CONSTANT -> base;
            case STEP -> base * Math.pow(gamma, u / every);
            case COSINE -> minimum + (base - minimum) * (1 + Math.cos(Math.PI * u / Math.max(1, total - warmup))) / 2;
        };
    }
}

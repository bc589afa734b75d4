package org.lrcc.lowrank;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Scope;

/** Chooses ranks for goals that each layer reaches for itself: a residual, or a part of the spectrum's energy. */
final class RankChooser {
    /** Part of the rank that the search for a residual may leave it above the lowest, where the method is not the truncated SVD. */
    private static final int FINENESS = 32;
    /** Tolerance of the accelerated method while it searches: few of its iterations fit U and V, most anneal S. */
    private static final double ROUGH = 0.3;

    private final LowRankConfig config;
    private final Backend backend;
    private final List<Decomposer.Job> jobs;
    private final Meter meter;
    private final Factorizer exact;
    private final Factorizer rough;

    /** Chooses for these layers; the ranks in their problems count for nothing. */
    RankChooser(LowRankConfig config, Backend backend, List<Decomposer.Job> jobs, ConversionProgress progress) {
        // Of the ranks that are tried only the chosen one is worth keeping in a cache.
        this(config, backend, jobs, progress, Factorizers.uncached(config), rough(config));
    }

    /** With a method to search by, whose residuals are near those of the other. */
    RankChooser(
            LowRankConfig config,
            Backend backend,
            List<Decomposer.Job> jobs,
            ConversionProgress progress,
            Factorizer exact,
            Factorizer rough) {
        this.config = config;
        this.backend = backend;
        this.jobs = jobs;
        this.meter = new Meter(progress, jobs);
        this.exact = exact;
        this.rough = rough;
    }

    private static Factorizer rough(LowRankConfig config) {
        return Factorizers.uncached(config.tolerance() < ROUGH ? config.tolerance(ROUGH) : config);
    }

    /** The ranks by layer. */
    Map<String, Integer> ranks(RankGoal goal) {
        return switch (goal.kind()) {
            case ENERGY -> forEach((job, kernels, progress) -> rank(spectrum(job.problem(), kernels), goal.value()));
            case RESIDUAL -> forEach((job, kernels, progress) -> residual(job, kernels, goal.value(), progress));
            case PARAMS -> throw new IllegalArgumentException("a budget over all layers is no goal of one layer");
        };
    }

    /** Finds one layer's rank. */
    private interface Search {
        int rank(Decomposer.Job job, Kernels kernels, Factorizer.Progress progress);
    }

    private Map<String, Integer> forEach(Search search) {
        Map<String, Integer> found = new ConcurrentHashMap<>();
        LayerWork.run(backend, jobs, (job, kernels) -> {
            Factorizer.Progress progress = meter.of(job);
            found.put(job.layer(), Decomposer.named(job, () -> search.rank(job, kernels, progress)));
            progress.at(1);
        });
        Map<String, Integer> ranks = new LinkedHashMap<>();
        jobs.forEach(job -> ranks.put(job.layer(), Objects.requireNonNull(found.get(job.layer()))));
        return ranks;
    }

    /** The singular values, but for a factor. */
    private static double[] spectrum(Factorizer.Problem problem, Kernels kernels) {
        Factorizer.Problem p = Scaling.of(problem).problem();
        try (Scope scope = Scope.open()) {
            return kernels.linearAlgebra().singularValues(Matrices.of(kernels, p.matrix(), p.rows(), p.columns()));
        }
    }

    /** The lowest rank at which the singular values hold this part of the sum of squares. */
    private static int rank(double[] values, double part) {
        double total = 0;
        for (double value : values) {
            total += value * value;
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += values[i] * values[i];
            if (sum >= part * total) {
                return i + 1;
            }
        }
        return values.length;
    }

    /**
     * A rank whose decomposition keeps the residual. None below the one where the singular values' rest does can (Eckart and Young), and with the truncated SVD
     * that one does; another method's is searched above it with rough decompositions, in doubling steps and then between, to a {@link #FINENESS} of the
     * rank. Where the whole decomposition leaves more, the search goes on above with what the rough ones leave times the quotient of the two there: the
     * accelerated method's changes slowly with the rank (1.15 to 1.25 over the demo's layers of 384 channels), so that two or three whole decompositions do.
     * Over a base weight, where nothing is decomposed, the singular values' rank counts.
     */
    private int residual(Decomposer.Job job, Kernels kernels, double target, Factorizer.Progress progress) {
        int limit = Math.min(job.problem().rows(), job.problem().columns());
        // A little below the bound, which single precision blurs.
        int bound = rank(spectrum(job.problem(), kernels), (1 - target * target) * (1 - 1e-6));
        if (!config.mode().decomposes()) {
            return bound;
        }
        Map<Integer, Double> tried = new HashMap<>();
        IntToDoubleFunction roughly = r -> tried.computeIfAbsent(r, any -> residualAt(rough, job, kernels, r));
        boolean svd = exact.name().equals(SvdFactorizer.NAME);
        int rank = svd ? bound : search(bound, limit, r -> roughly.applyAsDouble(r) <= target, progress);
        // Doubling steps bound the number of whole decompositions where the quotient misleads.
        int step = Math.max(1, rank / FINENESS);
        double reached;
        while ((reached = residualAt(exact, job, kernels, rank)) > target) {
            if (rank == limit) {
                throw new InputException("target residual " + target + " cannot be met: at rank " + limit
                        + ", the highest, it comes to " + reached);
            }
            double quotient = reached / roughly.applyAsDouble(rank);
            // By half at most, in case the quotient falls as the rank rises.
            rank = search(
                    Math.min(limit, rank + step),
                    Math.min(limit, rank + Math.max(step, rank / 2)),
                    r -> roughly.applyAsDouble(r) * quotient <= target,
                    fraction -> meter.check());
            step *= 2;
        }
        return rank;
    }

    /** A rank that does what is wanted, at most a {@link #FINENESS} of it above one that does not; the limit where none below does. */
    private static int search(int bound, int limit, IntPredicate does, Factorizer.Progress progress) {
        int low = bound - 1;
        int rank = bound;
        int step = Math.max(1, bound / 8);
        int trials = 0;
        while (rank < limit && !does.test(rank)) {
            // Nobody knows how many more: each trial is half of what is left.
            progress.at(1 - Math.pow(0.5, ++trials));
            low = rank;
            rank = Math.min(limit, rank + step);
            step *= 2;
        }
        while (rank - low > Math.max(1, rank / FINENESS)) {
            progress.at(1 - Math.pow(0.5, ++trials));
            int middle = (low + rank) >>> 1;
            if (does.test(middle)) {
                rank = middle;
            } else {
                low = middle;
            }
        }
        return rank;
    }

    private double residualAt(Factorizer factorizer, Decomposer.Job job, Kernels kernels, int rank) {
        return factorizer
                .factorize(job.problem().withRank(rank), kernels, fraction -> meter.check())
                .residual();
    }
}

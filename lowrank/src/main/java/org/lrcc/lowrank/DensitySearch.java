package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/**
 * Decompositions with a given density of S. The threshold belongs to the result, so it is found in rounds: the one that gives the density to the truncated SVD's
 * remainder, then the one that gives it to that decomposition's, until it stays. Then S is cut to the very density.
 */
final class DensitySearch {
    private static final int ROUNDS = 4;
    /** A threshold that moves by less than this part stays. */
    private static final double STILL = 0.03;

    private final Density density;

    DensitySearch(Density density) {
        this.density = density;
    }

    /** The decompositions of the last round; their S is cut by {@link #cut}. */
    Map<String, Decomposer.Result> run(
            Factorizer factorizer, Backend backend, ConversionProgress progress, List<Decomposer.Job> jobs) {
        boolean svd = factorizer.name().equals(SvdFactorizer.NAME);
        ConversionProgress first = svd ? progress : ConversionProgress.NONE;
        Map<String, Decomposer.Result> results =
                new Decomposer(svd ? factorizer : new SvdFactorizer(), backend, first, jobs).run();
        if (svd) {
            return results;
        }
        Map<String, Double> thresholds = thresholds(backend, results);
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Decomposer.Job> next = with(jobs, thresholds);
            int number = round;
            ConversionProgress part = (layer, fraction) -> progress.at(layer, (number + fraction) / ROUNDS);
            results = new Decomposer(factorizer, backend, part, next).run();
            results.forEach((name, result) -> seconds.merge(name, result.seconds(), Double::sum));
            Map<String, Double> found = thresholds(backend, results);
            boolean still = found.entrySet().stream()
                    .allMatch(e ->
                            Math.abs(e.getValue() / Objects.requireNonNull(thresholds.get(e.getKey())) - 1) < STILL);
            thresholds.putAll(found);
            if (still) {
                break;
            }
        }
        results.replaceAll((name, result) ->
                new Decomposer.Result(result.factorization(), Objects.requireNonNull(seconds.get(name))));
        return results;
    }

    /** The decompositions with S of the very density (more only where magnitudes are equal). */
    Map<String, Decomposer.Result> cut(Backend backend, Map<String, Decomposer.Result> results) {
        Map<String, Double> thresholds = thresholds(backend, results);
        Map<String, Decomposer.Result> changed = new LinkedHashMap<>();
        results.forEach((name, result) -> {
            double threshold = Objects.requireNonNull(thresholds.get(name));
            changed.put(name, new Decomposer.Result(result.factorization().split(threshold), result.seconds()));
        });
        return changed;
    }

    private static List<Decomposer.Job> with(List<Decomposer.Job> jobs, Map<String, Double> thresholds) {
        List<Decomposer.Job> changed = new ArrayList<>();
        for (Decomposer.Job job : jobs) {
            double lambda = Objects.requireNonNull(thresholds.get(job.layer()));
            changed.add(new Decomposer.Job(job.layer(), job.problem().withLambda(lambda)));
        }
        return changed;
    }

    /** By layer the least magnitude that S holds. */
    private Map<String, Double> thresholds(Backend backend, Map<String, Decomposer.Result> results) {
        Map<String, Double> thresholds = new LinkedHashMap<>();
        try (Kernels kernels = backend.open()) {
            if (density.global()) {
                double one = threshold(
                        kernels,
                        results.values().stream()
                                .map(result -> result.factorization().rest())
                                .toList());
                results.keySet().forEach(name -> thresholds.put(name, one));
            } else {
                results.forEach((name, result) -> thresholds.put(
                        name, threshold(kernels, List.of(result.factorization().rest()))));
            }
        }
        return thresholds;
    }

    private double threshold(Kernels kernels, List<float[]> values) {
        try (Magnitudes magnitudes = new Magnitudes(kernels, values)) {
            return magnitudes.threshold(density.value());
        }
    }
}

package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.lrcc.engine.spi.Backend;

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
        Map<String, Double> thresholds = thresholds(results);
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Decomposer.Job> next = with(jobs, thresholds);
            int number = round;
            ConversionProgress part = (layer, fraction) -> progress.at(layer, (number + fraction) / ROUNDS);
            results = new Decomposer(factorizer, backend, part, next).run();
            results.forEach((name, result) -> seconds.merge(name, result.seconds(), Double::sum));
            Map<String, Double> found = thresholds(results);
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
    Map<String, Decomposer.Result> cut(Map<String, Decomposer.Result> results) {
        Map<String, Double> thresholds = thresholds(results);
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
    private Map<String, Double> thresholds(Map<String, Decomposer.Result> results) {
        Map<String, Double> thresholds = new LinkedHashMap<>();
        if (density.global()) {
            double one = threshold(results.values().stream()
                    .map(Decomposer.Result::factorization)
                    .toList());
            results.keySet().forEach(name -> thresholds.put(name, one));
        } else {
            results.forEach((name, result) -> thresholds.put(name, threshold(List.of(result.factorization()))));
        }
        return thresholds;
    }

    private double threshold(List<Factorization> parts) {
        int total = parts.stream().mapToInt(f -> f.s().length).reduce(0, Math::addExact);
        float[] magnitudes = new float[total];
        int at = 0;
        for (Factorization f : parts) {
            for (int i = 0; i < f.s().length; i++) {
                magnitudes[at++] = Math.abs(f.s()[i] + f.noise()[i]);
            }
        }
        return threshold(magnitudes, density.value());
    }

    /** A threshold that the {@code density} largest of the values reach, which are sorted; in the middle of the gap below them. Above 0. */
    static double threshold(float[] magnitudes, double density) {
        int count = magnitudes.length;
        Arrays.parallelSort(magnitudes);
        int on = (int) Math.min(count - 1, Math.round(density * count));
        float least = on <= 0 ? count == 0 ? 0 : Math.nextUp(magnitudes[count - 1]) : magnitudes[count - on];
        float below = on <= 0 ? 0 : magnitudes[count - on - 1];
        // Where outliers stand apart, a threshold at the least of them would draw U·V towards it.
        float middle = (float) Math.sqrt((double) least * Math.max(below, 1e-3 * least));
        return Math.max(on > 0 && middle > below ? middle : least, Float.MIN_NORMAL);
    }
}

package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.linalg.TruncatedSvd;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Tensor;

/**
 * Deals one budget of parameters out over all layers. For some ranks of each layer it measures F and the elements of U, V and S on the truncated SVD; the ranks
 * taken minimise the sum of F plus a price per parameter, the price being the lowest that keeps the budget: at the margin a parameter then lowers F by the same
 * everywhere. What is left over goes where it gains most.
 *
 * <p>A decomposition's S is not the truncated SVD's, so the ranks are an estimate: {@link #exceededBy} learns from those that came to too much how many entries the
 * method's S has, layer by layer. A target is refused only after {@link LeastParameters} looked for the ranks of the least, and with the least that any came to.
 */
final class ParameterBudget {
    /** Ratio of neighbouring ranks that are measured. */
    private static final double GRID = 1.2;

    private static final int ATTEMPTS = 3;
    /** By how much S is taken to have more or fewer entries than the truncated SVD's, at most: beyond, a single rank tells too little about the others. */
    private static final double MOST = 8;

    private final LowRankConfig config;
    private final long target;
    private final Map<String, Curve> curves = new LinkedHashMap<>();
    private final Map<String, Curve> estimates;
    private @Nullable LeastParameters search;
    private double budget;
    private int attempts;
    private long smallest = Long.MAX_VALUE;

    /**
     * What one layer's ranks bring.
     *
     * @param entries of the truncated SVD's S
     * @param perRank elements of U and V for each rank
     * @param factor by how much more entries S has than the truncated SVD's
     */
    private record Curve(int[] ranks, double[] objective, double[] entries, int perRank, double factor) {
        double parameters(int i) {
            return (double) ranks[i] * perRank + factor * entries[i];
        }

        int best(double price) {
            int best = 0;
            for (int i = 1; i < ranks.length; i++) {
                if (objective[i] + price * parameters(i) < objective[best] + price * parameters(best)) {
                    best = i;
                }
            }
            return best;
        }

        int cheapest() {
            int best = 0;
            for (int i = 1; i < ranks.length; i++) {
                best = parameters(i) < parameters(best) ? i : best;
            }
            return best;
        }

        /** With the factor that S of this many entries at this rank tells. */
        Curve learned(int rank, int found) {
            int i = 0;
            while (i + 2 < ranks.length && ranks[i + 1] <= rank) {
                i++;
            }
            double expected = entries[i];
            if (ranks.length > 1) {
                expected += (entries[i + 1] - entries[i]) * (rank - ranks[i]) / (ranks[i + 1] - ranks[i]);
            }
            double ratio = (found + 1) / (Math.max(0, expected) + 1);
            return new Curve(ranks, objective, entries, perRank, Math.min(MOST, Math.max(1 / MOST, ratio)));
        }
    }

    ParameterBudget(
            LowRankConfig config,
            Backend backend,
            long target,
            List<Decomposer.Job> jobs,
            ConversionProgress progress) {
        this.config = config;
        this.target = target;
        this.budget = target;
        Map<String, Curve> found = new ConcurrentHashMap<>();
        Meter meter = new Meter(progress, jobs);
        LayerWork.run(backend, jobs, (job, kernels) -> {
            meter.check();
            found.put(job.layer(), Decomposer.named(job, () -> curve(job.problem(), kernels)));
            meter.of(job).at(1);
        });
        jobs.forEach(job -> curves.put(job.layer(), Objects.requireNonNull(found.get(job.layer()))));
        this.estimates = Map.copyOf(curves);
    }

    private Curve curve(Factorizer.Problem p, Kernels kernels) {
        int rows = p.rows();
        int columns = p.columns();
        // Beyond this rank U and V are larger than W.
        int limit = Math.max(1, (int) ((long) rows * columns / (rows + columns)));
        TruncatedSvd svd;
        try (Scope scope = Scope.open()) {
            Tensor w = Matrices.of(kernels, p.matrix(), rows, columns);
            svd = TruncatedSvd.of(kernels, w, limit, 1e-4, p.seed() ^ p.stream());
        }
        List<Integer> ranks = new ArrayList<>();
        for (int r = 1; r < limit; r = Math.max(r + 1, (int) (r * GRID))) {
            ranks.add(r);
        }
        ranks.add(limit);
        Curve curve = new Curve(
                ranks.stream().mapToInt(r -> r).toArray(),
                new double[ranks.size()],
                new double[ranks.size()],
                rows + columns,
                1);
        float[] product = new float[rows * columns];
        int from = 0;
        for (int i = 0; i < curve.ranks().length; i++) {
            int to = curve.ranks()[i];
            float[] part = part(kernels, svd, rows, columns, from, to);
            for (int j = 0; j < product.length; j++) {
                product[j] += part[j];
            }
            measure(p, product, kernels, curve, i);
            from = to;
        }
        return curve;
    }

    /** What the singular vectors {@code from} to {@code to} add to the product. */
    private static float[] part(Kernels kernels, TruncatedSvd svd, int rows, int columns, int from, int to) {
        int count = to - from;
        float[] u = new float[rows * count];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < count; j++) {
                u[i * count + j] = (float) (svd.u()[i * svd.rank() + from + j] * svd.values()[from + j]);
            }
        }
        float[] v = new float[count * columns];
        System.arraycopy(svd.v(), from * columns, v, 0, v.length);
        return Matrices.product(kernels, u, v, rows, count, columns);
    }

    private void measure(Factorizer.Problem p, float[] product, Kernels kernels, Curve curve, int at) {
        boolean sparse = config.mode().decomposes() && !config.noSparse();
        double lambda = sparse ? threshold(p, product, kernels) : Double.POSITIVE_INFINITY;
        double objective = 0;
        int entries = 0;
        for (int i = 0; i < product.length; i++) {
            double e = Math.abs((double) p.matrix()[i] - product[i]);
            entries += e >= lambda ? 1 : 0;
            objective += Math.min(e * e, lambda * lambda);
        }
        curve.objective()[at] = objective;
        curve.entries()[at] = entries;
    }

    private double threshold(Factorizer.Problem p, float[] product, Kernels kernels) {
        Density density = config.density();
        if (density == null) {
            return p.lambda();
        }
        float[] deviations = new float[product.length];
        for (int i = 0; i < product.length; i++) {
            deviations[i] = p.matrix()[i] - product[i];
        }
        try (Magnitudes magnitudes = new Magnitudes(kernels, List.of(deviations))) {
            return magnitudes.threshold(density.value());
        }
    }

    /**
     * The ranks by layer to decompose with next.
     *
     * @throws InputException where none are left
     */
    Map<String, Integer> ranks() {
        if (search == null) {
            double least = 0;
            for (Curve curve : curves.values()) {
                least += curve.parameters(curve.cheapest());
            }
            if (!config.mode().decomposes() && least > target) {
                // Without S the curves hold what it comes to, not an estimate.
                throw unmet(Math.round(least));
            }
            if (least <= budget && attempts < ATTEMPTS) {
                return within();
            }
            search = leastParameters();
        }
        Map<String, Integer> next = search.next(target);
        if (next == null) {
            throw unmet(smallest);
        }
        return next;
    }

    /** From what the truncated SVD says, whatever was learned since: so the search is the same for any target. */
    private LeastParameters leastParameters() {
        LeastParameters least = new LeastParameters();
        curves.keySet().forEach(name -> {
            Curve curve = Objects.requireNonNull(estimates.get(name));
            int[] ranks = curve.ranks();
            least.add(name, ranks[curve.cheapest()], ranks[ranks.length - 1]);
        });
        return least;
    }

    /** The best ranks that keep the budget, which some do. */
    private Map<String, Integer> within() {
        Map<String, Integer> chosen = new LinkedHashMap<>();
        double low = 0;
        double high = 1;
        while (cost(high) > budget) {
            high *= 2;
            if (high > 1e30) {
                curves.forEach((name, curve) -> chosen.put(name, curve.ranks()[curve.cheapest()]));
                return chosen;
            }
        }
        for (int i = 0; i < 100; i++) {
            double middle = low == 0 && high > 1e-30 ? high / 4 : (low + high) / 2;
            if (cost(middle) > budget) {
                low = middle;
            } else {
                high = middle;
            }
        }
        double price = high;
        Map<String, Integer> at = new LinkedHashMap<>();
        curves.forEach((name, curve) -> at.put(name, curve.best(price)));
        return fill(at, budget - cost(price));
    }

    private double cost(double price) {
        double sum = 0;
        for (Curve curve : curves.values()) {
            sum += curve.parameters(curve.best(price));
        }
        return sum;
    }

    /** From positions on the curves to ranks, with what is left spent where it lowers F most. */
    private Map<String, Integer> fill(Map<String, Integer> at, double left) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        List<Map.Entry<String, Double>> gains = new ArrayList<>();
        at.forEach((name, i) -> {
            Curve curve = Objects.requireNonNull(curves.get(name));
            ranks.put(name, curve.ranks()[i]);
            if (i + 1 < curve.ranks().length && curve.parameters(i + 1) > curve.parameters(i)) {
                double gain = curve.objective()[i] - curve.objective()[i + 1];
                gains.add(Map.entry(name, gain / (curve.parameters(i + 1) - curve.parameters(i))));
            }
        });
        gains.sort(Map.Entry.<String, Double>comparingByValue().reversed());
        for (Map.Entry<String, Double> gain : gains) {
            Curve curve = Objects.requireNonNull(curves.get(gain.getKey()));
            int i = Objects.requireNonNull(at.get(gain.getKey()));
            double each = (curve.parameters(i + 1) - curve.parameters(i)) / (curve.ranks()[i + 1] - curve.ranks()[i]);
            int more = (int) Math.min(curve.ranks()[i + 1] - curve.ranks()[i], Math.floor(left / each));
            ranks.merge(gain.getKey(), more, Integer::sum);
            left -= more * each;
        }
        return ranks;
    }

    /** Elements of U, V and S. */
    static long parameters(Factorization f) {
        return (long) f.u().length + f.v().length + f.entries();
    }

    /** Hears what the ranks came to; true where that is too much, and {@link #ranks} then has others. */
    boolean exceededBy(Map<String, Decomposer.Result> results) {
        long parameters = results.values().stream()
                .mapToLong(result -> parameters(result.factorization()))
                .sum();
        if (parameters <= target) {
            return false;
        }
        smallest = Math.min(smallest, parameters);
        if (search != null) {
            search.learn(results);
            return true;
        }
        if (++attempts > 1) {
            // What one rank tells about the others is too little still.
            budget -= (parameters - target) * 1.1;
        }
        results.forEach((name, result) -> {
            Factorization f = result.factorization();
            curves.computeIfPresent(name, (key, curve) -> curve.learned(f.rank(), f.entries()));
        });
        return true;
    }

    private InputException unmet(long reached) {
        return new InputException(
                "target params " + target + " cannot be met: with the lowest ranks that help it comes to " + reached);
    }
}

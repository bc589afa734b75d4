package org.lrcc.engine.op;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.op.LowRankPlan.Way;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.spi.LowRankGradients;
import org.lrcc.engine.tensor.Shape;

/**
 * What a low-rank convolution has to compute, and what that is predicted to take by each {@link LowRankPlan}: operations, floats moved and the backend's measured rates
 * ({@link KernelCosts}), never a measurement at run time. What two passes share (the composed weight, the values between the two convolutions) is counted once.
 *
 * @param x input [N, C, H, W]
 * @param out channels out
 * @param kernel rows and columns of the kernel
 * @param rank r
 * @param geometry how it walks
 * @param factors how U·V is read
 * @param rest whether a dense weight is added to U·V
 * @param wantsX whether x's gradient is wanted; likewise U's, V's and the rest's
 */
public record LowRankWork(
        Shape x,
        int out,
        int kernel,
        int rank,
        ConvGeometry geometry,
        Factors factors,
        boolean rest,
        boolean wantsX,
        boolean wantsU,
        boolean wantsV,
        boolean wantsRest) {
    private static final int MAX_CACHED = 4096;
    private static final ConcurrentHashMap<Key, LowRankPlan> CHOSEN = new ConcurrentHashMap<>();

    /**
     * What is asked for in each pass of each layer. A record's own equality goes through method handles, which a step is too rare to make hot: so this, the work and {@link ConvGeometry} spell theirs out. A question takes
     * 5 us so and took 40 (bench/results/rank8-parts-2026-12-01.md).
     */
    private record Key(KernelCosts costs, LowRankWork work) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && work.equals(key.work) && (costs == key.costs || costs.equals(key.costs));
        }

        @Override
        public int hashCode() {
            return work.hashCode();
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LowRankWork w
                && x.equals(w.x)
                && out == w.out
                && kernel == w.kernel
                && rank == w.rank
                && geometry.equals(w.geometry)
                && factors == w.factors
                && rest == w.rest
                && wantsX == w.wantsX
                && wantsU == w.wantsU
                && wantsV == w.wantsV
                && wantsRest == w.wantsRest;
    }

    @Override
    public int hashCode() {
        return ((31 * x.hashCode() + out) * 31 + kernel) * 31 + rank;
    }

    private int in() {
        return x.size(1);
    }

    private Shape weight() {
        return Shape.of(out, in(), kernel, kernel);
    }

    private Shape first() {
        return factors.firstShape(in(), kernel, rank);
    }

    private Shape second() {
        return factors.secondShape(out, kernel, rank);
    }

    private Shape between() {
        return factors.first(geometry).infer(x, first());
    }

    /** Whether a parameter's gradient is wanted. */
    public boolean wantsParameters() {
        return wantsU || wantsV || wantsRest;
    }

    /** A plan of which passes that are not wanted, or have no choice, go the composed way. */
    public LowRankPlan canonical(LowRankPlan plan) {
        return new LowRankPlan(
                plan.forward(),
                wantsX ? plan.inputGradient() : Way.COMPOSED,
                (wantsU || wantsV) && !wantsRest ? plan.parameterGradient() : Way.COMPOSED);
    }

    /** The plans that a backend of these costs can run and that differ in a wanted pass. */
    public List<LowRankPlan> plans(KernelCosts costs) {
        boolean fuses = fuses(costs);
        return LowRankPlan.all().stream()
                .filter(plan -> plan.equals(canonical(plan)))
                .filter(plan -> fuses || plan.parameterGradient() != Way.FUSED)
                .toList();
    }

    /** Predicted nanoseconds of each of {@link #plans}. */
    public Map<LowRankPlan, Double> nanos(KernelCosts costs) {
        Map<LowRankPlan, Double> nanos = new LinkedHashMap<>();
        plans(costs).forEach(plan -> nanos.put(plan, nanos(plan, costs)));
        return nanos;
    }

    /** The plan of least predicted cost; of equal ones the first. A wanted gradient of the rest is that of the composed weight. */
    public LowRankPlan choose(KernelCosts costs) {
        Key key = new Key(costs, this);
        LowRankPlan known = CHOSEN.get(key);
        if (known == null) {
            known = plans(costs).stream()
                    .min(Comparator.comparingDouble(plan -> nanos(plan, costs)))
                    .orElseThrow();
            if (CHOSEN.size() >= MAX_CACHED) {
                CHOSEN.clear();
            }
            CHOSEN.put(key, known);
        }
        return known;
    }

    /** What {@link LowRankGradients} has to compute; null for factors that it does not know. */
    LowRankGradients.@Nullable Problem fused() {
        int blocks = factors.blocks(kernel);
        return blocks == 0 ? null : new LowRankGradients.Problem(x, out, kernel, rank, blocks, geometry);
    }

    private double fusedNanos(KernelCosts costs) {
        LowRankGradients.Problem problem = fused();
        return problem == null ? Double.POSITIVE_INFINITY : costs.lowRankGradients(problem, wantsU, wantsV);
    }

    /** Whether a backend of these costs fuses the gradients of U and V of this work. */
    boolean fuses(KernelCosts costs) {
        return fusedNanos(costs) < Double.POSITIVE_INFINITY;
    }

    /** Predicted nanoseconds of all wanted passes. */
    public double nanos(LowRankPlan plan, KernelCosts costs) {
        boolean composes = plan.forward() == Way.COMPOSED || (wantsX && plan.inputGradient() == Way.COMPOSED);
        boolean factorsX = wantsX && plan.inputGradient() == Way.FACTORED;
        boolean factorsGradients = wantsParameters() && plan.parameterGradient() == Way.FACTORED;
        double sum = composes ? compose(costs) : 0;
        if (plan.forward() == Way.FACTORED || factorsX || factorsGradients) {
            sum += costs.move(2L * first().elements());
        }
        if (plan.forward() == Way.FACTORED || (factorsGradients && wantsU)) {
            sum += costs.conv2d(ConvPass.FORWARD, x, first(), factors.first(geometry));
        }
        if (factorsX || (factorsGradients && wantsV)) {
            sum += costs.conv2d(ConvPass.INPUT_GRADIENT, between(), second(), factors.second(geometry));
        }
        sum += plan.forward() == Way.COMPOSED
                ? costs.conv2d(ConvPass.FORWARD, x, weight(), geometry)
                : factoredForward(costs);
        if (wantsX) {
            sum += factorsX ? factoredInput(costs) : costs.conv2d(ConvPass.INPUT_GRADIENT, x, weight(), geometry);
        }
        if (!wantsParameters()) {
            return sum;
        }
        return sum
                + switch (plan.parameterGradient()) {
                    case COMPOSED -> projected(costs);
                    case FACTORED -> factoredGradients(costs);
                    case FUSED -> fusedNanos(costs);
                };
    }

    private double compose(KernelCosts costs) {
        int rows = factors.rows(out, kernel);
        int columns = factors.columns(in(), kernel);
        long floats = weight().elements();
        return costs.gemm(rows, columns, rank)
                + costs.move((rest ? 2 * floats : 0) + (factors == Factors.SEPARABLE ? 2 * floats : 0));
    }

    private double factoredForward(KernelCosts costs) {
        double second = costs.conv2d(ConvPass.FORWARD, between(), second(), factors.second(geometry));
        return rest
                ? second
                        + costs.conv2d(ConvPass.FORWARD, x, weight(), geometry)
                        + costs.move(geometry.infer(x, weight()).elements())
                : second;
    }

    private double factoredInput(KernelCosts costs) {
        double first = costs.conv2d(ConvPass.INPUT_GRADIENT, x, first(), factors.first(geometry));
        return rest
                ? first + costs.conv2d(ConvPass.INPUT_GRADIENT, x, weight(), geometry) + costs.move(3L * x.elements())
                : first;
    }

    private double factoredGradients(KernelCosts costs) {
        return (wantsU ? costs.conv2d(ConvPass.WEIGHT_GRADIENT, between(), second(), factors.second(geometry)) : 0)
                + (wantsV ? costs.conv2d(ConvPass.WEIGHT_GRADIENT, x, first(), factors.first(geometry)) : 0);
    }

    private double projected(KernelCosts costs) {
        int rows = factors.rows(out, kernel);
        int columns = factors.columns(in(), kernel);
        return costs.conv2d(ConvPass.WEIGHT_GRADIENT, x, weight(), geometry)
                + costs.move(factors == Factors.SEPARABLE ? 2L * weight().elements() : 0)
                + (wantsU ? costs.gemm(rows, rank, columns) : 0)
                + (wantsV ? costs.gemm(rank, columns, rows) : 0);
    }
}

package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.LowRankGradients;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** {@link RowWinogradFactors}, {@link StripFactors} or {@link FactorGradients} on tensors, as {@link CpuCosts#factors} chooses. */
final class CpuLowRankGradients implements LowRankGradients {
    private static final Floats NOTHING = new Floats(new float[0], 0);

    private final FactorGradients gradients;
    private final RowWinogradFactors rows;
    private final StripFactors strips;
    private final CpuCosts costs;

    /**
     * On a pool.
     *
     * @param costs decide between them
     */
    CpuLowRankGradients(ThreadPool pool, Tiles tiles, RankTiles ranks, CpuCosts costs) {
        gradients = new FactorGradients(pool, tiles);
        rows = new RowWinogradFactors(pool, tiles, ranks);
        strips = new StripFactors(pool, tiles, ranks);
        this.costs = costs;
    }

    static ConvShape shape(Problem p) {
        Shape weight = Shape.of(p.out(), p.x().size(1), p.kernel(), p.kernel());
        return ConvShape.of(p.x(), weight, p.geometry());
    }

    @Override
    public void run(
            Problem problem,
            Tensor x,
            Tensor dy,
            @Nullable Tensor u,
            @Nullable Tensor v,
            double scale,
            @Nullable Tensor du,
            @Nullable Tensor dv) {
        Floats in = Floats.of(x);
        Floats gradient = Floats.of(dy);
        Floats left = u == null ? NOTHING : Floats.of(u);
        Floats right = v == null ? NOTHING : Floats.of(v);
        FactorGradients.Operands operands = new FactorGradients.Operands(
                in.array(),
                in.offset(),
                gradient.array(),
                gradient.offset(),
                left.array(),
                left.offset(),
                right.array(),
                right.offset(),
                (float) scale);
        ConvShape s = shape(problem);
        if (du == null && dv == null) {
            return;
        }
        FactorGradients.Target toU = target(du);
        FactorGradients.Target toV = target(dv);
        FactorChoice choice = costs.factors(s, problem.rank(), problem.blocks(), toU != null, toV != null);
        if (choice instanceof FactorChoice.Strips chosen) {
            strips.run(chosen.layout(), operands, toU, toV);
        } else if (choice instanceof FactorChoice.Rows chosen) {
            rows.run(chosen.layout(), operands, toU, toV);
        } else {
            gradients.run(s, problem.rank(), problem.blocks(), operands, toU, toV);
        }
    }

    private static FactorGradients.@Nullable Target target(@Nullable Tensor tensor) {
        Floats floats = Floats.ofNullable(tensor);
        return floats == null ? null : new FactorGradients.Target(floats.array(), floats.offset());
    }
}

package org.lrcc.engine.contract;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.LowRankConv2d;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.MaskSparse;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;

/** Rows of low-rank convolutions: every layout by every plan, over kernels, strides and paddings. */
final class LowRankCases {
    private LowRankCases() {}

    static void addTo(List<OpCase> rows) {
        ConvGeometry same = ConvGeometry.of(1, 1);
        ConvGeometry skewed = new ConvGeometry(2, 1, 1, 0, 0, 2, 1, 2, 1);
        for (Factors factors : Factors.values()) {
            for (LowRankPlan plan : LowRankPlan.all()) {
                rows.add(conv(new int[] {2, 2, 4, 5}, 3, 3, 2, same, factors, plan, 1, false, false));
                rows.add(conv(new int[] {1, 2, 5, 5}, 3, 3, 2, skewed, factors, plan, -0.7, true, false));
            }
            for (LowRankPlan.Way way : LowRankPlan.Way.values()) {
                LowRankPlan plan = new LowRankPlan(
                        way == LowRankPlan.Way.FUSED ? LowRankPlan.Way.COMPOSED : way,
                        way == LowRankPlan.Way.FUSED ? LowRankPlan.Way.COMPOSED : way,
                        way);
                rows.add(conv(new int[] {2, 3, 5, 3}, 4, 1, 2, ConvGeometry.of(2, 0), factors, plan, 2, true, false));
                rows.add(conv(new int[] {1, 3, 1, 1}, 2, 3, 1, same, factors, plan, 1, true, false));
                rows.add(conv(new int[] {1, 3, 7, 6}, 2, 5, 2, ConvGeometry.of(2, 2), factors, plan, 1, false, false));
                rows.add(conv(new int[] {2, 37, 9, 11}, 65, 3, 9, same, factors, plan, 0.5, true, false)
                        .asLarge());
                rows.add(conv(new int[] {1, 3, 31, 33}, 33, 7, 5, ConvGeometry.of(2, 3), factors, plan, 1, false, false)
                        .asLarge());
            }
            fusedBorders(rows, factors);
            rows.add(conv(new int[] {2, 2, 4, 5}, 3, 3, 2, same, factors, null, 1, true, false));
            rows.add(conv(new int[] {2, 2, 4, 5}, 3, 3, 2, same, factors, null, 1.5, true, true));
        }
        for (int[] shape : new int[][] {{6, 5, 3, 3}, {1}, {37, 33}}) {
            OpCase row = OpCase.of("maskSparse " + Shape.of(shape), new MaskSparse())
                    .input(shape)
                    .whole(DType.U8, Fill.MASK, shape);
            rows.add(row);
            rows.add(OpCase.of(row.name() + " noise", new MaskSparse())
                    .input(shape)
                    .whole(DType.U8, Fill.MASK, shape)
                    .input(shape));
        }
    }

    /** Ranks that do not divide a panel, whose taps then begin within one, and rows of pixels that lie wholly in a wide padding. */
    private static void fusedBorders(List<OpCase> rows, Factors factors) {
        LowRankPlan plan = new LowRankPlan(LowRankPlan.Way.COMPOSED, LowRankPlan.Way.COMPOSED, LowRankPlan.Way.FUSED);
        ConvGeometry wide = ConvGeometry.of(1, 2);
        for (int rank : new int[] {3, 7, 8, 15, 20, 28, 40}) {
            rows.add(conv(new int[] {2, 33, 6, 7}, 33, 3, rank, ConvGeometry.of(1, 1), factors, plan, 1, true, false)
                    .asLarge());
        }
        for (int rank : new int[] {1, 7, 15, 28}) {
            rows.add(conv(new int[] {2, 33, 12, 13}, 33, 3, rank, ConvGeometry.of(2, 1), factors, plan, 1, true, false)
                    .asLarge());
        }
        rows.add(conv(new int[] {2, 33, 6, 7}, 33, 5, 21, wide, factors, plan, 1, true, false)
                .asLarge());
        // Several chunks of rows in an image, rows that are whole tiles and rows that are not, and every padding.
        for (int padding = 0; padding <= 2; padding++) {
            ConvGeometry g = ConvGeometry.of(1, padding);
            rows.add(conv(new int[] {1, 7, 41 + padding, 12}, 13, 3, 8, g, factors, plan, -1.5, true, false)
                    .asLarge());
            rows.add(conv(new int[] {1, 7, 41 + padding, 13}, 13, 3, 24, g, factors, plan, 1, true, false)
                    .asLarge());
        }
        ConvGeometry uneven = new ConvGeometry(1, 1, 2, 0, 0, 2, 1, 1, 1);
        rows.add(conv(new int[] {2, 3, 5, 9}, 4, 3, 3, uneven, factors, plan, 1, true, false));
        rows.add(conv(new int[] {1, 3, 5, 5}, 4, 5, 2, wide, factors, plan, 1, true, false));
        rows.add(conv(new int[] {1, 2, 3, 200}, 2, 5, 2, wide, factors, plan, 1, true, false)
                .asLarge());
    }

    private static OpCase conv(
            int[] x,
            int out,
            int kernel,
            int rank,
            ConvGeometry geometry,
            Factors factors,
            @Nullable LowRankPlan plan,
            double scale,
            boolean rest,
            boolean trained) {
        String name = "lowRankConv2d " + factors + " " + plan + " " + Shape.of(x) + " to " + out + ", rank " + rank
                + ", kernel " + kernel + (rest ? trained ? " over a trained weight" : " over a weight" : "");
        int in = x[1];
        Shape y = geometry.infer(Shape.of(x), Shape.of(out, in, kernel, kernel));
        OpCase row = OpCase.of(name, new LowRankConv2d(geometry, kernel, factors, scale, plan))
                .input(x)
                .input(factors.rows(out, kernel), rank)
                .input(rank, factors.columns(in, kernel));
        if (rest) {
            row = trained ? row.input(out, in, kernel, kernel) : row.constant(Fill.UNIFORM, out, in, kernel, kernel);
        }
        int window = Math.max(in, out) * kernel * kernel;
        return row.reduces(Math.max(window, y.size(0) * y.size(2) * y.size(3))).withSlack(4.0 * rank);
    }
}

package org.lrcc.engine.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lrcc.engine.op.AbsSum;
import org.lrcc.engine.op.Activate;
import org.lrcc.engine.op.Add;
import org.lrcc.engine.op.BatchNorm2d;
import org.lrcc.engine.op.ComposeSparse;
import org.lrcc.engine.op.Concat;
import org.lrcc.engine.op.Dropout;
import org.lrcc.engine.op.Flatten;
import org.lrcc.engine.op.Linear;
import org.lrcc.engine.op.MatMul;
import org.lrcc.engine.op.Mul;
import org.lrcc.engine.op.NormalizeImages;
import org.lrcc.engine.op.Permute;
import org.lrcc.engine.op.Reshape;
import org.lrcc.engine.op.Scale;
import org.lrcc.engine.op.ScatterSparse;
import org.lrcc.engine.op.Softmax;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.op.WeightNorm;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;

/**
 * The one table of cases: for every op the shapes that have broken kernels before. It drives the gradient check, the
 * backend contract and the
 * benchmark. Sizes like 37 and 65 are one more than a tile or a vector, so that every remainder loop runs.
 */
public final class OpCases {
    private static final List<OpCase> ALL = build();

    private OpCases() {}

    /** All rows. */
    public static List<OpCase> all() {
        return ALL;
    }

    private static List<OpCase> build() {
        List<OpCase> rows = new ArrayList<>();
        ConvCases.addTo(rows);
        PoolCases.addTo(rows);
        matrices(rows);
        batchNorm(rows);
        pointwise(rows);
        shapes(rows);
        images(rows);
        losses(rows);
        lowRank(rows);
        LowRankCases.addTo(rows);
        return List.copyOf(rows);
    }

    private static void matrices(List<OpCase> rows) {
        int[][] sizes = {{1, 1, 1}, {5, 7, 3}, {1, 65, 37}, {37, 65, 1}, {64, 4, 100}, {16, 16, 16}, {37, 1, 65}};
        for (int[] s : sizes) {
            matMul(rows, s[0], s[1], s[2], false, false);
        }
        for (int flags = 1; flags < 4; flags++) {
            matMul(rows, 33, 65, 37, (flags & 1) != 0, (flags & 2) != 0);
            matMul(rows, 5, 3, 7, (flags & 1) != 0, (flags & 2) != 0);
        }
        rows.add(OpCase.of("matmul 130x257x67", new MatMul())
                .input(130, 257)
                .input(257, 67)
                .reduces(257)
                .asLarge());
        rows.add(OpCase.of("matmul 270x520x300", new MatMul())
                .input(270, 520)
                .input(520, 300)
                .reduces(520)
                .asLarge());
        rows.add(OpCase.of("linear", new Linear()).input(3, 5).input(7, 5).reduces(7));
        rows.add(OpCase.of("linear bias", new Linear())
                .input(4, 37)
                .input(13, 37)
                .input(13)
                .reduces(37));
        rows.add(OpCase.of("linear batch 1", new Linear())
                .input(1, 65)
                .input(10, 65)
                .input(10)
                .reduces(65));
        rows.add(OpCase.of("linear classifier", new Linear())
                .input(9, 512)
                .input(101, 512)
                .input(101)
                .reduces(512)
                .asLarge());
    }

    private static void matMul(List<OpCase> rows, int m, int k, int n, boolean transposeA, boolean transposeB) {
        String name = "matmul " + m + "x" + k + "x" + n + (transposeA ? " a^T" : "") + (transposeB ? " b^T" : "");
        rows.add(OpCase.of(name, new MatMul(transposeA, transposeB))
                .input(transposeA ? new int[] {k, m} : new int[] {m, k})
                .input(transposeB ? new int[] {n, k} : new int[] {k, n})
                .reduces(Math.max(k, Math.max(m, n))));
    }

    private static void batchNorm(List<OpCase> rows) {
        int[][] shapes = {{2, 3, 5, 7}, {1, 5, 7, 7}, {5, 37, 1, 1}, {3, 65, 3, 3}, {4, 1, 1, 1}, {8, 6}, {3, 2, 9, 11}
        };
        for (int[] shape : shapes) {
            rows.add(norm(shape, true, Activation.NONE, false, Fill.UNIFORM));
            rows.add(norm(shape, false, Activation.NONE, false, Fill.UNIFORM));
        }
        Activation[] activations = {Activation.RELU, Activation.clip(0, 0.75), Activation.leakyRelu(0.1)};
        for (boolean training : new boolean[] {true, false}) {
            for (Activation activation : activations) {
                rows.add(norm(new int[] {2, 3, 5, 7}, training, activation, false, Fill.UNIFORM));
                rows.add(norm(new int[] {3, 5, 4, 5}, training, activation, true, Fill.UNIFORM));
            }
            rows.add(norm(new int[] {2, 4, 3, 3}, training, Activation.NONE, true, Fill.UNIFORM));
            rows.add(norm(new int[] {4, 3, 8, 8}, training, Activation.NONE, false, Fill.OFFSET)
                    .withSlack(16));
        }
        // Nothing but x trains: x is not kept.
        rows.add(OpCase.of("batchNorm2d frozen", new BatchNorm2d(1e-5, 0.1, false, Activation.RELU))
                .input(2, 3, 5, 7)
                .constant(Fill.POSITIVE, 3)
                .constant(Fill.UNIFORM, 3)
                .constant(Fill.UNIFORM, 3)
                .constant(Fill.POSITIVE, 3)
                .reduces(70));
        rows.add(norm(new int[] {4, 33, 28, 28}, true, Activation.RELU, true, Fill.DISTINCT)
                .withSlack(16)
                .asLarge());
    }

    private static OpCase norm(int[] shape, boolean training, Activation activation, boolean residual, Fill fill) {
        int channels = shape[1];
        OpCase row = OpCase.of(
                        "batchNorm2d " + Arrays.toString(shape) + (fill == Fill.OFFSET ? " offset" : "")
                                + (training ? " train " : " eval ") + activation.kind()
                                + (residual ? " residual" : ""),
                        new BatchNorm2d(1e-5, 0.1, training, activation))
                .input(fill, shape)
                .input(Fill.POSITIVE, channels)
                .input(channels)
                .constant(Fill.UNIFORM, channels)
                .constant(Fill.POSITIVE, channels);
        int count = 1;
        for (int size : shape) {
            count *= size;
        }
        return (residual ? row.input(shape) : row).reduces(count / channels);
    }

    private static void pointwise(List<OpCase> rows) {
        Activation[] activations = {
            Activation.NONE,
            Activation.RELU,
            Activation.clip(0, 6),
            Activation.clip(-0.5, 0.5),
            Activation.leakyRelu(0.2)
        };
        for (Activation activation : activations) {
            for (int size : new int[] {1, 7, 1031}) {
                rows.add(OpCase.of("activate " + activation + " " + size, new Activate(activation))
                        .input(Fill.AWAY_FROM_ZERO, size));
            }
        }
        int[][][] pairs = {
            {{1031}, {1031}},
            {{2, 3, 4, 5}, {2, 3, 4, 5}},
            {{2, 3, 4, 5}, {3, 1, 1}},
            {{2, 3, 4, 5}, {1, 3, 1, 1}},
            {{2, 3, 1, 1}, {2, 3, 7, 9}},
            {{4, 1}, {1, 5}},
            {{3, 1, 5}, {4, 1}},
            {{5, 33}, {33}},
            {{5, 7}, {}},
            {{}, {}},
            {{}, {3}},
            {{1}, {1, 1}},
        };
        for (int[][] pair : pairs) {
            String shapes = Arrays.deepToString(pair);
            rows.add(OpCase.of("add " + shapes, new Add())
                    .input(pair[0])
                    .input(pair[1])
                    .reduces(64));
            rows.add(OpCase.of("mul " + shapes, new Mul())
                    .input(pair[0])
                    .input(pair[1])
                    .reduces(64));
        }
        rows.add(OpCase.of("scale", new Scale(-1.75)).input(3, 37));
        rows.add(OpCase.of("dropout", new Dropout(0.3, 17, 5)).input(2, 3, 7, 5));
        rows.add(OpCase.of("dropout negative seed", new Dropout(0.9, -3, Long.MIN_VALUE))
                .input(1031));
        rows.add(OpCase.of("dropout of nothing", new Dropout(0, 1, 2)).input(9));
        rows.add(OpCase.of("sum", new Sum()).input(3, 5, 7).reduces(105));
        rows.add(OpCase.of("sum 1", new Sum()).input(1));
        rows.add(OpCase.of("absSum", new AbsSum())
                .input(Fill.AWAY_FROM_ZERO, 5, 33)
                .reduces(165));
        rows.add(OpCase.of("absSum 4099", new AbsSum())
                .input(Fill.AWAY_FROM_ZERO, 4099)
                .reduces(4099)
                .asLarge());
    }

    private static void shapes(List<OpCase> rows) {
        rows.add(OpCase.of("reshape", new Reshape(0, -1, 2)).input(3, 4, 5));
        rows.add(OpCase.of("reshape to scalar", new Reshape(new int[0])).input(1, 1));
        rows.add(OpCase.of("flatten", new Flatten()).input(2, 3, 4, 5));
        rows.add(OpCase.of("flatten 0", new Flatten(0)).input(2, 3));
        rows.add(OpCase.of("flatten -1", new Flatten(-1)).input(2, 3, 4));
        rows.add(OpCase.of("concat channels", new Concat(1))
                .input(2, 3, 5, 7)
                .input(2, 1, 5, 7)
                .input(2, 4, 5, 7));
        rows.add(OpCase.of("concat batch", new Concat(0)).input(1, 3, 5).input(4, 3, 5));
        rows.add(OpCase.of("concat last", new Concat(-1)).input(7, 3).input(7, 33));
        rows.add(OpCase.of("concat one", new Concat(0)).input(5));
        rows.add(OpCase.of("permute [out,k,k,in]", new Permute(0, 3, 1, 2)).input(6, 3, 3, 5));
        rows.add(OpCase.of("permute transpose", new Permute(1, 0)).input(37, 65));
        rows.add(OpCase.of("permute channels last", new Permute(0, 2, 3, 1)).input(2, 9, 5, 7));
        rows.add(OpCase.of("permute cycle", new Permute(2, 0, 1)).input(3, 4, 5));
        rows.add(OpCase.of("permute nothing", new Permute(0, 1, 2)).input(3, 4, 5));
        rows.add(OpCase.of("permute one", new Permute(0)).input(9));
    }

    private static void images(List<OpCase> rows) {
        NormalizeImages op = new NormalizeImages(List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));
        for (int[] shape : new int[][] {{1, 1, 1, 3}, {2, 5, 7, 3}, {3, 4, 6, 3}, {2, 37, 65, 3}}) {
            rows.add(OpCase.of("normalizeImages " + Arrays.toString(shape), op).whole(DType.U8, Fill.BYTES, shape));
        }
    }

    private static void losses(List<OpCase> rows) {
        int[][] sizes = {{5, 7}, {1, 10}, {3, 1}, {9, 101}};
        for (int[] size : sizes) {
            for (int variant = 0; variant < 4; variant++) {
                double smoothing = (variant & 1) != 0 ? 0.1 : 0;
                boolean weights = (variant & 2) != 0;
                OpCase row = OpCase.of(
                                "crossEntropy " + size[0] + "x" + size[1] + " smoothing " + smoothing
                                        + (weights ? " weights" : ""),
                                new SoftmaxCrossEntropy(smoothing, weights ? 4.25 : size[0]))
                        .input(size)
                        .whole(DType.I32, Fill.labels(size[1]), size[0])
                        .reduces(size[0] * size[1]);
                rows.add(weights ? row.constant(Fill.POSITIVE, size[1]) : row);
            }
            rows.add(OpCase.of("softmax " + size[0] + "x" + size[1], new Softmax())
                    .input(size)
                    .reduces(size[1]));
        }
        rows.add(OpCase.of("crossEntropy wide", new SoftmaxCrossEntropy(0.05, 6))
                .input(Fill.WIDE, 6, 13)
                .whole(DType.I32, Fill.labels(13), 6)
                .reduces(78));
        rows.add(OpCase.of("softmax wide", new Softmax())
                .input(Fill.WIDE, 2, 3, 37)
                .reduces(37)
                .withSlack(4));
    }

    private static void lowRank(List<OpCase> rows) {
        for (int[] shape : new int[][] {{6, 5, 3, 3}, {1, 1}, {37, 33}, {3, 1031}}) {
            rows.add(OpCase.of("weightNorm " + Arrays.toString(shape), new WeightNorm(1e-12))
                    .input(Fill.AWAY_FROM_ZERO, shape)
                    .input(shape[0])
                    .reduces(shape[shape.length - 1]));
        }
        for (int[] shape : new int[][] {{6, 5, 3, 3}, {1}, {37, 33}}) {
            OpCase plain = OpCase.of("composeSparse " + Arrays.toString(shape), new ComposeSparse())
                    .input(shape)
                    .input(shape)
                    .whole(DType.U8, Fill.MASK, shape);
            rows.add(plain);
            OpCase noise = OpCase.of(plain.name() + " noise", new ComposeSparse())
                    .input(shape)
                    .input(shape)
                    .whole(DType.U8, Fill.MASK, shape)
                    .input(shape);
            rows.add(noise);
        }
        int[][] lists = {{6, 5, 3, 3, 27}, {1, 1}, {37, 33, 1221}, {37, 33, 1}, {4, 9, 0}, {130, 521, 33_000}};
        for (int[] list : lists) {
            int[] shape = Arrays.copyOf(list, list.length - 1);
            int count = list[shape.length];
            int limit = Shape.of(shape).elements();
            OpCase row = OpCase.of(
                            "scatterSparse " + count + " of " + Arrays.toString(shape),
                            new ScatterSparse(Shape.of(shape)))
                    .input(count)
                    .whole(DType.I32, Fill.ascending(limit), count);
            OpCase based = OpCase.of(row.name() + " base", row.op())
                    .input(count)
                    .whole(DType.I32, Fill.ascending(limit), count);
            rows.add(limit > 10_000 ? row.asLarge() : row);
            rows.add(limit > 10_000 ? based.input(shape).asLarge() : based.input(shape));
        }
    }
}

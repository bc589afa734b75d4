package org.lrcc.engine.contract;

import java.util.Arrays;
import java.util.List;
import org.lrcc.engine.op.AvgPool2d;
import org.lrcc.engine.op.GlobalAvgPool;
import org.lrcc.engine.op.MaxPool2d;
import org.lrcc.engine.spi.PoolGeometry;

/** Rows of pooling. */
final class PoolCases {
    private PoolCases() {}

    static void addTo(List<OpCase> rows) {
        both(rows, "3x3/2", PoolGeometry.of(3, 2, 1), 2, 3, 11, 13);
        both(rows, "3x3/2 even", PoolGeometry.of(3, 2, 1), 1, 2, 8, 8);
        both(rows, "2x2/2", PoolGeometry.of(2, 2, 0), 2, 3, 6, 8);
        both(rows, "2x2/2 odd", PoolGeometry.of(2, 2, 0), 1, 2, 7, 5);
        both(rows, "3x3/1", PoolGeometry.of(3, 1, 1), 1, 2, 5, 6);
        both(rows, "2x2/3", PoolGeometry.of(2, 3, 0), 1, 2, 8, 9);
        both(rows, "1 pixel", PoolGeometry.of(3, 2, 1), 3, 5, 1, 1);
        both(rows, "17x17", PoolGeometry.of(17, 3, 8), 1, 2, 19, 21);
        both(rows, "as large as the image, padded", PoolGeometry.of(4, 4, 1), 1, 2, 4, 4);
        both(rows, "as large as the image", PoolGeometry.of(5, 1, 0), 2, 2, 5, 5);
        both(rows, "65 channels", PoolGeometry.of(3, 2, 1), 1, 65, 7, 7);
        both(rows, "wide", PoolGeometry.of(3, 2, 1), 1, 2, 9, 75);
        for (boolean countPad : new boolean[] {false, true}) {
            String suffix = countPad ? " with padding" : "";
            both(rows, "ceil" + suffix, geometry(3, 3, 2, 2, 0, 0, 0, 0, 1, 1, true, countPad), 2, 2, 6, 8);
            both(rows, "ceil padded" + suffix, geometry(3, 3, 2, 2, 1, 1, 1, 1, 1, 1, true, countPad), 1, 2, 6, 7);
            both(rows, "ceil dropped" + suffix, geometry(2, 2, 2, 2, 1, 1, 1, 1, 1, 1, true, countPad), 1, 2, 3, 5);
            both(rows, "dilation" + suffix, geometry(3, 2, 1, 2, 1, 0, 1, 0, 2, 3, false, countPad), 1, 2, 9, 10);
            both(rows, "asymmetric" + suffix, geometry(3, 2, 2, 1, 0, 1, 2, 0, 1, 1, false, countPad), 1, 3, 7, 6);
        }
        for (int[] x : new int[][] {{2, 3, 7, 7}, {1, 5, 1, 1}, {1, 1, 3, 5}, {3, 37, 2, 9}}) {
            rows.add(OpCase.of("globalAvgPool " + Arrays.toString(x), new GlobalAvgPool())
                    .input(x)
                    .reduces(x[2] * x[3]));
        }
    }

    private static PoolGeometry geometry(
            int kernelHeight,
            int kernelWidth,
            int strideHeight,
            int strideWidth,
            int top,
            int left,
            int bottom,
            int right,
            int dilationHeight,
            int dilationWidth,
            boolean ceil,
            boolean countPad) {
        return new PoolGeometry(
                kernelHeight,
                kernelWidth,
                strideHeight,
                strideWidth,
                top,
                left,
                bottom,
                right,
                dilationHeight,
                dilationWidth,
                ceil,
                countPad);
    }

    private static void both(List<OpCase> rows, String name, PoolGeometry geometry, int... x) {
        int window = geometry.kernelHeight() * geometry.kernelWidth();
        rows.add(OpCase.of("maxPool2d " + name, new MaxPool2d(geometry))
                .input(Fill.DISTINCT, x)
                .reduces(window));
        rows.add(
                OpCase.of("avgPool2d " + name, new AvgPool2d(geometry)).input(x).reduces(window));
    }
}

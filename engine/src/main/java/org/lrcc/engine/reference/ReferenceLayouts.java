package org.lrcc.engine.reference;

import java.util.Arrays;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Tensor;

/** Elements set, or moved without a change, of any type. */
final class ReferenceLayouts {
    private ReferenceLayouts() {}

    static void fill(Tensor y, double value) {
        if (y.dtype().isFloating()) {
            double[] values = new double[y.elements()];
            Arrays.fill(values, value);
            Values.write(values, y);
        } else {
            int[] values = new int[y.elements()];
            Arrays.fill(values, (int) value);
            Values.write(values, y);
        }
    }

    static void copy(Tensor x, Tensor y) {
        Object array = HeapStorage.newArray(x.dtype(), x.elements());
        x.storage().read(x.offset(), array, 0, x.elements());
        y.storage().write(y.offset(), array, 0, x.elements());
    }

    static void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        Object row = HeapStorage.newArray(x.dtype(), columns);
        for (int r = 0; r < rows; r++) {
            x.storage().read(x.offset() + xStart + r * xStride, row, 0, columns);
            y.storage().write(y.offset() + yStart + r * yStride, row, 0, columns);
        }
    }

    static void permute(Tensor x, int[] axes, Tensor y) {
        int[] from = ReferencePointwise.permutation(x.shape(), axes, y.shape());
        if (x.dtype().isFloating()) {
            double[] values = Values.read(x);
            Values.write(Arrays.stream(from).mapToDouble(i -> values[i]).toArray(), y);
        } else {
            int[] values = Values.readInts(x);
            Values.write(Arrays.stream(from).map(i -> values[i]).toArray(), y);
        }
    }
}

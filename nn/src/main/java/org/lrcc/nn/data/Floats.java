package org.lrcc.nn.data;

import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Tensors over arrays that this package filled and hands over, so that no copy is needed. */
final class Floats {
    private Floats() {}

    static Tensor wrap(float[] values, Shape shape) {
        return Tensor.view(HeapStorage.wrap(DType.F32, shape.elements(), values, unused -> {}), 0, shape);
    }
}

package org.lrcc.lowrank;

import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Matrices of the host in a session's memory. */
final class Matrices {
    private Matrices() {}

    /** The values where they lie, or a copy under the innermost scope where the session does not work on the heap. Only to be read. */
    static Tensor of(Kernels kernels, float[] values, int rows, int columns) {
        Tensor host = Tensor.over(values, rows, columns);
        return kernels.worksOnHeap() ? host : kernels.upload(host);
    }

    /** A new one of undefined contents. */
    static Tensor empty(Kernels kernels, int rows, int columns) {
        return kernels.allocate(DType.F32, Shape.of(rows, columns));
    }

    /** The product of two matrices of the host, in full single precision. */
    static float[] product(Kernels kernels, float[] left, float[] right, int rows, int depth, int columns) {
        // From here on the session rounds no factors.
        kernels.linearAlgebra();
        try (Scope scope = Scope.open()) {
            Tensor out = empty(kernels, rows, columns);
            kernels.gemm(false, false, 1, of(kernels, left, rows, depth), of(kernels, right, depth, columns), 0, out);
            return out.toFloats();
        }
    }
}

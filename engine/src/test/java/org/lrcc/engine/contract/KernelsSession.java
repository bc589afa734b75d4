package org.lrcc.engine.contract;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** A guarded session of the backend under test around each test. */
abstract class KernelsSession {
    /** Kernels on poisoned slices; see {@link GuardedKernels}. */
    protected Kernels k;

    private Kernels inner;
    private GuardedKernels guard;

    /** The backend under test. */
    protected abstract Backend backend();

    @BeforeEach
    void open() {
        inner = backend().open();
        guard = new GuardedKernels(inner);
        k = guard.kernels();
    }

    @AfterEach
    void verify() {
        guard.verify();
        inner.close();
    }

    /** The session itself, without guards. */
    Kernels plain() {
        return inner;
    }

    /** A guarded F32 tensor. */
    Tensor real(double[] values, int... sizes) {
        return OpCase.tensor(k, DType.F32, Shape.of(sizes), values);
    }

    /** Uniform floats in [-1, 1); each purpose draws its own. */
    static double[] values(int purpose, int count) {
        return Fill.UNIFORM.values(count, new Philox(2024, purpose));
    }

    static double[] read(Tensor tensor) {
        return BackendContract.read(tensor);
    }
}

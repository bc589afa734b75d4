package org.lrcc.lowrank;

import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** The backend that conversion works on: the chosen one where its tensors lie on the heap, else the processor's. */
final class HostBackend {
    private HostBackend() {}

    static Backend get() {
        Backend chosen = Backends.get();
        try (Kernels kernels = chosen.open()) {
            Tensor probe = kernels.allocate(DType.F32, Shape.of(1));
            boolean heap = probe.storage() instanceof HeapStorage;
            probe.release();
            return heap ? chosen : Backends.named("cpu");
        }
    }
}

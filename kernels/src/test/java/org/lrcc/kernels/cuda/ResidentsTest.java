package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.DeviceMemoryException;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** Copies that a session keeps go where the host has forgotten the originals and memory is short, and no others. */
class ResidentsTest {
    private static final int ELEMENTS = 1 << 14;

    private static CudaKernels eightCopies() {
        return (CudaKernels) new CudaBackend(new InterpreterDriver(8L * 4 * ELEMENTS, true)).open();
    }

    private static Tensor original(int value) {
        float[] values = new float[ELEMENTS];
        values[0] = value;
        return Tensor.of(values, ELEMENTS);
    }

    @Test
    void forgottenOnesMakeRoom() {
        try (CudaKernels kernels = eightCopies()) {
            Tensor kept = original(-1);
            kernels.resident(kept, 0);
            for (int i = 0; i < 40; i++) {
                assertThat(kernels.resident(original(i), 0).toFloats()[0]).isEqualTo(i);
            }
            assertThat(kernels.resident(kept, 0).toFloats()[0]).isEqualTo(-1);
        }
    }

    @Test
    void thoseInUseDoNot() {
        try (CudaKernels kernels = eightCopies()) {
            List<Tensor> originals = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                originals.add(original(i));
            }
            assertThatThrownBy(() -> originals.forEach(tensor -> kernels.resident(tensor, 0)))
                    .isInstanceOf(DeviceMemoryException.class);
            for (int i = 0; i < 8; i++) {
                assertThat(kernels.resident(originals.get(i), 0).toFloats()[0]).isEqualTo(i);
            }
        }
    }
}

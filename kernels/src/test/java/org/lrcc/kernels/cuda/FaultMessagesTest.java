package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** What fails is named with its sizes; a fault that shows later comes with what was launched before. */
class FaultMessagesTest {
    private final InterpreterDriver driver = new InterpreterDriver();
    private final Kernels k = new CudaBackend(driver).open();

    private Tensor filled(int... sizes) {
        Tensor tensor = k.allocate(DType.F32, Shape.of(sizes));
        k.fill(tensor, 1);
        return tensor;
    }

    @ParameterizedTest
    @CsvSource({
        "launch, 'kernel scale, grid [1,1], block 64, arguments (2.0, 0x'",
        "gemm, 'gemm [5,4] x [4,3]: '",
        "fillWords, 'fill of 140 bytes: '",
        "copy, 'copy of 140 bytes: '",
        "upload, 'write of 140 bytes: '",
        "download, 'read of 140 bytes: '"
    })
    void theFirstCallThatFailsIsNamed(String call, String message) {
        Tensor a = filled(3, 4);
        Tensor b = filled(4, 5);
        Tensor c = filled(3, 5);
        Tensor x = filled(35);
        Tensor y = filled(35);
        driver.fail(call, 1, GpuFault.Kind.OTHER);
        assertThatThrownBy(() -> {
                    k.scale(2, x);
                    k.gemm(false, false, 1, a, b, 0, c);
                    k.fill(y, 3);
                    k.copy(x, y);
                    y.storage().write(0, new float[35], 0, 35);
                    y.toFloats();
                })
                .hasMessageContaining(message)
                .hasMessageContaining(call + ": OTHER on request")
                .satisfies(e -> assertThat(GpuFault.kindOf(e)).isEqualTo(GpuFault.Kind.OTHER));
    }

    @Test
    void aFaultThatShowsLaterListsTheLastLaunchesOnce() {
        Tensor a = filled(3, 4);
        Tensor b = filled(4, 5);
        Tensor c = filled(3, 5);
        k.scale(2, a);
        k.gemm(false, false, 1, a, b, 0, c);
        driver.fail("synchronize", 1, GpuFault.Kind.KERNEL);
        assertThatThrownBy(c::toFloats)
                .hasMessageContaining(
                        "launched before, last first: gemm [5,3]x4, scale [1,1]x32 (-Dlrcc.cuda.sync=true")
                .satisfies(e ->
                        assertThat(e.getMessage().split("launched before", -1)).hasSize(2));
    }
}

package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.DeviceMemoryException;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.contract.LinearAlgebraContract;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** The CUDA backend's factorizations, on stand-ins for cuSOLVER, and what it does with their reports. */
class CudaLinearAlgebraContractTest extends LinearAlgebraContract {
    private static final long PIECE = 256;
    private static final Backend BACKEND = new CudaBackend(new InterpreterDriver());

    @Override
    protected Backend backend() {
        return BACKEND;
    }

    @Test
    void whatCusolverReportsIsAFailure() {
        InterpreterDriver driver = new InterpreterDriver();
        try (CudaKernels kernels = (CudaKernels) new CudaBackend(driver).open();
                Scope scope = Scope.open()) {
            Tensor a = kernels.upload(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
            Tensor u = kernels.allocate(DType.F32, Shape.of(3, 2));
            Tensor v = kernels.allocate(DType.F32, Shape.of(2, 2));
            int before = kernels.livePieces();
            driver.report("gesvdj", 3);
            assertThatThrownBy(() -> kernels.linearAlgebra().svd(a, u, v))
                    .isInstanceOf(FailureException.class)
                    .hasMessage("cusolver gesvdj of [2,3]: it does not converge (info 3)");
            driver.report("geqrf", -7);
            assertThatThrownBy(() -> kernels.linearAlgebra().orthonormalize(a, u))
                    .isInstanceOf(FailureException.class)
                    .hasMessage("cusolver geqrf of [3,2]: argument 7 is wrong");
            assertThat(kernels.livePieces()).as("pieces that failures leave").isEqualTo(before);
            // The session goes on.
            assertThat(kernels.linearAlgebra().svd(a, u, v)).hasSize(2);
        }
    }

    /** With room for a, u and v and a little more from try to try, until the call succeeds. */
    @ParameterizedTest
    @ValueSource(strings = {"orthonormalize", "svd", "singularValues", "sumOfSquares"})
    void whatDoesNotFitLeavesNothing(String call) {
        boolean done = false;
        int failures = 0;
        for (long bytes = 3 * PIECE; !done; bytes += PIECE) {
            try (CudaKernels kernels = (CudaKernels) new CudaBackend(new InterpreterDriver(bytes, true)).open()) {
                Tensor a = kernels.upload(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
                Tensor u = kernels.allocate(DType.F32, Shape.of(3, 2));
                Tensor v = kernels.allocate(DType.F32, Shape.of(2, 2));
                int before = kernels.livePieces();
                try {
                    switch (call) {
                        case "orthonormalize" -> kernels.linearAlgebra().orthonormalize(a, u);
                        case "svd" -> kernels.linearAlgebra().svd(a, u, v);
                        case "singularValues" -> kernels.linearAlgebra().singularValues(a);
                        default -> kernels.sumOfSquares(a);
                    }
                    done = true;
                } catch (DeviceMemoryException e) {
                    failures++;
                }
                assertThat(kernels.livePieces()).as("with %d bytes", bytes).isEqualTo(before);
            }
        }
        assertThat(failures).isPositive();
    }

    @Test
    void sumsThatFailLeaveNothing() {
        InterpreterDriver driver = new InterpreterDriver();
        try (CudaKernels kernels = (CudaKernels) new CudaBackend(driver).open()) {
            Tensor a = kernels.upload(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
            Tensor labels = kernels.upload(Tensor.of(new int[] {0, 1, 1}, 3));
            Tensor sum = kernels.allocate(DType.F32, Shape.of());
            int before = kernels.livePieces();
            driver.fail("launch", 1, GpuFault.Kind.OTHER);
            assertThatThrownBy(() -> kernels.sumTo(a, sum)).isInstanceOf(FailureException.class);
            driver.fail("launch", 1, GpuFault.Kind.OTHER);
            assertThatThrownBy(() -> kernels.softmaxCrossEntropy(a, labels, 0, null, 3, sum, null))
                    .isInstanceOf(FailureException.class);
            assertThat(kernels.livePieces()).isEqualTo(before);
        }
    }

    @Test
    void decompositionsRoundNoFactors() {
        try (CudaKernels kernels = (CudaKernels) new CudaBackend(new InterpreterDriver()).open();
                Scope scope = Scope.open()) {
            kernels.allowTf32(true);
            Tensor fine = kernels.upload(Tensor.of(new float[] {1 + 1f / 4096}, 1, 1));
            Tensor product = kernels.allocate(DType.F32, Shape.of(1, 1));
            kernels.linearAlgebra();
            kernels.gemm(false, true, 1, fine, fine, 0, product);
            assertThat(product.item()).isGreaterThan(1 + 1f / 2049);
        }
    }
}

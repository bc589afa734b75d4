package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
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

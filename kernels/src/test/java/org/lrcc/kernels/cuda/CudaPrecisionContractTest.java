package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lrcc.kernels.ptx.InterpreterDriver;

/** {@link PrecisionContract} on the interpreter, whose products round as cuBLAS's do. */
class CudaPrecisionContractTest extends PrecisionContract {
    private static final CudaBackend BACKEND = new CudaBackend(new InterpreterDriver());

    @Override
    protected CudaBackend backend() {
        return BACKEND;
    }

    @Test
    void tf32Rounds() {
        Map<String, Double> fp32 = errors(BACKEND.withTf32(false));
        errors(BACKEND.withTf32(true)).forEach((what, error) -> {
            if (what.contains("winograd")) {
                // Its transforms would multiply what rounding loses.
                assertThat(error).as(what).isEqualTo(fp32.get(what));
            } else {
                assertThat(error).as(what).isGreaterThan(20 * fp32.get(what));
            }
        });
    }
}

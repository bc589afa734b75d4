package org.lrcc.kernels.cuda;

import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.BackendProvider;

/**
 * Makes the CUDA backend known, so that {@code lrcc doctor} lists it and {@code -Dlrcc.backend=cuda} is refused with a reason
 * instead of "unknown backend". It looks at no device: without kernels, none could be used.
 */
public final class CudaBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int rank() {
        return 200;
    }

    @Override
    public Availability probe() {
        return new Availability.Unusable(
                "this build holds no CUDA kernels yet", "use the CPU: leave -Dlrcc.backend out, or set it to cpu");
    }
}

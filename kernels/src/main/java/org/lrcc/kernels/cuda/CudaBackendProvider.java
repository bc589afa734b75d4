package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.BackendProvider;

/**
 * Makes the CUDA backend known: looks for driver, device and libraries, and says what is missing and how to get it.
 *
 * <p>Where nothing is missing it is chosen by itself: only a build made for GPUs has JCuda's libraries, so its user has asked for it.
 */
public final class CudaBackendProvider implements BackendProvider {
    private static final int RANK = 200;

    /** A library that failed to load once fails with another error the next time, so there is one probe for the whole process. */
    private static @Nullable Availability found;

    @Override
    public String name() {
        return CudaBackend.NAME;
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public Availability probe() {
        synchronized (CudaBackendProvider.class) {
            Availability known = found;
            if (known == null) {
                known = CudaProbe.look();
                found = known;
            }
            return known;
        }
    }
}

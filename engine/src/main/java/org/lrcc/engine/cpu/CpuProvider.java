package org.lrcc.engine.cpu;

import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.BackendProvider;

/** Makes the CPU backend known; it runs everywhere, with vector instructions where the JVM offers them. */
public final class CpuProvider implements BackendProvider {
    @Override
    public String name() {
        return CpuBackend.NAME;
    }

    @Override
    public int rank() {
        return 100;
    }

    @Override
    public Availability probe() {
        return new Availability.Usable(CpuBackend.shared());
    }
}

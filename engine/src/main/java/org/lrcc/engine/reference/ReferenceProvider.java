package org.lrcc.engine.reference;

import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.BackendProvider;

/** Makes the reference backend known; it runs everywhere and is chosen last. */
public final class ReferenceProvider implements BackendProvider {
    @Override
    public String name() {
        return ReferenceBackend.NAME;
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public Availability probe() {
        return new Availability.Usable(ReferenceBackend.INSTANCE);
    }
}

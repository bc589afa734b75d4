package org.lrcc.engine.spi;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the backend, once. {@code -Dlrcc.backend=NAME} forces one and throws with why and fix where it cannot run; otherwise the best
 * usable one is taken and named in one line of the log. There is no fallback per call.
 */
public final class Backends {
    /** The system property that forces a backend. */
    public static final String PROPERTY = "lrcc.backend";

    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

    private static @Nullable Backend chosen;

    private Backends() {}

    /**
     * The backend in use.
     *
     * @throws InputException each time it is called where the forced backend cannot run (not an error of a static initializer, which only the first
     *     caller would see)
     */
    public static synchronized Backend get() {
        Backend backend = chosen;
        if (backend == null) {
            backend = choose(System.getProperty(PROPERTY));
            chosen = backend;
        }
        return backend;
    }

    /** All providers on the class path, best first. */
    public static List<BackendProvider> providers() {
        List<BackendProvider> found = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader())
                .forEach(found::add);
        found.sort(Comparator.comparingInt(BackendProvider::rank).reversed().thenComparing(BackendProvider::name));
        return found;
    }

    /** The backend of this name; throws with why and fix where it cannot run here. */
    public static Backend named(String name) {
        for (BackendProvider provider : providers()) {
            if (provider.name().equals(name)) {
                Availability availability = provider.probe();
                if (availability instanceof Availability.Usable usable) {
                    return usable.backend();
                }
                Availability.Unusable unusable = (Availability.Unusable) availability;
                throw new InputException("backend " + name + " cannot run: " + unusable.why() + "; " + unusable.fix());
            }
        }
        throw new InputException("backend " + name + " is unknown; there are "
                + providers().stream().map(BackendProvider::name).toList());
    }

    private static Backend choose(@Nullable String forced) {
        if (forced != null) {
            return named(forced);
        }
        for (BackendProvider provider : providers()) {
            if (provider.probe() instanceof Availability.Usable usable) {
                LOG.info("backend {}: {}", provider.name(), usable.backend().description());
                return usable.backend();
            }
        }
        throw new InputException("no backend can run here; lrcc doctor says why");
    }
}

package org.lrcc.engine.spi;

/** Makes a backend known; found by {@link java.util.ServiceLoader}. */
public interface BackendProvider {
    /** The backend's name. */
    String name();

    /** Automatic choice takes the usable backend of the highest rank. */
    int rank();

    /** Finds out, within milliseconds and without throwing, whether the backend can run here. */
    Availability probe();
}

package org.lrcc.engine.spi;

/** What a probe found. */
public sealed interface Availability {
    /** The backend can run here. */
    record Usable(Backend backend) implements Availability {}

    /**
     * The backend cannot run here.
     *
     * @param why what is missing
     * @param fix what the user can do about it
     */
    record Unusable(String why, String fix) implements Availability {}
}

package org.lrcc.lowrank;

/** Hears how far the decomposition of a network is. Calls come from working threads, one at a time. */
@FunctionalInterface
public interface ConversionProgress {
    /** Nobody listens. */
    ConversionProgress NONE = (layer, fraction) -> {};

    /**
     * Called now and then, and when a layer is done.
     *
     * @param layer the layer that was worked on
     * @param fraction of the whole work done, from 0 to 1
     */
    void at(String layer, double fraction);

    /** What a part of the whole work reports to, which lasts from one fraction of it to another. */
    default ConversionProgress part(double from, double to) {
        return (layer, fraction) -> at(layer, from + (to - from) * fraction);
    }
}

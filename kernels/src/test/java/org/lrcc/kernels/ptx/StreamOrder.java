package org.lrcc.kernels.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds work of two streams on one piece of memory that nothing orders, with vector clocks: each stream counts its work, and an event carries what its
 * stream has done and knows of others to the stream that waits for it.
 */
final class StreamOrder {
    /** How much work of each stream has come before. */
    private static final class Clock {
        private final Map<Long, Long> done = new HashMap<>();

        void join(Clock other) {
            other.done.forEach((stream, count) -> done.merge(stream, count, Math::max));
        }

        boolean knows(Use use) {
            return done.getOrDefault(use.stream(), 0L) >= use.count();
        }
    }

    private record Use(long stream, long count, String what) {}

    /** What was done to a piece of memory. */
    private static final class Uses {
        Use lastWrite = new Use(0, 0, "nothing");
        final List<Use> reads = new ArrayList<>();
    }

    private final Map<Long, Clock> streams = new HashMap<>();
    private final Map<Long, Clock> events = new HashMap<>();
    private final Map<Region, Uses> memory = new HashMap<>();
    private final Clock host = new Clock();
    private Use current = new Use(0, 0, "nothing");

    private Clock clock(long stream) {
        return streams.computeIfAbsent(stream, unused -> new Clock());
    }

    /** The next piece of work of a stream; reads and writes that follow are its. */
    void begin(long stream, String what) {
        Clock clock = clock(stream);
        // What the host has waited for came before whatever it gives out now.
        clock.join(host);
        long count = clock.done.merge(stream, 1L, Long::sum);
        current = new Use(stream, count, what);
    }

    void read(Region region) {
        Uses uses = memory.computeIfAbsent(region, unused -> new Uses());
        require(uses.lastWrite, "wrote", region);
        uses.reads.removeIf(use -> use.stream() == current.stream());
        uses.reads.add(current);
    }

    void write(Region region) {
        Uses uses = memory.computeIfAbsent(region, unused -> new Uses());
        require(uses.lastWrite, "wrote", region);
        uses.reads.forEach(use -> require(use, "read", region));
        uses.reads.clear();
        uses.lastWrite = current;
    }

    private void require(Use use, String verb, Region region) {
        if (use.stream() != current.stream() && !clock(current.stream()).knows(use)) {
            throw new PtxFault("streams: " + current.what() + " uses " + region.name + ", which " + use.what() + " "
                    + verb + " on another stream, with no event between");
        }
    }

    void record(long event, long stream) {
        Clock copy = new Clock();
        copy.join(clock(stream));
        copy.join(host);
        events.put(event, copy);
    }

    void waitFor(long stream, long event) {
        Clock clock = events.get(event);
        if (clock == null) {
            throw new PtxFault("streams: a wait for an event that was not recorded");
        }
        clock(stream).join(clock);
    }

    void synchronize(long stream) {
        host.join(clock(stream));
    }

    void forget(Region region) {
        memory.remove(region);
    }
}

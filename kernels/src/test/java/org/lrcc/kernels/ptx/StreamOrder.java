package org.lrcc.kernels.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds work of two streams on one piece of memory that nothing orders, with vector clocks: each stream counts its work, and an event carries what its
 * stream has done and knows of others to the stream that waits for it.
 *
 * <p>A piece that an arena takes back leaves its uses behind at its addresses: who is given them next must come after them too.
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
        /** Of the pieces that were here before. */
        final List<Use> inherited = new ArrayList<>();

        /** The last use of each stream. */
        List<Use> last() {
            Map<Long, Use> last = new HashMap<>();
            inherited.forEach(use -> last.merge(use.stream(), use, Uses::later));
            reads.forEach(use -> last.merge(use.stream(), use, Uses::later));
            last.merge(lastWrite.stream(), lastWrite, Uses::later);
            return List.copyOf(last.values());
        }

        private static Use later(Use a, Use b) {
            return b.count() > a.count() ? b : a;
        }
    }

    /** The uses of a piece that was taken back; such places do not overlap. */
    private record Past(long base, long end, List<Use> uses) {}

    private final Map<Long, Clock> streams = new HashMap<>();
    private final Map<Long, Clock> events = new HashMap<>();
    private final Map<Region, Uses> memory = new HashMap<>();
    private final TreeMap<Long, Past> past = new TreeMap<>();
    private final Clock host = new Clock();
    private Use current = new Use(0, 0, "nothing");

    private static final String INHERITED = "used, before it was given out anew,";

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
        uses.inherited.forEach(use -> require(use, INHERITED, region));
        uses.reads.removeIf(use -> use.stream() == current.stream());
        uses.reads.add(current);
    }

    void write(Region region) {
        Uses uses = memory.computeIfAbsent(region, unused -> new Uses());
        require(uses.lastWrite, "wrote", region);
        uses.inherited.forEach(use -> require(use, INHERITED, region));
        uses.reads.forEach(use -> require(use, "read", region));
        uses.inherited.clear();
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

    /** The host waited for an event: what its stream had done comes before whatever the host gives out from now on. */
    void await(long event) {
        Clock clock = events.get(event);
        if (clock != null) {
            host.join(clock);
        }
    }

    /** How much work of a stream there was so far. */
    long count(long stream) {
        return clock(stream).done.getOrDefault(stream, 0L);
    }

    /** Whether the host has waited for so much work of a stream. */
    boolean hostKnows(long stream, long count) {
        return host.done.getOrDefault(stream, 0L) >= count;
    }

    /** A piece is given out: what was done at its addresses before must have come before what is done now. */
    void handOut(Region region) {
        long base = region.base;
        long end = base + Math.max(1, region.bytes);
        Uses uses = new Uses();
        for (Past place : overlapping(base, end)) {
            uses.inherited.addAll(place.uses());
            past.remove(place.base());
            keep(place.base(), base, place.uses());
            keep(end, place.end(), place.uses());
        }
        if (!uses.inherited.isEmpty()) {
            memory.put(region, uses);
        }
    }

    private List<Past> overlapping(long base, long end) {
        Map.Entry<Long, Past> first = past.floorEntry(base);
        long from = first == null ? base : first.getKey();
        return past.subMap(from, true, end, false).values().stream()
                .filter(place -> place.end() > base)
                .toList();
    }

    private void keep(long base, long end, List<Use> uses) {
        if (base < end) {
            past.put(base, new Past(base, end, uses));
        }
    }

    /** A piece goes back. */
    void takeBack(Region region) {
        Uses uses = memory.remove(region);
        if (uses != null) {
            keep(region.base, region.base + Math.max(1, region.bytes), uses.last());
        }
    }

    /** An allocation goes, which the device must be done with. */
    void forget(Region region) {
        memory.remove(region);
        region.parts.values().forEach(memory::remove);
        past.subMap(region.base, true, region.base + region.bytes, false).clear();
    }
}

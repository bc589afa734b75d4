package org.lrcc.cli;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Times of repeated runs in this process.
 *
 * @param milliseconds each timed run
 * @param firstMilliseconds the very first run, timed or not
 * @param startMilliseconds from the start of the JVM to the first run
 * @param garbageBytes allocated in a timed run by the threads alive at its end, on average; -1 where this JVM does not tell
 * @param warmup runs before the timed ones
 */
record Timing(
        double[] milliseconds, double firstMilliseconds, double startMilliseconds, long garbageBytes, int warmup) {
    static Timing measure(int warmup, int runs, Runnable run) {
        double start = System.currentTimeMillis()
                - (double) ManagementFactory.getRuntimeMXBean().getStartTime();
        double first = 0;
        for (int i = 0; i < warmup; i++) {
            double time = time(run);
            first = i == 0 ? time : first;
        }
        double[] times = new double[runs];
        Map<Long, Long> before = allocated();
        for (int i = 0; i < runs; i++) {
            times[i] = time(run);
        }
        long garbage = 0;
        for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
            garbage += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
        }
        return new Timing(times, warmup == 0 ? times[0] : first, start, before.isEmpty() ? -1 : garbage / runs, warmup);
    }

    /** Milliseconds that a run takes. */
    static double time(Runnable run) {
        long start = System.nanoTime();
        run.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /** Bytes that each thread now alive has allocated, by its number: one that ends in between takes its own with it, not the others'. Empty where this JVM does not tell. */
    private static Map<Long, Long> allocated() {
        Map<Long, Long> bytes = new HashMap<>();
        if (ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads
                && threads.isThreadAllocatedMemorySupported()) {
            long[] ids = threads.getAllThreadIds();
            long[] all = threads.getThreadAllocatedBytes(ids);
            for (int i = 0; i < ids.length; i++) {
                if (all[i] >= 0) {
                    bytes.put(ids[i], all[i]);
                }
            }
        }
        return bytes;
    }

    double median() {
        return Quantiles.median(milliseconds);
    }

    double min() {
        return Arrays.stream(milliseconds).min().orElseThrow();
    }

    /** For an answer in JSON. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("warmup", warmup);
        map.put("steps", milliseconds.length);
        map.put("medianMilliseconds", median());
        map.put("minMilliseconds", min());
        map.put("firstMilliseconds", firstMilliseconds);
        map.put("startMilliseconds", startMilliseconds);
        map.put("garbageBytesPerStep", garbageBytes < 0 ? null : garbageBytes);
        map.put("milliseconds", milliseconds);
        return map;
    }
}

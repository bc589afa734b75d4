package org.lrcc.cli;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Times of repeated runs in this process.
 *
 * @param milliseconds each timed run
 * @param firstMilliseconds the very first run, timed or not
 * @param startMilliseconds from the start of the JVM to the first run
 * @param garbageBytes allocated by all threads in a timed run, on average; -1 where this JVM does not tell
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
        long before = allocated();
        for (int i = 0; i < runs; i++) {
            times[i] = time(run);
        }
        long after = allocated();
        return new Timing(
                times,
                warmup == 0 ? times[0] : first,
                start,
                before < 0 ? -1 : Math.max(0, after - before) / runs,
                warmup);
    }

    /** Milliseconds that a run takes. */
    static double time(Runnable run) {
        long start = System.nanoTime();
        run.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /** Bytes that the threads now alive have allocated, -1 where this JVM does not tell. */
    private static long allocated() {
        if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)
                || !threads.isThreadAllocatedMemorySupported()) {
            return -1;
        }
        return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
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

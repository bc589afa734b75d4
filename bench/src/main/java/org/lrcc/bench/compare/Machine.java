package org.lrcc.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.lrcc.bench.FmaPeak;

/** This machine: what it is, and what it can do at most, measured beside everything else. */
final class Machine {
    private static final int ROUNDS = 20;
    private static final int COPIES = 4;
    private static final int COPIED = 12 << 20;

    private Machine() {}

    /** Processor, vector width, cores. */
    static String name() throws IOException {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        String cpu = System.getProperty("os.arch");
        if (Files.isReadable(cpuinfo)) {
            List<String> lines = Files.readAllLines(cpuinfo);
            String model = lines.stream()
                    .filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 2))
                    .orElse(cpu);
            boolean wide = lines.stream().anyMatch(line -> line.startsWith("flags") && line.contains("avx512f"));
            cpu = model + (wide ? ", AVX-512" : ", no AVX-512");
        }
        return cpu + ", " + Runtime.getRuntime().availableProcessors() + " cores";
    }

    /** GFLOP/s of fused multiply-adds on this many threads together. */
    static double fma(int threads) {
        return together(threads, () -> FmaPeak.measure(ROUNDS));
    }

    /** GB/s of copies in memory on this many threads together; bytes read and written count. */
    static double copy(int threads) {
        return together(threads, Machine::copyOnce);
    }

    private static double copyOnce() {
        float[] from = new float[COPIED];
        float[] to = new float[COPIED];
        double best = 0;
        for (int i = 0; i < COPIES; i++) {
            long start = System.nanoTime();
            System.arraycopy(from, 0, to, 0, COPIED);
            best = Math.max(best, 2.0 * Float.BYTES * COPIED / (System.nanoTime() - start));
        }
        return best;
    }

    private interface Probe {
        double measure();
    }

    private static double together(int threads, Probe probe) {
        double[] rates = new double[threads];
        List<Thread> others = IntStream.range(1, threads)
                .mapToObj(i -> new Thread(() -> rates[i] = probe.measure(), "probe-" + i))
                .toList();
        others.forEach(Thread::start);
        rates[0] = probe.measure();
        for (Thread other : others) {
            try {
                other.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return IntStream.range(0, threads).mapToDouble(i -> rates[i]).sum();
    }
}

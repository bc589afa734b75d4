package org.lrcc.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The most memory that this process held so far.
 *
 * @param bytes how much
 * @param source what was measured: the system's count of resident memory, or where there is none the JVM's own of its pools
 */
public record ResidentMemory(long bytes, String source) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";

    /** Of this process, until now. */
    public static ResidentMemory peak() {
        try {
            if (Files.isReadable(STATUS)) {
                for (String line : Files.readAllLines(STATUS)) {
                    if (line.startsWith(PEAK)) {
                        String[] words = line.substring(PEAK.length()).strip().split(" ");
                        return new ResidentMemory(Long.parseLong(words[0]) * 1024, "VmHWM of " + STATUS);
                    }
                }
            }
        } catch (IOException | NumberFormatException e) {
            return pools();
        }
        return pools();
    }

    private static ResidentMemory pools() {
        long sum = ManagementFactory.getMemoryPoolMXBeans().stream()
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage == null ? 0 : usage.getCommitted())
                .sum();
        return new ResidentMemory(sum, "memory pools of the JVM; this system does not tell resident memory");
    }
}

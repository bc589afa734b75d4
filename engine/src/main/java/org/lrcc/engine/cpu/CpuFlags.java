package org.lrcc.engine.cpu;

import java.util.Set;
import org.lrcc.engine.InputException;

/**
 * The system properties that steer this backend. They are checked where they are asked for and before a static field depends on them: an exception from a
 * static initializer would reach only the first caller, and as an error.
 */
final class CpuFlags {
    /** Property: number of threads that work on a kernel. */
    static final String THREADS = "lrcc.threads";

    /** Property: width of vectors in bits, or scalar. */
    static final String VECTOR = "lrcc.cpu.vector";

    static final int MAX_THREADS = 1024;

    private static final Set<String> VECTORS = Set.of("", "128", "256", "512", "scalar");

    private CpuFlags() {}

    /** Throws {@link InputException} where a property has a value that it cannot have. */
    static void check() {
        threads();
        vector();
    }

    /** Threads to use, by default the processors of this machine or container. */
    static int threads() {
        String text = System.getProperty(THREADS);
        if (text == null || text.isEmpty()) {
            return Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        }
        try {
            int threads = Integer.parseInt(text);
            if (threads >= 1 && threads <= MAX_THREADS) {
                return threads;
            }
        } catch (NumberFormatException e) {
            throw new InputException(threadsRule(text), e);
        }
        throw new InputException(threadsRule(text));
    }

    private static String threadsRule(String text) {
        return "-D" + THREADS + ": expected a number from 1 to " + MAX_THREADS + ", got " + text;
    }

    /** The forced width, "" where none is. */
    static String vector() {
        String text = System.getProperty(VECTOR, "");
        if (!VECTORS.contains(text)) {
            throw new InputException("-D" + VECTOR + ": expected 128, 256, 512 or scalar, got " + text);
        }
        return text;
    }
}

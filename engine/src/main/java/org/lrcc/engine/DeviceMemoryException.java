package org.lrcc.engine;

import org.jspecify.annotations.Nullable;

/** A device's memory did not hold what was asked for. */
public final class DeviceMemoryException extends FailureException {
    private static final long serialVersionUID = 1L;

    private final long asked;
    private final long used;
    private final long capacity;

    /**
     * With what holds the memory in the message.
     *
     * @param asked bytes that did not fit
     * @param used bytes that were in use
     * @param capacity bytes that can be in use at once
     */
    public DeviceMemoryException(String message, Throwable cause, long asked, long used, long capacity) {
        super(message, cause);
        this.asked = asked;
        this.used = used;
        this.capacity = capacity;
    }

    /** The one that a failure comes from, however often it was wrapped, or null. */
    public static @Nullable DeviceMemoryException in(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof DeviceMemoryException found) {
                return found;
            }
        }
        return null;
    }

    /**
     * How many of {@code samples} would fit at most, where all that is in use beyond {@code before} bytes is theirs. They may need more than they had taken when this was
     * thrown, so fewer may fit.
     */
    public int mostOf(int samples, long before) {
        long theirs = used + asked - before;
        return theirs <= 0 ? 0 : (int) Math.max(0, Math.min(samples - 1L, samples * (capacity - before) / theirs));
    }
}

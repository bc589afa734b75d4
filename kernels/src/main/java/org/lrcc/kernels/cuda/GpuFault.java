package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;

/** The cause inside a {@link FailureException} of the driver: what kind of failure it was, for those who can do something about it. */
public final class GpuFault extends Exception {
    private static final long serialVersionUID = 1L;

    /** Kinds of failure. */
    public enum Kind {
        /** An allocation did not fit. The device is still good. */
        OUT_OF_MEMORY,
        /** A kernel did something forbidden. The device's context is lost. */
        KERNEL,
        /** The device is gone. */
        LOST,
        /** Anything else. */
        OTHER
    }

    private final Kind kind;

    private GpuFault(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What kind of failure. */
    public Kind kind() {
        return kind;
    }

    /** The exception to throw for a failed call. */
    public static FailureException failure(Kind kind, String message) {
        return new FailureException(message, new GpuFault(kind, message, null));
    }

    /** The exception to throw for a failed call, with what showed it. */
    public static FailureException failure(Kind kind, String message, Throwable cause) {
        return new FailureException(message, new GpuFault(kind, message, cause));
    }

    /** The kind of a failure, however often it was wrapped; null where it does not come from a GPU. */
    public static @Nullable Kind kindOf(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof GpuFault fault) {
                return fault.kind();
            }
        }
        return null;
    }
}

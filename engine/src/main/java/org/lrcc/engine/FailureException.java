package org.lrcc.engine;

/** Something went wrong while working on good input: a NaN loss, a full disk, a lost device. The command line ends with exit code 1. */
public class FailureException extends LrccException {
    private static final long serialVersionUID = 1L;

    /** An error whose message names what failed and where. */
    public FailureException(String message) {
        super(message);
    }

    /** As {@link #FailureException(String)}, with the error that showed it. */
    public FailureException(String message, Throwable cause) {
        super(message, cause);
    }
}

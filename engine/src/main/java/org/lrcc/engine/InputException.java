package org.lrcc.engine;

/** What the caller gave cannot be used: a bad file, shape, name or option. The command line ends with exit code 2. */
public final class InputException extends LrccException {
    private static final long serialVersionUID = 1L;

    /** An error whose message names the thing, the rule and the value. */
    public InputException(String message) {
        super(message);
    }

    /** As {@link #InputException(String)}, with the error that showed it. */
    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}

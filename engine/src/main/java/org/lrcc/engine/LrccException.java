package org.lrcc.engine;

/** Root of the errors this library reports on purpose. Messages name the op, file, tensor, layer or option, the rule and the value. */
public abstract class LrccException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LrccException(String message, Throwable cause) {
        super(message, cause);
    }

    LrccException(String message) {
        super(message);
    }
}

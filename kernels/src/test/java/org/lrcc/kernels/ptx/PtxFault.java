package org.lrcc.kernels.ptx;

/**
 * What the interpreter found wrong with a kernel or with how it was launched; the message names kernel, line and thread.
 */
public final class PtxFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PtxFault(String message) {
        super(message);
    }
}

package org.lrcc.kernels.ptx;

/** What the stand-ins of libraries are called under: counted, failed on request, in the order of streams. */
interface LibraryCalls {
    /** A call that gives a stream no work. */
    void call(String name, long stream);

    /** A call that gives a stream work. */
    void work(String name, long stream, Runnable work);
}

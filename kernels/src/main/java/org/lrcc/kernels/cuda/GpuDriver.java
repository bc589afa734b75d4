package org.lrcc.kernels.cuda;

import java.nio.ByteBuffer;

/**
 * What the backend asks of a GPU: memory, copies, kernels, streams, events, and the two libraries that it needs.
 *
 * <p>Two implementations: JCuda, and in the tests an interpreter of PTX. Addresses, modules, functions, streams and events are opaque
 * numbers, 0 is none (stream 0 is the default stream). Calls of several threads are taken one after the other; each session is of one thread at a time.
 *
 * <p>Every call checks its result; a failed one throws {@code FailureException} whose cause is a {@link GpuFault}. Kernels, copies and
 * library calls run after the call returns, in the order of their stream; their faults surface at the next {@link #synchronize}.
 */
public interface GpuDriver extends AutoCloseable {
    /** The device that this driver works on. */
    DeviceInfo device();

    // --- memory

    /** Device memory of undefined contents, at a multiple of 256 bytes. */
    long allocate(long bytes);

    /** Gives back what {@link #allocate} gave; the device must be done with it. */
    void free(long address);

    /**
     * Told whenever an arena or a cache gives out a part of an allocation, of exactly so many bytes, so that a driver that checks accesses
     * can hold kernels to that part and take its contents as undefined.
     */
    default void handOut(long address, long bytes) {}

    /** Told when a part that was handed out goes back. */
    default void takeBack(long address) {}

    /** Page-locked host memory in native byte order, from and to which copies run beside kernels. */
    ByteBuffer allocatePinned(int bytes);

    /** Gives back what {@link #allocatePinned} gave. */
    void freePinned(ByteBuffer buffer);

    /** Copies bytes from the buffer's position on; its position does not move, and its contents must stay until the stream has come so far. */
    void upload(ByteBuffer from, long to, int bytes, long stream);

    /** Copies bytes to the buffer's position on; they are there when the stream has come so far. */
    void download(long from, ByteBuffer to, int bytes, long stream);

    /** Copies within the device. */
    void copy(long from, long to, long bytes, long stream);

    /** Sets {@code count} bytes. */
    void fillBytes(long to, byte value, long count, long stream);

    /** Sets {@code count} words of 32 bits. */
    void fillWords(long to, int value, long count, long stream);

    // --- kernels

    /** Loads PTX; {@code name} is for messages. */
    long loadModule(String name, String ptx);

    /** A kernel of a module. */
    long function(long module, String kernel);

    /**
     * Launches a kernel.
     *
     * @param sharedBytes shared memory beside the kernel's own
     * @param arguments read before the call returns
     */
    void launch(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int sharedBytes,
            long stream,
            LaunchArguments arguments);

    // --- streams and events

    /** A stream whose work does not wait for the default stream's. */
    long createStream();

    /** Gives a stream back. */
    void destroyStream(long stream);

    /** Waits until the stream's work is done; faults of it are thrown here. */
    void synchronize(long stream);

    /** An event that can tell time. */
    long createEvent();

    /** Gives an event back. */
    void destroyEvent(long event);

    /** Puts the event behind what the stream has been given so far. */
    void record(long event, long stream);

    /** Makes the host wait until what is before a recorded event is done. */
    void awaitEvent(long event);

    /** Makes what the stream is given from now on wait for the event. */
    void waitFor(long stream, long event);

    /** Milliseconds between two recorded events that have both come. */
    float elapsedMillis(long from, long to);

    // --- libraries

    /** cuBLAS, in this driver's memory and streams. */
    GpuProducts products();

    /** cuSOLVER, likewise. */
    GpuSolver solver();

    /** Gives everything back that was not. */
    @Override
    void close();
}

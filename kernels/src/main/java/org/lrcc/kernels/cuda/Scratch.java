package org.lrcc.kernels.cuda;

/** Device memory for the time of a block: given back where the block ends, also by a failure; kernels launched in it may still use it. */
final class Scratch implements AutoCloseable {
    private final CudaMemory memory;
    private final long address;

    /**
     * Allocates.
     *
     * @param bytes 0 for none
     */
    Scratch(CudaMemory memory, long bytes) {
        this.memory = memory;
        this.address = bytes == 0 ? 0 : memory.allocate(bytes, "scratch");
    }

    /** A multiple of 256; 0 where no bytes were asked for. */
    long address() {
        return address;
    }

    @Override
    public void close() {
        if (address != 0) {
            memory.release(address);
        }
    }
}

package org.lrcc.kernels.cuda;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Storage;
import org.lrcc.engine.tensor.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a session's kernels go, one after another: a stream, the memory that they work in, and the arguments of the next launch.
 *
 * <p>A launch returns before its kernel has run. What a kernel did wrong is therefore thrown by a later call; the message of that one lists the launches
 * since the last time that all had come to an end. {@code -Dlrcc.cuda.sync=true} waits after each launch, so that the first one that failed is named alone.
 */
final class KernelQueue implements AutoCloseable {
    /** The system property that makes every launch wait for its end. */
    static final String SYNC = "lrcc.cuda.sync";

    private static final Logger LOG = LoggerFactory.getLogger(KernelQueue.class);
    private static final int BLOCK = 256;
    private static final int WARP = 32;
    private static final int MOST_BLOCKS = 1 << 16;

    private final GpuDriver driver;
    private final KernelCache kernels;
    private final long stream;
    private final CudaMemory memory;
    private final Staging staging;
    private final Prefetch prefetch;
    private final LaunchArguments arguments = new LaunchArguments();
    private final RecentLaunches recent = new RecentLaunches();
    private final boolean sync = Boolean.getBoolean(SYNC);
    private long launches;
    private boolean closed;

    KernelQueue(GpuDriver driver, KernelCache kernels) {
        this.driver = driver;
        this.kernels = kernels;
        this.stream = driver.createStream();
        this.memory = new CudaMemory(driver);
        this.staging = new Staging(driver, stream, this::synchronize);
        this.prefetch = new Prefetch(this);
    }

    GpuDriver driver() {
        return driver;
    }

    long stream() {
        return stream;
    }

    CudaMemory memory() {
        return memory;
    }

    Staging staging() {
        return staging;
    }

    Prefetch prefetch() {
        return prefetch;
    }

    boolean isClosed() {
        return closed;
    }

    /** Device memory for temporary use by kernels of this queue; contents undefined, at a multiple of 256 bytes. */
    long scratch(long bytes) {
        return memory.allocate(bytes, "scratch");
    }

    /** Gives {@link #scratch} back; kernels launched so far may still use it. */
    void release(long address) {
        memory.release(address);
    }

    /** The arguments of the next launch, empty. */
    LaunchArguments arguments() {
        return arguments.clear();
    }

    /** Launches a kernel that walks over so many independent elements, whatever the grid. Nothing where there are none. */
    void launch1d(String module, String kernel, int elements) {
        if (elements == 0) {
            return;
        }
        int block = Math.min(BLOCK, (elements + WARP - 1) / WARP * WARP);
        launch(module, kernel, (int) Math.min(MOST_BLOCKS, (elements + (long) block - 1) / block), 1, block);
    }

    /** Launches a kernel with the arguments put since {@link #arguments()}. */
    void launch(String module, String kernel, int gridX, int gridY, int blockX) {
        long function = kernels.function(driver, module, kernel);
        try {
            driver.launch(function, gridX, gridY, 1, blockX, 1, 0, stream, arguments);
            launches++;
            recent.add(kernel, gridX, gridY, blockX);
            if (sync) {
                driver.synchronize(stream);
            }
        } catch (FailureException e) {
            throw new FailureException(
                    "kernel " + kernel + ", grid [" + gridX + "," + gridY + "], block " + blockX + ", arguments "
                            + arguments + ": " + e.getMessage() + (sync ? "" : recent),
                    e);
        }
    }

    /** Launches so far. */
    long launches() {
        return launches;
    }

    /** Waits until all that was given to this queue is done. */
    void synchronize() {
        try {
            driver.synchronize(stream);
        } catch (FailureException e) {
            throw new FailureException(e.getMessage() + recent, e);
        }
        recent.clear();
    }

    /** Where a tensor's first element is, 0 for null. */
    static long address(@Nullable Tensor tensor) {
        if (tensor == null) {
            return 0;
        }
        Storage storage = tensor.storage();
        if (storage instanceof DeviceStorage device) {
            return device.address() + (long) tensor.offset() * tensor.dtype().bytes();
        }
        throw new InputException(
                "cuda: tensor " + tensor + " is not in the GPU's memory; upload it with the session's kernels");
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            driver.synchronize(stream);
            prefetch.close();
        } catch (FailureException e) {
            // After a fault the context is dead, and what it held with it: every further call would fail as this one
            // did.
            LOG.warn("cuda: the session ends after a fault: {}", e.getMessage());
            return;
        }
        staging.close();
        memory.close();
        driver.destroyStream(stream);
    }
}

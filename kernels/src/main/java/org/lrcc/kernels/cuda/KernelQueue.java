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
    private boolean rounds;
    private boolean closed;

    KernelQueue(GpuDriver driver, KernelCache kernels) {
        this.driver = driver;
        this.kernels = kernels;
        this.stream = driver.createStream();
        this.memory = new CudaMemory(driver);
        this.staging = new Staging(driver, stream, this::synchronize);
        this.prefetch = new Prefetch(this);
        memory.whereShort(prefetch::giveBack);
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

    /** Device memory for temporary use by kernels of this queue; contents undefined. None for 0 bytes. */
    Scratch scratch(long bytes) {
        return new Scratch(memory, bytes);
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
            throw named(
                    "kernel " + kernel + ", grid [" + gridX + "," + gridY + "], block " + blockX + ", arguments "
                            + arguments,
                    e);
        }
    }

    /** Whether products may round their factors to TF32. */
    void roundProducts(boolean allowed) {
        driver.products().allowTf32(stream, allowed);
        rounds = allowed;
    }

    boolean roundsProducts() {
        return rounds;
    }

    /** Products that are not rounded, whatever the session allows. */
    void exactly(Runnable products) {
        if (rounds) {
            driver.products().allowTf32(stream, false);
        }
        products.run();
        if (rounds) {
            driver.products().allowTf32(stream, true);
        }
    }

    /** A product of the library, as {@link GpuProducts#gemm}, in this queue. */
    void gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long b,
            int ldb,
            float beta,
            long c,
            int ldc) {
        launches++;
        try {
            driver.products().gemm(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, stream);
            recent.add("gemm", m, n, k);
            if (sync) {
                driver.synchronize(stream);
            }
        } catch (FailureException e) {
            throw named("gemm [" + m + "," + k + "] x [" + k + "," + n + "]", e);
        }
    }

    /** Products of the library, as {@link GpuProducts#gemmStridedBatched}, in this queue. */
    void gemmStridedBatched(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long strideA,
            long b,
            int ldb,
            long strideB,
            float beta,
            long c,
            int ldc,
            long strideC,
            int count) {
        launches++;
        try {
            driver.products()
                    .gemmStridedBatched(
                            transposeA,
                            transposeB,
                            m,
                            n,
                            k,
                            alpha,
                            a,
                            lda,
                            strideA,
                            b,
                            ldb,
                            strideB,
                            beta,
                            c,
                            ldc,
                            strideC,
                            count,
                            stream);
            recent.add("gemm of many", m, n, k);
            if (sync) {
                driver.synchronize(stream);
            }
        } catch (FailureException e) {
            throw named(count + " gemm [" + m + "," + k + "] x [" + k + "," + n + "]", e);
        }
    }

    /** Makes a call of the driver, copies and the like; one that fails, maybe for what a kernel before it did, names itself and the last launches. */
    void call(String what, long bytes, Runnable call) {
        try {
            call.run();
        } catch (FailureException e) {
            throw named(what + " of " + bytes + " bytes", e);
        }
    }

    private FailureException named(String what, FailureException e) {
        String message = String.valueOf(e.getMessage());
        boolean listed = sync || message.contains(RecentLaunches.BEFORE);
        return new FailureException(what + ": " + message + (listed ? "" : recent), e);
    }

    /** Launches and products so far. */
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

package org.lrcc.kernels.ptx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A card without a card: memory, modules and launches, with the limits of compute capability 6.0.
 *
 * <p>Runs on the caller's thread. Every fault is a {@link PtxFault} whose message names kernel, line and thread.
 */
public final class Interpreter {
    private static final int MOST_THREADS = 1024;
    private static final int MOST_SHARED = 48 * 1024;
    private static final int[] MOST_BLOCK = {1024, 1024, 64};
    private static final int[] MOST_GRID = {Integer.MAX_VALUE, 65535, 65535};

    private final DeviceMemory memory = new DeviceMemory();
    private final Machine.Clock clock = new Machine.Clock();
    private final boolean findsRaces;
    private final long budget;
    private final Map<String, Machine> machines = new HashMap<>();
    private int launches;
    private long instructions;

    /** An interpreter that looks for races too. */
    public Interpreter() {
        this(true, 20_000_000_000L);
    }

    /** {@code budget} is how many instructions of one launch, all threads counted, are held to be an endless loop. */
    Interpreter(boolean findsRaces, long budget) {
        this.findsRaces = findsRaces;
        this.budget = budget;
    }

    DeviceMemory memory() {
        return memory;
    }

    /** Reads PTX and decodes all its kernels; what it cannot run is refused here, with the line. */
    public Map<String, PtxKernel> load(String ptx) {
        Map<String, PtxKernel> kernels = PtxParser.parse(ptx);
        kernels.forEach((name, kernel) -> machines.put(name, new Machine(kernel, memory, clock, findsRaces, budget)));
        return kernels;
    }

    /**
     * Runs a kernel.
     *
     * @param packed the arguments as the driver takes them: each at a multiple of its size
     * @param signature one letter an argument: l, i, f, d, b as {@link PtxKernel#signature}
     */
    void launch(PtxKernel kernel, int[] grid, int[] block, int sharedBytes, byte[] packed, String signature) {
        check(kernel, grid, block, sharedBytes);
        if (!signature.equals(kernel.signature())) {
            throw new PtxFault("launch of " + kernel.name + ": arguments \"" + signature + "\", the kernel takes \""
                    + kernel.signature() + "\"");
        }
        if (packed.length != kernel.parameterBytes) {
            throw new PtxFault("launch of " + kernel.name + ": " + packed.length
                    + " bytes of arguments, the kernel takes " + kernel.parameterBytes);
        }
        Machine machine = machines.get(kernel.name);
        if (machine == null) {
            throw new PtxFault("launch of " + kernel.name + ", which is not loaded");
        }
        instructions += machine.launch(grid, block, sharedBytes, packed, launches++);
    }

    private static void check(PtxKernel kernel, int[] grid, int[] block, int sharedBytes) {
        String launch = "launch of " + kernel.name + " with grid " + Arrays.toString(grid) + " and block "
                + Arrays.toString(block);
        for (int axis = 0; axis < 3; axis++) {
            if (grid[axis] < 1 || grid[axis] > MOST_GRID[axis] || block[axis] < 1 || block[axis] > MOST_BLOCK[axis]) {
                throw new PtxFault(launch + ": at most grid " + Arrays.toString(MOST_GRID) + " and block "
                        + Arrays.toString(MOST_BLOCK));
            }
        }
        int threads = block[0] * block[1] * block[2];
        if (threads > Math.min(MOST_THREADS, kernel.maxThreads)) {
            throw new PtxFault(
                    launch + ": " + threads + " threads, at most " + Math.min(MOST_THREADS, kernel.maxThreads));
        }
        if (sharedBytes < 0 || kernel.sharedBytes + sharedBytes > MOST_SHARED) {
            throw new PtxFault(launch + ": " + kernel.sharedBytes + " + " + sharedBytes
                    + " bytes of shared memory, at most " + MOST_SHARED);
        }
    }

    /** Launches so far. */
    public int launches() {
        return launches;
    }

    /** Instructions so far, every thread counted. */
    public long instructions() {
        return instructions;
    }
}

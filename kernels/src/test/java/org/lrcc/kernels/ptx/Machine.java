package org.lrcc.kernels.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.ptx.PtxKernel.Statement;

/**
 * Runs one kernel, block after block. Each instruction is executed for all threads that stand at it before the next one is looked at; where a branch
 * divides them, the group that stands lower in the text goes first and waits at the next place where another group may join it.
 */
final class Machine {
    final DeviceMemory memory;
    final Region nowhere = new Region("nothing", 0, 0, false);
    final boolean findsRaces;
    Region shared = nowhere;
    Region local = nowhere;
    int localBytes;
    ByteBuffer parameters = ByteBuffer.allocate(0);
    long launchTag;
    long blockTag;
    long nowTag;
    int threads;

    private final PtxKernel kernel;
    private final Program program;
    private final Clock clock;
    private final long budget;
    private final ArrayDeque<int[]> spare = new ArrayDeque<>();
    private final List<Group> pending = new ArrayList<>();
    private final List<Group> waiting = new ArrayList<>();
    private final int[] filtered = new int[Operands.THREADS];
    private final int[] block = new int[3];
    private final int[] grid = new int[3];
    private final int[] at = new int[3];
    private int pc;
    private long executed;

    /** Counts phases across all machines of one memory. */
    static final class Clock {
        private long phase = 1;

        long next() {
            return ++phase << Region.TAG_BITS;
        }
    }

    /** Threads that stand at the same instruction, in order. */
    private static final class Group {
        int pc;
        int[] lanes;
        int count;

        Group(int pc, int[] lanes, int count) {
            this.pc = pc;
            this.lanes = lanes;
            this.count = count;
        }
    }

    /** {@code budget} is how many instructions of one launch, all threads counted, are held to be an endless loop. */
    Machine(PtxKernel kernel, DeviceMemory memory, Clock clock, boolean findsRaces, long budget) {
        this.kernel = kernel;
        this.memory = memory;
        this.clock = clock;
        this.findsRaces = findsRaces;
        this.budget = budget;
        this.localBytes = PtxKernel.align(kernel.localBytes, 16);
        this.program = new Program(kernel, this);
    }

    PtxKernel.@Nullable Parameter parameter(String name) {
        return kernel.parameters.stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** The allocation that a thread's access falls into. */
    Region global(int thread, long address, int bytes) {
        Region region = memory.find(address, bytes);
        if (region == null) {
            throw fault(
                    thread,
                    "out of bounds: " + bytes + " bytes at 0x" + Long.toHexString(address) + memory.describe(address));
        }
        return region;
    }

    PtxFault fault(int thread, String what) {
        Statement s = kernel.statements.get(pc);
        return new PtxFault("kernel " + kernel.name + " line " + s.line() + " `" + s.text() + "` block "
                + Arrays.toString(at) + " of " + Arrays.toString(grid) + " " + threadName(thread) + ": " + what);
    }

    String threadName(int thread) {
        int x = Math.max(block[0], 1);
        int y = Math.max(block[1], 1);
        return "thread [" + thread % x + ", " + thread / x % y + ", " + thread / x / y + "]";
    }

    /**
     * Runs all blocks.
     *
     * @param packed the arguments as the driver takes them
     * @param turn which block comes first; others follow with a step that visits each once, so that results which depend on the order show
     * @return instructions executed, every thread counted
     */
    long launch(int[] gridSize, int[] blockSize, int sharedBytes, byte[] packed, int turn) {
        System.arraycopy(gridSize, 0, grid, 0, 3);
        System.arraycopy(blockSize, 0, block, 0, 3);
        threads = block[0] * block[1] * block[2];
        parameters = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
        shared = new Region("shared memory", 0, (long) kernel.sharedBytes + sharedBytes, true);
        local = new Region("local memory", 0, (long) localBytes * threads, true);
        fillThreadIndices();
        executed = 0;
        launchTag = clock.next();
        int blocks = Math.multiplyExact(Math.multiplyExact(grid[0], grid[1]), grid[2]);
        int stride = stride(blocks, turn);
        long index = Math.floorMod(turn, blocks);
        for (int i = 0; i < blocks; i++) {
            at[0] = (int) (index % grid[0]);
            at[1] = (int) (index / grid[0] % grid[1]);
            at[2] = (int) (index / grid[0] / grid[1]);
            runBlock();
            index = (index + stride) % blocks;
        }
        return executed;
    }

    private static int stride(int blocks, int turn) {
        int stride = Math.floorMod(turn * 7919, blocks) | 1;
        while (gcd(stride, blocks) != 1) {
            stride += 2;
        }
        return stride;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private void fillThreadIndices() {
        for (Map.Entry<String, int[]> special : program.specials.entrySet()) {
            int[] values = special.getValue();
            for (int i = 0; i < threads; i++) {
                values[i] = switch (special.getKey()) {
                    case "%tid.x" -> i % block[0];
                    case "%tid.y" -> i / block[0] % block[1];
                    case "%tid.z" -> i / block[0] / block[1];
                    case "%ntid.x" -> block[0];
                    case "%ntid.y" -> block[1];
                    case "%ntid.z" -> block[2];
                    case "%nctaid.x" -> grid[0];
                    case "%nctaid.y" -> grid[1];
                    case "%nctaid.z" -> grid[2];
                    case "%laneid" -> i & 31;
                    case "%ctaid.x", "%ctaid.y", "%ctaid.z" -> 0;
                    default ->
                        throw new PtxFault("kernel " + kernel.name + ": unsupported register " + special.getKey());
                };
            }
        }
    }

    private void fillBlockIndices() {
        for (int axis = 0; axis < 3; axis++) {
            int[] values = program.specials.get("%ctaid." + "xyz".charAt(axis));
            if (values != null) {
                Arrays.fill(values, 0, threads, at[axis]);
            }
        }
    }

    private void runBlock() {
        blockTag = clock.next();
        nowTag = blockTag;
        shared.clear();
        local.clear();
        fillBlockIndices();
        pending.clear();
        waiting.clear();
        int[] all = lanes();
        for (int i = 0; i < threads; i++) {
            all[i] = i;
        }
        pending.add(new Group(0, all, threads));
        while (true) {
            while (!pending.isEmpty()) {
                run(lowest());
            }
            if (waiting.isEmpty()) {
                return;
            }
            release();
        }
    }

    private int[] lanes() {
        int[] lanes = spare.poll();
        return lanes == null ? new int[Operands.THREADS] : lanes;
    }

    /** The group that stands lowest, with all that stand there too. */
    private Group lowest() {
        Group lowest = pending.get(0);
        for (Group group : pending) {
            lowest = group.pc < lowest.pc ? group : lowest;
        }
        pending.remove(lowest);
        for (int i = pending.size() - 1; i >= 0; i--) {
            if (pending.get(i).pc == lowest.pc) {
                merge(lowest, pending.remove(i));
            }
        }
        return lowest;
    }

    private void merge(Group into, Group other) {
        int[] merged = lanes();
        int a = 0;
        int b = 0;
        int n = 0;
        while (a < into.count || b < other.count) {
            boolean first = b == other.count || (a < into.count && into.lanes[a] < other.lanes[b]);
            merged[n++] = first ? into.lanes[a++] : other.lanes[b++];
        }
        spare.push(into.lanes);
        spare.push(other.lanes);
        into.lanes = merged;
        into.count = n;
    }

    /** Opens a barrier that every thread of the block has reached. */
    private void release() {
        Group group = waiting.remove(0);
        for (Group other : waiting) {
            if (other.pc != group.pc) {
                pc = other.pc - 1;
                throw fault(
                        other.lanes[0],
                        "divergence: this barrier is reached while other threads wait at line "
                                + kernel.statements.get(group.pc - 1).line());
            }
            merge(group, other);
        }
        waiting.clear();
        if (group.count < threads) {
            pc = group.pc - 1;
            throw fault(
                    group.lanes[0],
                    "divergence: " + group.count + " threads wait here, " + (threads - group.count) + " have exited");
        }
        nowTag = clock.next();
        pending.add(group);
    }

    /** Runs a group until it ends, waits, or stands where another may join. */
    private void run(Group group) {
        pc = group.pc;
        while (true) {
            if (program.leaders[pc] && !pending.isEmpty() && othersAreNotAhead(pc)) {
                group.pc = pc;
                pending.add(group);
                return;
            }
            executed += group.count;
            int[] guard = program.guards[pc];
            switch (program.flow[pc]) {
                case STEP -> {
                    if (guard == null) {
                        program.steps[pc].run(group.lanes, group.count);
                    } else {
                        int count =
                                filter(group, guard, !kernel.statements.get(pc).negated(), filtered);
                        program.steps[pc].run(filtered, count);
                    }
                    pc++;
                }
                case BRANCH -> {
                    if (executed > budget) {
                        throw fault(group.lanes[0], "endless loop? " + executed + " instructions");
                    }
                    pc = guard == null ? program.targets[pc] : divide(group, guard);
                }
                case EXIT -> {
                    if (guard == null) {
                        spare.push(group.lanes);
                        return;
                    }
                    group.count = filter(group, guard, kernel.statements.get(pc).negated(), group.lanes);
                    if (group.count == 0) {
                        return;
                    }
                    pc++;
                }
                case BARRIER -> {
                    if (guard != null) {
                        throw fault(group.lanes[0], "a barrier must not be conditional");
                    }
                    group.pc = pc + 1;
                    waiting.add(group);
                    return;
                }
            }
        }
    }

    private boolean othersAreNotAhead(int here) {
        for (Group other : pending) {
            if (other.pc <= here) {
                return true;
            }
        }
        return false;
    }

    private static int filter(Group group, int[] guard, boolean wanted, int[] into) {
        int count = 0;
        for (int i = 0; i < group.count; i++) {
            int lane = group.lanes[i];
            if ((guard[lane] != 0) == wanted) {
                into[count++] = lane;
            }
        }
        return count;
    }

    /** Divides a group at a branch; returns where the rest of it goes on. */
    private int divide(Group group, int[] guard) {
        boolean taken = !kernel.statements.get(pc).negated();
        int jumps = 0;
        for (int i = 0; i < group.count; i++) {
            jumps += (guard[group.lanes[i]] != 0) == taken ? 1 : 0;
        }
        int target = program.targets[pc];
        if (jumps == 0) {
            return pc + 1;
        }
        if (jumps == group.count) {
            return target;
        }
        int[] leaving = lanes();
        boolean targetLater = target > pc + 1;
        // The part that goes further up the text waits.
        int count = filter(group, guard, targetLater == taken, leaving);
        pending.add(new Group(targetLater ? target : pc + 1, leaving, count));
        group.count = filter(group, guard, targetLater != taken, group.lanes);
        return targetLater ? pc + 1 : target;
    }
}

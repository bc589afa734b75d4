package org.lrcc.kernels.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lrcc.kernels.cuda.DeviceInfo;
import org.lrcc.kernels.cuda.GpuDriver;
import org.lrcc.kernels.cuda.GpuFault;
import org.lrcc.kernels.cuda.GpuProducts;
import org.lrcc.kernels.cuda.GpuSolver;
import org.lrcc.kernels.cuda.LaunchArguments;

/**
 * A {@link GpuDriver} without a GPU: kernels run on the {@link Interpreter}, cuBLAS and cuSOLVER are stand-ins on the host, everything is checked and
 * counted.
 *
 * <p>Work is done when it is given out. What the host must not rely on yet is withheld: a download arrives at the next synchronisation of its stream, and
 * work of two streams on one piece of memory must be ordered by events. The driver can be told to fail a call.
 */
public final class InterpreterDriver implements GpuDriver {
    private final long memoryBytes;
    private final Interpreter interpreter;
    private final DeviceMemory memory;
    private final StreamOrder order = new StreamOrder();
    private final HostBlas blas;
    private final HostSolver solver;
    private final Map<Long, Map<String, PtxKernel>> modules = new HashMap<>();
    private final Map<Long, PtxKernel> functions = new HashMap<>();
    private final Map<Long, List<Runnable>> streams = new HashMap<>();
    private final Map<Long, Long> events = new HashMap<>();
    private final IdentityHashMap<ByteBuffer, List<Sent>> pinned = new IdentityHashMap<>();
    private final TreeMap<String, Integer> calls = new TreeMap<>();
    private long handles = 1000;
    private long uploadedBytes;
    private int failAt = -1;
    private @Nullable String failCall;
    private GpuFault.Kind failKind = GpuFault.Kind.OTHER;
    private @Nullable String lost;

    /** What an upload from page-locked memory must still find there when the device comes to it. */
    private record Sent(int at, byte[] bytes, long stream, long count) {
        boolean isThere(ByteBuffer buffer) {
            ByteBuffer now = buffer.duplicate();
            now.clear().position(at).limit(at + bytes.length);
            return now.equals(ByteBuffer.wrap(bytes));
        }
    }

    /** A device of 4 GiB on which races are looked for. */
    public InterpreterDriver() {
        this(4L << 30, true);
    }

    /** A device of so many bytes; without the search for races, kernels run a little faster. */
    public InterpreterDriver(long memoryBytes, boolean findsRaces) {
        this.memoryBytes = memoryBytes;
        this.interpreter = new Interpreter(findsRaces, 200_000_000_000L);
        this.memory = interpreter.memory();
        LibraryCalls libraries = new Libraries();
        this.blas = new HostBlas(memory, order, libraries);
        this.solver = new HostSolver(memory, order, libraries);
        streams.put(0L, new ArrayList<>());
    }

    // --- what tests ask

    /** Makes the n-th call from now (counted from 1) of this name fail; a kernel fault or a lost device makes all later ones fail too. */
    public synchronized void fail(String call, int nth, GpuFault.Kind kind) {
        failCall = call;
        failAt = calls.getOrDefault(call, 0) + nth;
        failKind = kind;
    }

    /** Makes the next call of cuSOLVER of this name report this instead of success; its results are then not to be relied on. */
    public synchronized void report(String call, int info) {
        solver.report(call, info);
    }

    /** How often a call was made. */
    public synchronized int calls(String call) {
        return calls.getOrDefault(call, 0);
    }

    /** Allocations of device and pinned memory, streams and events that were not given back. */
    public synchronized String live() {
        return memory.allocations() + " allocations, " + pinned.size() + " pinned buffers, " + (streams.size() - 1)
                + " streams, " + events.size() + " events";
    }

    /** Bytes of device memory in use. */
    public synchronized long usedBytes() {
        return memory.used();
    }

    /** The most bytes of device memory that were in use at once. */
    public synchronized long highestBytes() {
        return memory.highest();
    }

    /** Bytes that came from the host so far. */
    public long uploadedBytes() {
        return uploadedBytes;
    }

    /** Instructions interpreted so far, every thread counted. */
    public synchronized long instructions() {
        return interpreter.instructions();
    }

    // --- calls

    private void call(String name) {
        int count = calls.merge(name, 1, Integer::sum);
        if (lost != null) {
            throw GpuFault.failure(GpuFault.Kind.LOST, name + ": the device is lost since " + lost);
        }
        if (name.equals(failCall) && count == failAt) {
            String message = name + ": " + failKind + " on request";
            if (failKind == GpuFault.Kind.KERNEL || failKind == GpuFault.Kind.LOST) {
                lost = message;
            }
            throw GpuFault.failure(failKind, message);
        }
    }

    /** Does work of a stream; what the interpreter finds is a kernel fault, after which nothing works. */
    private void work(String name, long stream, Runnable work) {
        call(name);
        require(streams, "stream", stream);
        try {
            order.begin(stream, name);
            work.run();
        } catch (PtxFault e) {
            lost = e.getMessage();
            throw GpuFault.failure(GpuFault.Kind.KERNEL, e.getMessage(), e);
        }
    }

    private static <T> T require(Map<Long, T> handles, String what, long handle) {
        T found = handles.get(handle);
        if (found == null) {
            throw new PtxFault("there is no " + what + " " + handle);
        }
        return found;
    }

    @Override
    public synchronized DeviceInfo device() {
        return new DeviceInfo("PTX interpreter", 6, 0, 56, memoryBytes);
    }

    @Override
    public synchronized long allocate(long bytes) {
        call("allocate");
        if (bytes <= 0) {
            throw new PtxFault("allocation of " + bytes + " bytes");
        }
        if (memory.used() + bytes > memoryBytes) {
            throw GpuFault.failure(
                    GpuFault.Kind.OUT_OF_MEMORY,
                    "allocate: " + bytes + " bytes do not fit, " + memory.used() + " of " + memoryBytes
                            + " are in use");
        }
        return memory.allocate(bytes);
    }

    @Override
    public synchronized void free(long address) {
        call("free");
        order.forget(memory.free(address));
    }

    @Override
    public synchronized void handOut(long address, long bytes) {
        order.handOut(memory.handOut(address, bytes));
    }

    @Override
    public synchronized void takeBack(long address) {
        order.takeBack(memory.takeBack(address));
    }

    @Override
    public synchronized ByteBuffer allocatePinned(int bytes) {
        call("allocatePinned");
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        pinned.put(buffer, new ArrayList<>());
        return buffer;
    }

    @Override
    public synchronized void freePinned(ByteBuffer buffer) {
        call("freePinned");
        settle(buffer);
        if (pinned.remove(buffer) == null) {
            throw new PtxFault("freePinned: this buffer is not pinned");
        }
    }

    @Override
    public synchronized void upload(ByteBuffer from, long to, int bytes, long stream) {
        work("upload", stream, () -> {
            Region region = memory.require("upload", to, bytes);
            order.write(region);
            int at = (int) (to - region.base);
            from.duplicate().get(region.data(), at, bytes);
            region.markWritten(at, bytes);
            uploadedBytes += bytes;
            List<Sent> sent = pinned.get(from);
            if (sent != null) {
                settle(from);
                byte[] snapshot = Arrays.copyOfRange(region.data(), at, at + bytes);
                sent.add(new Sent(from.position(), snapshot, stream, order.count(stream)));
            }
        });
    }

    /** Sees whether uploads that may not be done yet still find what they were given, and forgets those that are done. */
    private void settle(ByteBuffer buffer) {
        List<Sent> sent = pinned.getOrDefault(buffer, List.of());
        for (Sent upload : sent) {
            if (!upload.isThere(buffer)) {
                throw new PtxFault("upload of " + upload.bytes.length
                        + " bytes: the page-locked buffer was written again before the host had waited for the copy");
            }
        }
        sent.removeIf(upload -> order.hostKnows(upload.stream, upload.count));
    }

    private void settleAll() {
        List.copyOf(pinned.keySet()).forEach(this::settle);
    }

    @Override
    public synchronized void download(long from, ByteBuffer to, int bytes, long stream) {
        work("download", stream, () -> {
            Region region = memory.require("download", from, bytes);
            order.read(region);
            int at = (int) (from - region.base);
            if (!region.isWritten(at, bytes)) {
                throw new PtxFault(
                        "download of " + bytes + " bytes at " + region.where(at) + ", which nothing has written whole");
            }
            byte[] snapshot = new byte[bytes];
            System.arraycopy(region.data(), at, snapshot, 0, bytes);
            ByteBuffer target = to.duplicate();
            require(streams, "stream", stream).add(() -> target.put(snapshot));
        });
    }

    @Override
    public synchronized void copy(long from, long to, long bytes, long stream) {
        work("copy", stream, () -> {
            Region source = memory.require("copy", from, bytes);
            Region target = memory.require("copy", to, bytes);
            order.read(source);
            order.write(target);
            source.copyTo((int) (from - source.base), target, (int) (to - target.base), (int) bytes);
        });
    }

    @Override
    public synchronized void fillBytes(long to, byte value, long count, long stream) {
        fill("fillBytes", to, count, 1, value, stream);
    }

    @Override
    public synchronized void fillWords(long to, int value, long count, long stream) {
        fill("fillWords", to, 4 * count, 4, value, stream);
    }

    private void fill(String name, long to, long bytes, int width, int value, long stream) {
        work(name, stream, () -> {
            Region region = memory.require(name, to, bytes);
            if (to % width != 0) {
                throw new PtxFault(name + " at 0x" + Long.toHexString(to) + " is misaligned");
            }
            order.write(region);
            int at = (int) (to - region.base);
            for (int i = 0; i < bytes; i++) {
                region.data()[at + i] = (byte) (value >> 8 * (i % width));
            }
            region.markWritten(at, (int) bytes);
        });
    }

    @Override
    public synchronized long loadModule(String name, String ptx) {
        call("loadModule");
        modules.put(++handles, interpreter.load(ptx));
        return handles;
    }

    @Override
    public synchronized long function(long module, String kernel) {
        call("function");
        PtxKernel found = require(modules, "module", module).get(kernel);
        if (found == null) {
            throw new PtxFault("the module has no kernel " + kernel);
        }
        functions.put(++handles, found);
        return handles;
    }

    @Override
    public synchronized void launch(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int sharedBytes,
            long stream,
            LaunchArguments arguments) {
        PtxKernel kernel = require(functions, "function", function);
        byte[] packed = new byte[arguments.bytes()];
        arguments.packed().duplicate().flip().get(packed);
        work("launch", stream, () -> {
            int[] grid = {gridX, gridY, gridZ};
            int[] block = {blockX, blockY, 1};
            List<Region> given = given(kernel, packed);
            given.forEach(region -> {
                order.read(region);
                region.stored = false;
            });
            interpreter.launch(kernel, grid, block, sharedBytes, packed, arguments.signature());
            given.stream().filter(region -> region.stored).forEach(order::write);
        });
    }

    /** What a kernel is given it may use: all that must have come before. */
    private List<Region> given(PtxKernel kernel, byte[] packed) {
        List<Region> given = new ArrayList<>();
        for (PtxKernel.Parameter parameter : kernel.parameters) {
            if (parameter.type() == Type.U64 && parameter.offset() + 8 <= packed.length) {
                Region region = memory.find((long) Region.LONG.get(packed, parameter.offset()), 0);
                if (region != null && !given.contains(region)) {
                    given.add(region);
                }
            }
        }
        return given;
    }

    @Override
    public synchronized long createStream() {
        call("createStream");
        streams.put(++handles, new ArrayList<>());
        return handles;
    }

    @Override
    public synchronized void destroyStream(long stream) {
        call("destroyStream");
        require(streams, "stream", stream);
        streams.remove(stream);
        blas.forget(stream);
    }

    @Override
    public synchronized void synchronize(long stream) {
        call("synchronize");
        List<Runnable> pending = require(streams, "stream", stream);
        order.synchronize(stream);
        settleAll();
        pending.forEach(Runnable::run);
        pending.clear();
    }

    @Override
    public synchronized long createEvent() {
        call("createEvent");
        events.put(++handles, -1L);
        return handles;
    }

    @Override
    public synchronized void destroyEvent(long event) {
        call("destroyEvent");
        require(events, "event", event);
        events.remove(event);
    }

    @Override
    public synchronized void record(long event, long stream) {
        call("record");
        require(events, "event", event);
        require(streams, "stream", stream);
        events.put(event, System.nanoTime());
        order.record(event, stream);
    }

    @Override
    public synchronized void awaitEvent(long event) {
        call("awaitEvent");
        if (require(events, "event", event) < 0) {
            throw new PtxFault("awaitEvent: the event was not recorded");
        }
        order.await(event);
        settleAll();
    }

    @Override
    public synchronized void waitFor(long stream, long event) {
        call("waitFor");
        require(events, "event", event);
        require(streams, "stream", stream);
        order.waitFor(stream, event);
    }

    @Override
    public synchronized float elapsedMillis(long from, long to) {
        call("elapsedMillis");
        long start = require(events, "event", from);
        long end = require(events, "event", to);
        if (start < 0 || end < 0) {
            throw new PtxFault("elapsedMillis: an event was not recorded");
        }
        return (end - start) / 1e6f;
    }

    @Override
    public GpuProducts products() {
        return blas;
    }

    @Override
    public GpuSolver solver() {
        return solver;
    }

    /** Calls of the libraries, taken one after the other with the driver's own. */
    private final class Libraries implements LibraryCalls {
        @Override
        public void call(String name, long stream) {
            synchronized (InterpreterDriver.this) {
                InterpreterDriver.this.call(name);
                require(streams, "stream", stream);
            }
        }

        @Override
        public void work(String name, long stream, Runnable work) {
            synchronized (InterpreterDriver.this) {
                InterpreterDriver.this.work(name, stream, work);
            }
        }
    }

    /** Everything must have been given back by now. */
    @Override
    public synchronized void close() {
        call("close");
    }
}

package org.lrcc.kernels.cuda;

import static jcuda.driver.JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER;
import static jcuda.driver.JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE;
import static jcuda.driver.JCudaDriver.CU_LAUNCH_PARAM_END;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import org.jspecify.annotations.Nullable;

/** The driver of a real card: CUDA's driver API in the primary context of device 0, cuBLAS and cuSOLVER, all through JCuda. Calls may come from any thread. */
public final class JCudaDriver implements GpuDriver {
    private static final int NAME_BYTES = 256;

    /** A pointer that tells its value. */
    private static final class Allocation extends CUdeviceptr {
        long address() {
            return getNativePointer();
        }
    }

    /** What a launch passes on, for one reused buffer of arguments. */
    private record Packed(Pointer extra, ByteBuffer size) {}

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final DeviceInfo info;
    private final Handles<CUmodule> modules = new Handles<>("module");
    private final Handles<CUfunction> functions = new Handles<>("function");
    private final Handles<CUstream> streams = new Handles<>("stream");
    private final Handles<CUevent> events = new Handles<>("event");
    private final Map<ByteBuffer, Pointer> pinned = new IdentityHashMap<>();
    /** By the arguments of a session, which are not kept alive here. */
    private final Map<LaunchArguments, Packed> packed = new WeakHashMap<>();

    private final CublasCalls blas;
    private final CusolverCalls solver;
    private @Nullable Thread current;

    /** Retains the primary context of device 0. */
    public JCudaDriver() {
        DriverCodes.check("cuInit", cuInit(0));
        DriverCodes.check("cuDeviceGet", cuDeviceGet(device, 0));
        DriverCodes.check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, device));
        enter();
        info = describe(device);
        blas = new CublasCalls(this);
        solver = new CusolverCalls(this);
    }

    private static DeviceInfo describe(CUdevice device) {
        byte[] name = new byte[NAME_BYTES];
        DriverCodes.check("cuDeviceGetName", cuDeviceGetName(name, name.length, device));
        int end = 0;
        while (end < name.length && name[end] != 0) {
            end++;
        }
        long[] memory = new long[1];
        DriverCodes.check("cuDeviceTotalMem", cuDeviceTotalMem(memory, device));
        return new DeviceInfo(
                new String(name, 0, end, StandardCharsets.UTF_8),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                memory[0]);
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        DriverCodes.check("cuDeviceGetAttribute", cuDeviceGetAttribute(value, attribute, device));
        return value[0];
    }

    /** A context is current to a thread, not to a process. */
    private void enter() {
        Thread thread = Thread.currentThread();
        if (thread != current) {
            DriverCodes.check("cuCtxSetCurrent", cuCtxSetCurrent(context));
            current = thread;
        }
    }

    /** A device address as JCuda takes it. */
    static CUdeviceptr pointer(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    @Override
    public DeviceInfo device() {
        return info;
    }

    @Override
    public synchronized long allocate(long bytes) {
        enter();
        Allocation allocation = new Allocation();
        DriverCodes.check("cuMemAlloc of " + bytes + " bytes", cuMemAlloc(allocation, bytes));
        return allocation.address();
    }

    @Override
    public synchronized void free(long address) {
        enter();
        DriverCodes.check("cuMemFree", cuMemFree(pointer(address)));
    }

    @Override
    public synchronized ByteBuffer allocatePinned(int bytes) {
        enter();
        Pointer pointer = new Pointer();
        DriverCodes.check("cuMemHostAlloc of " + bytes + " bytes", cuMemHostAlloc(pointer, bytes, 0));
        ByteBuffer buffer = pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
        pinned.put(buffer, pointer);
        return buffer;
    }

    @Override
    public synchronized void freePinned(ByteBuffer buffer) {
        enter();
        Pointer pointer = pinned.remove(buffer);
        if (pointer == null) {
            throw new IllegalStateException("freePinned: this buffer is not pinned");
        }
        DriverCodes.check("cuMemFreeHost", cuMemFreeHost(pointer));
    }

    @Override
    public synchronized void upload(ByteBuffer from, long to, int bytes, long stream) {
        enter();
        DriverCodes.check(
                "cuMemcpyHtoDAsync of " + bytes + " bytes",
                cuMemcpyHtoDAsync(pointer(to), Pointer.to(from.slice()), bytes, streams.get(stream)));
    }

    @Override
    public synchronized void download(long from, ByteBuffer to, int bytes, long stream) {
        enter();
        DriverCodes.check(
                "cuMemcpyDtoHAsync of " + bytes + " bytes",
                cuMemcpyDtoHAsync(Pointer.to(to.slice()), pointer(from), bytes, streams.get(stream)));
    }

    @Override
    public synchronized void copy(long from, long to, long bytes, long stream) {
        enter();
        DriverCodes.check(
                "cuMemcpyDtoDAsync of " + bytes + " bytes",
                cuMemcpyDtoDAsync(pointer(to), pointer(from), bytes, streams.get(stream)));
    }

    @Override
    public synchronized void fillBytes(long to, byte value, long count, long stream) {
        enter();
        DriverCodes.check(
                "cuMemsetD8Async of " + count, cuMemsetD8Async(pointer(to), value, count, streams.get(stream)));
    }

    @Override
    public synchronized void fillWords(long to, int value, long count, long stream) {
        enter();
        DriverCodes.check(
                "cuMemsetD32Async of " + count, cuMemsetD32Async(pointer(to), value, count, streams.get(stream)));
    }

    @Override
    public synchronized long loadModule(String name, String ptx) {
        enter();
        CUmodule module = new CUmodule();
        DriverCodes.check("cuModuleLoadData of " + name, cuModuleLoadData(module, ptx));
        return modules.add(module);
    }

    @Override
    public synchronized long function(long module, String kernel) {
        enter();
        CUfunction function = new CUfunction();
        DriverCodes.check(
                "cuModuleGetFunction of " + kernel, cuModuleGetFunction(function, modules.get(module), kernel));
        return functions.add(function);
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
        enter();
        Packed extra = packed.computeIfAbsent(arguments, JCudaDriver::pack);
        extra.size.putLong(0, arguments.bytes());
        DriverCodes.check(
                "cuLaunchKernel",
                cuLaunchKernel(
                        functions.get(function),
                        gridX,
                        gridY,
                        gridZ,
                        blockX,
                        blockY,
                        1,
                        sharedBytes,
                        streams.get(stream),
                        null,
                        extra.extra));
    }

    private static Packed pack(LaunchArguments arguments) {
        ByteBuffer size = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
        ByteBuffer whole = arguments.packed().duplicate();
        whole.clear();
        return new Packed(
                Pointer.to(
                        CU_LAUNCH_PARAM_BUFFER_POINTER,
                        Pointer.to(whole),
                        CU_LAUNCH_PARAM_BUFFER_SIZE,
                        Pointer.to(size),
                        CU_LAUNCH_PARAM_END),
                size);
    }

    @Override
    public synchronized long createStream() {
        enter();
        CUstream stream = new CUstream();
        DriverCodes.check("cuStreamCreate", cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        return streams.add(stream);
    }

    @Override
    public synchronized void destroyStream(long stream) {
        enter();
        CUstream gone = streams.remove(stream);
        blas.forget(gone);
        DriverCodes.check("cuStreamDestroy", cuStreamDestroy(gone));
    }

    /** Not synchronized: others may go on while this thread waits. */
    @Override
    public void synchronize(long stream) {
        CUstream waited;
        synchronized (this) {
            enter();
            waited = streams.get(stream);
        }
        DriverCodes.check("cuStreamSynchronize", cuStreamSynchronize(waited));
    }

    @Override
    public synchronized long createEvent() {
        enter();
        CUevent event = new CUevent();
        DriverCodes.check("cuEventCreate", cuEventCreate(event, 0));
        return events.add(event);
    }

    @Override
    public synchronized void destroyEvent(long event) {
        enter();
        DriverCodes.check("cuEventDestroy", cuEventDestroy(events.remove(event)));
    }

    @Override
    public synchronized void record(long event, long stream) {
        enter();
        DriverCodes.check("cuEventRecord", cuEventRecord(events.get(event), streams.get(stream)));
    }

    @Override
    public void awaitEvent(long event) {
        CUevent awaited;
        synchronized (this) {
            enter();
            awaited = events.get(event);
        }
        DriverCodes.check("cuEventSynchronize", cuEventSynchronize(awaited));
    }

    @Override
    public synchronized void waitFor(long stream, long event) {
        enter();
        DriverCodes.check("cuStreamWaitEvent", cuStreamWaitEvent(streams.get(stream), events.get(event), 0));
    }

    @Override
    public synchronized float elapsedMillis(long from, long to) {
        enter();
        float[] millis = new float[1];
        DriverCodes.check("cuEventElapsedTime", cuEventElapsedTime(millis, events.get(from), events.get(to)));
        return millis[0];
    }

    @Override
    public GpuProducts products() {
        return blas;
    }

    @Override
    public GpuSolver solver() {
        return solver;
    }

    /** A stream for a library, with the context current to this thread. */
    synchronized CUstream stream(long stream) {
        enter();
        return streams.get(stream);
    }

    @Override
    public synchronized void close() {
        enter();
        blas.close();
        solver.close();
        pinned.values().forEach(pointer -> DriverCodes.check("cuMemFreeHost", cuMemFreeHost(pointer)));
        pinned.clear();
        DriverCodes.check("cuDevicePrimaryCtxRelease", cuDevicePrimaryCtxRelease(device));
    }

    /** Objects of JCuda by number. */
    private static final class Handles<T> {
        private final String kind;
        private final List<@Nullable T> objects = new ArrayList<>();

        Handles(String kind) {
            this.kind = kind;
        }

        long add(T object) {
            int vacant = objects.indexOf(null);
            if (vacant >= 0) {
                objects.set(vacant, object);
                return vacant + 1L;
            }
            objects.add(object);
            return objects.size();
        }

        T get(long handle) {
            T object = handle >= 1 && handle <= objects.size() ? objects.get((int) handle - 1) : null;
            if (object == null) {
                throw new IllegalStateException("cuda: there is no " + kind + " " + handle);
            }
            return object;
        }

        T remove(long handle) {
            T object = get(handle);
            objects.set((int) handle - 1, null);
            return object;
        }
    }
}

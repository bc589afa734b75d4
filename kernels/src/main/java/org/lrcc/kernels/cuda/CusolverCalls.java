package org.lrcc.kernels.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.jcusolver.JCusolverDn;
import jcuda.jcusolver.cusolverDnHandle;
import jcuda.jcusolver.cusolverEigMode;
import jcuda.jcusolver.gesvdjInfo;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Factorizations on cuSOLVER. Each waits for its end: what it reports of the matrix is checked at once. */
final class CusolverCalls implements AutoCloseable {
    private final GpuDriver memory;
    private @Nullable cusolverDnHandle handle;

    CusolverCalls(GpuDriver memory) {
        this.memory = memory;
    }

    private cusolverDnHandle on(CUstream stream) {
        cusolverDnHandle open = handle;
        if (open == null) {
            open = new cusolverDnHandle();
            DriverCodes.checkSolver("cusolverDnCreate", JCusolverDn.cusolverDnCreate(open));
            handle = open;
        }
        DriverCodes.checkSolver("cusolverDnSetStream", JCusolverDn.cusolverDnSetStream(open, new cudaStream_t(stream)));
        return open;
    }

    /** A call with its workspace of floats and the place for what it reports. */
    private interface Work {
        int call(CUdeviceptr workspace, CUdeviceptr info);
    }

    private void run(String name, int floats, CUstream stream, Work work) {
        long info = memory.allocate(Integer.BYTES);
        long workspace = memory.allocate(Math.max(1L, floats) * Float.BYTES);
        try {
            CUdeviceptr reported = JCudaDriver.pointer(info);
            DriverCodes.checkSolver(name, work.call(JCudaDriver.pointer(workspace), reported));
            int[] code = new int[1];
            DriverCodes.check(name, cuMemcpyDtoHAsync(Pointer.to(code), reported, Integer.BYTES, stream));
            DriverCodes.check(name, cuStreamSynchronize(stream));
            if (code[0] != 0) {
                throw GpuFault.failure(
                        GpuFault.Kind.OTHER,
                        name + ": "
                                + (code[0] < 0
                                        ? "argument " + -code[0] + " is wrong"
                                        : "it did not converge (" + code[0] + ")"));
            }
        } finally {
            memory.free(workspace);
            memory.free(info);
        }
    }

    void geqrf(int m, int n, long a, int lda, long tau, CUstream stream) {
        String name = "cusolverDnSgeqrf of [" + m + "," + n + "]";
        cusolverDnHandle open = on(stream);
        int[] floats = new int[1];
        Pointer matrix = JCudaDriver.pointer(a);
        DriverCodes.checkSolver(name, JCusolverDn.cusolverDnSgeqrf_bufferSize(open, m, n, matrix, lda, floats));
        run(
                name,
                floats[0],
                stream,
                (workspace, info) -> JCusolverDn.cusolverDnSgeqrf(
                        open, m, n, matrix, lda, JCudaDriver.pointer(tau), workspace, floats[0], info));
    }

    void orgqr(int m, int n, int k, long a, int lda, long tau, CUstream stream) {
        String name = "cusolverDnSorgqr of [" + m + "," + n + "]";
        cusolverDnHandle open = on(stream);
        int[] floats = new int[1];
        Pointer matrix = JCudaDriver.pointer(a);
        Pointer factors = JCudaDriver.pointer(tau);
        DriverCodes.checkSolver(
                name, JCusolverDn.cusolverDnSorgqr_bufferSize(open, m, n, k, matrix, lda, factors, floats));
        run(
                name,
                floats[0],
                stream,
                (workspace, info) ->
                        JCusolverDn.cusolverDnSorgqr(open, m, n, k, matrix, lda, factors, workspace, floats[0], info));
    }

    void gesvdj(int m, int n, long a, int lda, long s, long u, int ldu, long v, int ldv, CUstream stream) {
        String name = "cusolverDnSgesvdj of [" + m + "," + n + "]";
        cusolverDnHandle open = on(stream);
        gesvdjInfo options = new gesvdjInfo();
        DriverCodes.checkSolver(name, JCusolverDn.cusolverDnCreateGesvdjInfo(options));
        try {
            int vectors = cusolverEigMode.CUSOLVER_EIG_MODE_VECTOR;
            int[] floats = new int[1];
            Pointer matrix = JCudaDriver.pointer(a);
            Pointer values = JCudaDriver.pointer(s);
            Pointer left = JCudaDriver.pointer(u);
            Pointer right = JCudaDriver.pointer(v);
            DriverCodes.checkSolver(
                    name,
                    JCusolverDn.cusolverDnSgesvdj_bufferSize(
                            open, vectors, 1, m, n, matrix, lda, values, left, ldu, right, ldv, floats, options));
            run(
                    name,
                    floats[0],
                    stream,
                    (workspace, info) -> JCusolverDn.cusolverDnSgesvdj(
                            open, vectors, 1, m, n, matrix, lda, values, left, ldu, right, ldv, workspace, floats[0],
                            info, options));
        } finally {
            DriverCodes.checkSolver(name, JCusolverDn.cusolverDnDestroyGesvdjInfo(options));
        }
    }

    @Override
    public void close() {
        if (handle != null) {
            DriverCodes.checkSolver("cusolverDnDestroy", JCusolverDn.cusolverDnDestroy(handle));
            handle = null;
        }
    }
}

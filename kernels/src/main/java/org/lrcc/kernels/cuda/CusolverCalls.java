package org.lrcc.kernels.cuda;

import static org.lrcc.kernels.cuda.JCudaDriver.pointer;

import jcuda.driver.CUstream;
import jcuda.jcusolver.JCusolverDn;
import jcuda.jcusolver.cusolverDnHandle;
import jcuda.jcusolver.cusolverEigMode;
import jcuda.jcusolver.gesvdjInfo;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Factorizations on cuSOLVER. The handle is made at the first one: it takes a while and a part of the card's memory. */
final class CusolverCalls implements GpuSolver, AutoCloseable {
    private static final int VECTORS = cusolverEigMode.CUSOLVER_EIG_MODE_VECTOR;
    private static final int THIN = 1;

    private final JCudaDriver driver;
    private @Nullable cusolverDnHandle handle;
    /** Tolerance and sweeps of gesvdj as cuSOLVER chooses them: to rounding, 100 at most. */
    private @Nullable gesvdjInfo options;

    CusolverCalls(JCudaDriver driver) {
        this.driver = driver;
    }

    private cusolverDnHandle on(long number) {
        CUstream stream = driver.stream(number);
        cusolverDnHandle open = handle;
        if (open == null) {
            open = new cusolverDnHandle();
            DriverCodes.checkSolver("cusolverDnCreate", JCusolverDn.cusolverDnCreate(open));
            handle = open;
        }
        DriverCodes.checkSolver("cusolverDnSetStream", JCusolverDn.cusolverDnSetStream(open, new cudaStream_t(stream)));
        return open;
    }

    private gesvdjInfo options() {
        gesvdjInfo known = options;
        if (known == null) {
            known = new gesvdjInfo();
            DriverCodes.checkSolver("cusolverDnCreateGesvdjInfo", JCusolverDn.cusolverDnCreateGesvdjInfo(known));
            options = known;
        }
        return known;
    }

    private static String name(String call, int m, int n) {
        return call + " of [" + m + "," + n + "]";
    }

    @Override
    public int geqrfWorkspace(int m, int n, long a, int lda, long stream) {
        synchronized (driver) {
            int[] floats = new int[1];
            DriverCodes.checkSolver(
                    name("cusolverDnSgeqrf_bufferSize", m, n),
                    JCusolverDn.cusolverDnSgeqrf_bufferSize(on(stream), m, n, pointer(a), lda, floats));
            return floats[0];
        }
    }

    @Override
    public void geqrf(int m, int n, long a, int lda, long tau, long workspace, int floats, long info, long stream) {
        synchronized (driver) {
            DriverCodes.checkSolver(
                    name("cusolverDnSgeqrf", m, n),
                    JCusolverDn.cusolverDnSgeqrf(
                            on(stream),
                            m,
                            n,
                            pointer(a),
                            lda,
                            pointer(tau),
                            pointer(workspace),
                            floats,
                            pointer(info)));
        }
    }

    @Override
    public int orgqrWorkspace(int m, int n, int k, long a, int lda, long tau, long stream) {
        synchronized (driver) {
            int[] floats = new int[1];
            DriverCodes.checkSolver(
                    name("cusolverDnSorgqr_bufferSize", m, n),
                    JCusolverDn.cusolverDnSorgqr_bufferSize(
                            on(stream), m, n, k, pointer(a), lda, pointer(tau), floats));
            return floats[0];
        }
    }

    @Override
    public void orgqr(
            int m, int n, int k, long a, int lda, long tau, long workspace, int floats, long info, long stream) {
        synchronized (driver) {
            DriverCodes.checkSolver(
                    name("cusolverDnSorgqr", m, n),
                    JCusolverDn.cusolverDnSorgqr(
                            on(stream),
                            m,
                            n,
                            k,
                            pointer(a),
                            lda,
                            pointer(tau),
                            pointer(workspace),
                            floats,
                            pointer(info)));
        }
    }

    @Override
    public int gesvdjWorkspace(int m, int n, long a, int lda, long s, long u, int ldu, long v, int ldv, long stream) {
        synchronized (driver) {
            int[] floats = new int[1];
            DriverCodes.checkSolver(
                    name("cusolverDnSgesvdj_bufferSize", m, n),
                    JCusolverDn.cusolverDnSgesvdj_bufferSize(
                            on(stream),
                            VECTORS,
                            THIN,
                            m,
                            n,
                            pointer(a),
                            lda,
                            pointer(s),
                            pointer(u),
                            ldu,
                            pointer(v),
                            ldv,
                            floats,
                            options()));
            return floats[0];
        }
    }

    @Override
    public void gesvdj(
            int m,
            int n,
            long a,
            int lda,
            long s,
            long u,
            int ldu,
            long v,
            int ldv,
            long workspace,
            int floats,
            long info,
            long stream) {
        synchronized (driver) {
            DriverCodes.checkSolver(
                    name("cusolverDnSgesvdj", m, n),
                    JCusolverDn.cusolverDnSgesvdj(
                            on(stream),
                            VECTORS,
                            THIN,
                            m,
                            n,
                            pointer(a),
                            lda,
                            pointer(s),
                            pointer(u),
                            ldu,
                            pointer(v),
                            ldv,
                            pointer(workspace),
                            floats,
                            pointer(info),
                            options()));
        }
    }

    @Override
    public void close() {
        if (options != null) {
            DriverCodes.checkSolver("cusolverDnDestroyGesvdjInfo", JCusolverDn.cusolverDnDestroyGesvdjInfo(options));
            options = null;
        }
        if (handle != null) {
            DriverCodes.checkSolver("cusolverDnDestroy", JCusolverDn.cusolverDnDestroy(handle));
            handle = null;
        }
    }
}

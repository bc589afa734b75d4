package org.lrcc.kernels.cuda;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Products on cuBLAS. The handle is made at the first one: it takes a while and a part of the card's memory. */
final class CublasCalls implements GpuProducts, AutoCloseable {
    private final JCudaDriver driver;
    private final float[] alpha = new float[1];
    private final float[] beta = new float[1];
    private final Pointer toAlpha = Pointer.to(alpha);
    private final Pointer toBeta = Pointer.to(beta);
    private @Nullable cublasHandle handle;
    private @Nullable CUstream stream;
    /** Streams whose products may round. */
    private final Set<CUstream> rounding = Collections.newSetFromMap(new IdentityHashMap<>());

    private boolean rounds;

    CublasCalls(JCudaDriver driver) {
        this.driver = driver;
    }

    @Override
    public void allowTf32(long of, boolean allowed) {
        synchronized (driver) {
            allowTf32(driver.stream(of), allowed);
        }
    }

    private void allowTf32(CUstream of, boolean allowed) {
        if (allowed) {
            rounding.add(of);
        } else {
            rounding.remove(of);
        }
        if (of == stream) {
            // The next product sets the mode anew.
            stream = null;
        }
    }

    /** To be called before a stream goes. */
    void forget(CUstream gone) {
        allowTf32(gone, false);
    }

    private void setMathMode(cublasHandle open, boolean tf32) {
        // "Pedantic" would also forbid splitting a sum over blocks, which is fixed for a shape and costs nothing in
        // digits.
        int mode = tf32 ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH;
        DriverCodes.checkBlas("cublasSetMathMode", JCublas2.cublasSetMathMode(open, mode));
        rounds = tf32;
    }

    private cublasHandle on(CUstream wanted) {
        cublasHandle open = handle;
        if (open == null) {
            open = new cublasHandle();
            DriverCodes.checkBlas("cublasCreate", JCublas2.cublasCreate(open));
            handle = open;
            setMathMode(open, false);
        }
        if (stream != wanted) {
            DriverCodes.checkBlas("cublasSetStream", JCublas2.cublasSetStream(open, new cudaStream_t(wanted)));
            stream = wanted;
            if (rounds != rounding.contains(wanted)) {
                setMathMode(open, !rounds);
            }
        }
        return open;
    }

    private static int operation(boolean transposed) {
        return transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    @Override
    public void gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float byProduct,
            long a,
            int lda,
            long b,
            int ldb,
            float byC,
            long c,
            int ldc,
            long on) {
        synchronized (driver) {
            alpha[0] = byProduct;
            beta[0] = byC;
            DriverCodes.checkBlas(
                    "cublasSgemm",
                    JCublas2.cublasSgemm(
                            on(driver.stream(on)),
                            operation(transposeA),
                            operation(transposeB),
                            m,
                            n,
                            k,
                            toAlpha,
                            JCudaDriver.pointer(a),
                            lda,
                            JCudaDriver.pointer(b),
                            ldb,
                            toBeta,
                            JCudaDriver.pointer(c),
                            ldc));
        }
    }

    @Override
    public void gemmStridedBatched(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float byProduct,
            long a,
            int lda,
            long strideA,
            long b,
            int ldb,
            long strideB,
            float byC,
            long c,
            int ldc,
            long strideC,
            int count,
            long on) {
        synchronized (driver) {
            alpha[0] = byProduct;
            beta[0] = byC;
            DriverCodes.checkBlas(
                    "cublasSgemmStridedBatched",
                    JCublas2.cublasSgemmStridedBatched(
                            on(driver.stream(on)),
                            operation(transposeA),
                            operation(transposeB),
                            m,
                            n,
                            k,
                            toAlpha,
                            JCudaDriver.pointer(a),
                            lda,
                            strideA,
                            JCudaDriver.pointer(b),
                            ldb,
                            strideB,
                            toBeta,
                            JCudaDriver.pointer(c),
                            ldc,
                            strideC,
                            count));
        }
    }

    @Override
    public void close() {
        if (handle != null) {
            DriverCodes.checkBlas("cublasDestroy", JCublas2.cublasDestroy(handle));
            handle = null;
        }
    }
}

package org.lrcc.kernels.cuda;

import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusolver.cusolverStatus;
import org.lrcc.engine.FailureException;

/** What the codes that CUDA calls return mean. */
final class DriverCodes {
    private DriverCodes() {}

    /** Throws unless a call of the driver succeeded. */
    static void check(String call, int code) {
        if (code != CUresult.CUDA_SUCCESS) {
            throw GpuFault.failure(kind(code), call + ": " + CUresult.stringFor(code) + " (" + code + ")");
        }
    }

    private static GpuFault.Kind kind(int code) {
        return switch (code) {
            case CUresult.CUDA_ERROR_OUT_OF_MEMORY -> GpuFault.Kind.OUT_OF_MEMORY;
            case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                    CUresult.CUDA_ERROR_LAUNCH_FAILED,
                    CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
                    CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                    CUresult.CUDA_ERROR_ASSERT,
                    CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
                    CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
                    CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
                    CUresult.CUDA_ERROR_INVALID_PC -> GpuFault.Kind.KERNEL;
            case CUresult.CUDA_ERROR_NO_DEVICE,
                    CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
                    CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_DEINITIALIZED,
                    CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
                    CUresult.CUDA_ERROR_SYSTEM_NOT_READY -> GpuFault.Kind.LOST;
            default -> GpuFault.Kind.OTHER;
        };
    }

    /** Throws unless a call of cuBLAS succeeded. */
    static void checkBlas(String call, int code) {
        if (code != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw library(
                    call,
                    cublasStatus.stringFor(code),
                    code,
                    code == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED,
                    code == cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED);
        }
    }

    /** Throws unless a call of cuSOLVER succeeded. */
    static void checkSolver(String call, int code) {
        if (code != cusolverStatus.CUSOLVER_STATUS_SUCCESS) {
            throw library(
                    call,
                    cusolverStatus.stringFor(code),
                    code,
                    code == cusolverStatus.CUSOLVER_STATUS_ALLOC_FAILED,
                    code == cusolverStatus.CUSOLVER_STATUS_EXECUTION_FAILED);
        }
    }

    private static FailureException library(String call, String name, int code, boolean memory, boolean execution) {
        GpuFault.Kind kind =
                memory ? GpuFault.Kind.OUT_OF_MEMORY : execution ? GpuFault.Kind.KERNEL : GpuFault.Kind.OTHER;
        return GpuFault.failure(kind, call + ": " + name + " (" + code + ")");
    }
}

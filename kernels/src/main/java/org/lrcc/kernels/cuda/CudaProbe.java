package org.lrcc.kernels.cuda;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcusolver.JCusolver;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaError;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.spi.Availability;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks step by step for what the backend needs. The first thing that is missing is named with the cure. */
final class CudaProbe {
    private static final Logger LOG = LoggerFactory.getLogger(CudaProbe.class);
    /** The oldest CUDA version of a driver that takes the shipped PTX (version 8.0). */
    private static final int OLDEST_DRIVER = 12000;

    private static final int THOUSAND = 1000;
    private static final int TEN = 10;
    private static final String ON_CPU = "; or use the CPU: leave -Dlrcc.backend out, or -Dlrcc.backend=cpu";

    private CudaProbe() {}

    /** Never throws. */
    static Availability look() {
        try {
            Availability missing = runtime();
            if (missing == null) {
                missing =
                        library("cuBLAS", "libcublas.so.12 (cublas64_12.dll)", "libcublas.so.13", JCublas2::initialize);
            }
            if (missing == null) {
                missing = library(
                        "cuSOLVER",
                        "libcusolver.so.11 (cusolver64_11.dll)",
                        "libcusolver.so.12",
                        JCusolver::initialize);
            }
            return missing == null
                    ? new Availability.Usable(new CudaBackend(new org.lrcc.kernels.cuda.JCudaDriver()))
                    : missing;
        } catch (FailureException e) {
            return new Availability.Unusable(
                    "the driver refuses: " + e.getMessage(), "see what nvidia-smi says of the card" + ON_CPU);
        } catch (LinkageError e) {
            return missingNatives(e);
        }
    }

    /** JCuda's own library holds the CUDA runtime and loads where there is no driver. */
    private static @Nullable Availability runtime() {
        int[] devices = new int[1];
        int code = JCuda.cudaGetDeviceCount(devices);
        int[] version = new int[1];
        JCuda.cudaDriverGetVersion(version);
        if (version[0] == 0) {
            return new Availability.Unusable(
                    "there is no NVIDIA driver",
                    "install NVIDIA's driver, 525 or later, on a machine with an NVIDIA GPU" + ON_CPU);
        }
        if (version[0] < OLDEST_DRIVER) {
            return new Availability.Unusable(
                    "the NVIDIA driver is too old: it knows CUDA " + text(version[0]) + ", 12.0 is needed",
                    "install driver 525 or later" + ON_CPU);
        }
        if (code == cudaError.cudaErrorNoDevice || (code == cudaError.cudaSuccess && devices[0] == 0)) {
            return new Availability.Unusable(
                    "the driver shows no GPU",
                    "see what nvidia-smi lists; in a container pass the GPU in (--gpus all); check CUDA_VISIBLE_DEVICES"
                            + ON_CPU);
        }
        if (code != cudaError.cudaSuccess) {
            return new Availability.Unusable(
                    "the CUDA runtime does not start: " + cudaError.stringFor(code),
                    "see what nvidia-smi says of the card" + ON_CPU);
        }
        // libcuda.so.1 comes with the driver.
        JCudaDriver.setExceptionsEnabled(false);
        return null;
    }

    private static String text(int version) {
        return version / THOUSAND + "." + version % THOUSAND / TEN;
    }

    private static @Nullable Availability library(String name, String file, String newer, Runnable load) {
        try {
            load.run();
            return null;
        } catch (LinkageError e) {
            LOG.debug("cuda: {} does not load", name, e);
            boolean only13 = onPath(newer);
            return new Availability.Unusable(
                    name + " of CUDA 12 is not found: " + file + (only13 ? "; there is " + newer + ", of CUDA 13" : ""),
                    "install CUDA 12's runtime libraries ("
                            + (windows()
                                    ? "the CUDA 12 toolkit's installer, then its bin folder on PATH"
                                    : "CUDA 12's libcublas and libcusolver packages, or pip install nvidia-cublas-cu12"
                                            + " nvidia-cusolver-cu12, then their lib folders on LD_LIBRARY_PATH")
                            + "); they work with drivers of CUDA 13 too" + ON_CPU);
        }
    }

    private static Availability missingNatives(LinkageError e) {
        LOG.debug("cuda: JCuda does not load", e);
        String message = String.valueOf(e.getMessage());
        return new Availability.Unusable(
                "JCuda's native library cannot be loaded here: "
                        + message.lines().findFirst().orElse(e.toString()).strip(),
                "use Linux or Windows on x86_64 and a build with JCuda's natives (mvn package -Pgpu)" + ON_CPU);
    }

    private static boolean windows() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows");
    }

    private static boolean onPath(String file) {
        String path = System.getenv("LD_LIBRARY_PATH");
        List<String> folders = path == null ? List.of() : List.of(path.split(":"));
        return folders.stream().anyMatch(folder -> !folder.isEmpty() && Files.exists(Path.of(folder, file)))
                || Files.exists(Path.of("/usr/lib/x86_64-linux-gnu", file));
    }
}

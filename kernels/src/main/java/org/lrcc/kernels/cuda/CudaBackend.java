package org.lrcc.kernels.cuda;

import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/** The GPU as a backend. Its sessions share a driver and the loaded kernels; each has its own stream and memory. */
public final class CudaBackend implements Backend, AutoCloseable {
    /** The backend's name. */
    public static final String NAME = "cuda";

    /** The system property that says how products are computed: {@code fp32}, which is the default, or {@code tf32}. */
    public static final String PRECISION = "lrcc.precision";

    private final GpuDriver driver;
    private final boolean tf32;
    private final KernelCache kernels = new KernelCache();

    /** A backend on this driver, which is closed with it. */
    public CudaBackend(GpuDriver driver) {
        this.driver = driver;
        String precision = System.getProperty(PRECISION, "fp32");
        tf32 = switch (precision) {
            case "fp32" -> false;
            case "tf32" -> true;
            default -> throw new InputException("-D" + PRECISION + "=" + precision + ": it is fp32 or tf32");
        };
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        DeviceInfo device = driver.device();
        return device.name() + ", compute capability " + device.major() + "." + device.minor() + ", "
                + device.multiprocessors() + " multiprocessors, " + CudaMemory.megabytes(device.memoryBytes())
                + " (the kernels are proven by the PTX interpreter; not yet measured on a card)";
    }

    @Override
    public Kernels open() {
        CudaKernels session = new CudaKernels(this, new KernelQueue(driver, kernels));
        session.allowTf32(tf32);
        return session;
    }

    @Override
    public void close() {
        driver.close();
    }
}

package org.lrcc.kernels.cuda;

import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.spi.Kernels;

/** The GPU as a backend. Its sessions share a driver and the loaded kernels; each has its own stream and memory. */
public final class CudaBackend implements Backend, AutoCloseable {
    /** The backend's name. */
    public static final String NAME = "cuda";

    /** The system property that says how products are computed: {@code fp32}, which is the default, or {@code tf32}. */
    public static final String PRECISION = "lrcc.precision";

    private final GpuDriver driver;
    private final boolean tf32;
    private final KernelCache kernels;

    /** A backend on this driver, which is closed with it. */
    public CudaBackend(GpuDriver driver) {
        this(driver, new KernelCache(), tf32());
    }

    private CudaBackend(GpuDriver driver, KernelCache kernels, boolean tf32) {
        this.driver = driver;
        this.kernels = kernels;
        this.tf32 = tf32;
    }

    private static boolean tf32() {
        String precision = System.getProperty(PRECISION, "fp32");
        return switch (precision) {
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
    public KernelCosts costs() {
        return new CudaCosts(tf32);
    }

    /** The same card with another precision of the sessions that are opened from now on. */
    public CudaBackend withTf32(boolean allowed) {
        return new CudaBackend(driver, kernels, allowed);
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

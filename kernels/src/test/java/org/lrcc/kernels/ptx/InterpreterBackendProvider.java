package org.lrcc.kernels.ptx;

import org.lrcc.engine.spi.Availability;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.BackendProvider;
import org.lrcc.kernels.cuda.CudaBackend;

/**
 * The CUDA backend on the interpreter, for the tests of other modules: {@code -Dlrcc.backend=interpreter}. Never chosen by itself.
 */
public final class InterpreterBackendProvider implements BackendProvider {
    /** One for all tests of a JVM: decoding the kernels costs more than most tests. */
    private static final class Holder {
        static final Backend BACKEND = new CudaBackend(new InterpreterDriver());
    }

    @Override
    public String name() {
        return "interpreter";
    }

    @Override
    public int rank() {
        return -100;
    }

    @Override
    public Availability probe() {
        return new Availability.Usable(Holder.BACKEND);
    }
}

package org.lrcc.engine.spi;

import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.MemoryPlan;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Storage;
import org.lrcc.engine.tensor.Tensor;

/** Work on kernels that compute nothing and tensors without memory: tells what the work will allocate, and for how long, before anything is. */
public final class Rehearsal {
    private final Backend backend;
    private final MemoryPlan.Recorder events = new MemoryPlan.Recorder();

    private Rehearsal(Backend backend) {
        this.backend = new Idle(backend);
    }

    /** The layout of the float tensors that {@code work} allocates; null where it asks for numbers, which nobody has computed. */
    public static @Nullable MemoryPlan plan(Backend backend, Consumer<Kernels> work) {
        Rehearsal rehearsal = new Rehearsal(backend);
        try {
            work.accept(rehearsal.kernels());
        } catch (NoNumbers e) {
            return null;
        }
        return rehearsal.events.plan();
    }

    /** A proxy, so that a kernel added to the interface needs nothing here. */
    private Kernels kernels() {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "backend":
                            return backend;
                        case "worksOnHeap":
                            return true;
                        case "computes":
                            return false;
                        case "resident":
                            return arguments[0];
                        case "upload":
                            return allocate(((Tensor) arguments[0]).dtype(), ((Tensor) arguments[0]).shape());
                        case "allocate":
                            return allocate((DType) arguments[0], (Shape) arguments[1]);
                        default:
                            if (method.getReturnType() != void.class) {
                                throw new NoNumbers(method.getName());
                            }
                            return null;
                    }
                });
    }

    private Tensor allocate(DType dtype, Shape shape) {
        return Tensor.view(new Nowhere(dtype, shape.elements()), 0, shape);
    }

    /** Memory that is not there. */
    private final class Nowhere extends Storage {
        private final int allocation;

        Nowhere(DType dtype, int length) {
            super(dtype, length);
            allocation = dtype == DType.F32 ? events.allocated(length) : -1;
        }

        @Override
        public void read(int offset, Object array, int at, int count) {
            throw new NoNumbers("read");
        }

        @Override
        public void write(int offset, Object array, int at, int count) {}

        @Override
        protected void free() {
            if (allocation >= 0) {
                events.released(allocation);
            }
        }
    }

    /** The backend's choices without its work. */
    private record Idle(Backend real) implements Backend {
        @Override
        public String name() {
            return real.name();
        }

        @Override
        public String description() {
            return real.description();
        }

        @Override
        public Kernels open() {
            throw new NoNumbers("open");
        }

        @Override
        public KernelCosts costs() {
            return real.costs();
        }

        @Override
        public @Nullable LowRankGradients lowRankGradients() {
            return real.lowRankGradients() == null ? null : (problem, x, dy, u, v, scale, du, dv) -> {};
        }
    }

    private static final class NoNumbers extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoNumbers(String asked) {
            super("a rehearsal computes nothing, but is asked for numbers: " + asked, null, false, false);
        }
    }
}

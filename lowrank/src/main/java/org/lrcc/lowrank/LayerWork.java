package org.lrcc.lowrank;

import java.util.List;
import java.util.function.BiConsumer;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;

/** Work on the matrices of many layers, the costliest first. */
final class LayerWork {
    private LayerWork() {}

    /**
     * Does the work for each job: on the processor in parallel, with a session each; on a device one after another in one session, since there they would only
     * wait for each other, and their memory add up.
     */
    static void run(Backend backend, List<Decomposer.Job> jobs, BiConsumer<Decomposer.Job, Kernels> work) {
        List<Decomposer.Job> order = Decomposer.costliestFirst(jobs);
        try (Kernels one = backend.open()) {
            if (!one.worksOnHeap()) {
                order.forEach(job -> work.accept(job, one));
                return;
            }
        }
        ThreadPool.shared().run(order.size(), i -> {
            try (Kernels kernels = backend.open()) {
                work.accept(order.get(i), kernels);
            }
        });
    }
}

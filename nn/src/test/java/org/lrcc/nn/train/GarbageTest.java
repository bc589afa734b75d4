package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.Sgd;

/** Once it runs steadily, a step leaves next to nothing to the garbage collector: all threads counted. */
class GarbageTest {
    private static final long BOUND = 1 << 20;

    /** Until the JIT has compiled all loops, each vector is an object: hundreds of megabytes a step. So long it may take until that is over. */
    private static final int PATIENCE = 400;

    private static final int STEADY = 3;

    private final Backend backend = new CpuBackend(new ThreadPool(2));
    private final Network network = ResNet.resnet18(100);

    @Test
    void aTrainingStepLeavesUnderOneMegabyte() {
        trainingStep(2, 64);
    }

    @Test
    @Tag("long")
    void aTrainingStepOnWholeImagesLeavesUnderOneMegabyte() {
        trainingStep(2, 224);
    }

    private void trainingStep(int batch, int size) {
        Shape shape = Shape.of(batch, 3, size, size);
        TrainConfig config = TrainConfig.defaults().batch(batch).rate(1e-3);
        State state = Init.state(network, 1);
        FlatParameters flat = state.flatten();
        FlatOptimizer optimizer = new FlatOptimizer(new Sgd(0.9, false, 0), List.of(), flat);
        int[] labels = IntStream.range(0, batch).toArray();
        try (Kernels k = backend.open()) {
            BatchStep step = new BatchStep(
                    k,
                    config,
                    network.prepare(backend, Mode.TRAIN, shape),
                    state,
                    flat,
                    new double[0],
                    BatchUpload.PLAIN);
            Tensor x = pixels(shape);
            assertSteady(i -> optimizer.step(k, step.run(x, labels, i).gradient(), 1e-3));
        }
    }

    @Test
    void anInferenceLeavesUnderOneMegabyte() {
        Shape shape = Shape.of(2, 3, 64, 64);
        State state = Init.state(network, 1);
        try (Kernels k = backend.open()) {
            Plan plan = network.prepare(backend, Mode.EVAL, shape);
            Tensor x = pixels(shape);
            assertSteady(i -> plan.run(k, state, x).release());
        }
    }

    private static Tensor pixels(Shape shape) {
        float[] values = new float[shape.elements()];
        Philox random = new Philox(1, 1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, shape.sizes());
    }

    private interface Step {
        void run(int number);
    }

    private static void assertSteady(Step step) {
        long[] last = new long[STEADY];
        for (int i = 0; i < PATIENCE; i++) {
            Map<Long, Long> before = allocated();
            step.run(i);
            last[i % STEADY] = allocated().entrySet().stream()
                    .mapToLong(e -> e.getValue() - before.getOrDefault(e.getKey(), 0L))
                    .sum();
            if (i >= STEADY && Arrays.stream(last).max().orElseThrow() < BOUND) {
                return;
            }
        }
        assertThat(Arrays.stream(last).max().orElseThrow())
                .as("bytes of the largest of the last steps, %s", Arrays.toString(last))
                .isLessThan(BOUND);
    }

    /** Bytes that each thread has allocated, compiler and collector threads left out: they do not use the Java heap. */
    private static Map<Long, Long> allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        return IntStream.range(0, ids.length)
                .filter(i -> bytes[i] >= 0)
                .boxed()
                .collect(Collectors.toMap(i -> ids[i], i -> bytes[i]));
    }
}

package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.CpuKernels;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.Rehearsal;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.MemoryPlan;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.Sgd;

/** Once it runs steadily, a step leaves next to nothing to the garbage collector: all threads counted. */
class GarbageTest {
    private static final long BOUND = 500_000;

    /** Until the JIT has compiled all loops, each vector is an object: hundreds of megabytes a step. So long it may take until that is over. */
    private static final int PATIENCE = 400;

    private static final int STEADY = 3;

    private final Backend backend = new CpuBackend(new ThreadPool(2));
    private final Network network = ResNet.resnet18(100);

    @Test
    void aTrainingStepLeavesUnderHalfAMegabyte() {
        trainingStep(2, 64);
    }

    @Test
    @Tag("long")
    void aTrainingStepOnWholeImagesLeavesUnderHalfAMegabyte() {
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

    /** What a step allocates is known before it runs, and laid out in little more than what lives at once. */
    @ParameterizedTest
    @CsvSource({"8, 224", "1, 224", "32, 64", "3, 96"})
    void theLayoutOfAStepTakesLittleMoreThanWhatLivesAtOnce(int batch, int size) {
        Shape shape = Shape.of(batch, 3, size, size);
        State state = Init.state(network, 1);
        Plan plan = network.prepare(backend, Mode.TRAIN, shape);
        MemoryPlan memory = Rehearsal.plan(backend, dry -> {
            try (Tape tape = Tape.recording(dry)) {
                Var images = tape.constant(dry.allocate(DType.F32, shape));
                Var targets = tape.constant(dry.allocate(DType.I32, Shape.of(batch)));
                Var logits = plan.forward(Parameters.of(tape, state), images, 0, 0);
                tape.backward(tape.apply(new SoftmaxCrossEntropy(0, batch), logits, targets));
            }
        });
        assertThat(memory).isNotNull();
        assertThat((double) memory.bytes() / memory.highestBytes()).isBetween(1.0, 1.06);
    }

    /** Neither steps of another size in between, nor one that fails half-way, bring arrays beside the layout's. */
    @Test
    void stepsOfTwoSizesShareOneArray() {
        State state = Init.state(network, 1);
        FlatParameters flat = state.flatten();
        try (CpuKernels k = (CpuKernels) backend.open()) {
            BatchStep step = new BatchStep(
                    k,
                    TrainConfig.defaults(),
                    network.prepare(backend, Mode.TRAIN, Shape.of(4, 3, 64, 64)),
                    state,
                    flat,
                    new double[0],
                    BatchUpload.PLAIN);
            long before = k.arena().highestBytes();
            step.run(pixels(Shape.of(4, 3, 64, 64)), new int[4], 0);
            long planned = k.arena().plannedBytes();
            long free = k.arena().freeBytes();
            assertThat(planned).isBetween(1L, (long) (1.06 * (k.arena().highestBytes() - before)));
            for (int batch : new int[] {3, 4, 2, 4}) {
                step.run(pixels(Shape.of(batch, 3, 64, 64)), new int[batch], 0);
                assertThatThrownBy(() -> step.run(pixels(Shape.of(batch, 3, 64, 64)), labels(batch, 100), 0))
                        .isInstanceOf(InputException.class);
            }
            assertThat(k.arena().plannedBytes()).isEqualTo(planned);
            assertThat(k.arena().freeBytes() - free).isLessThan(planned / 10);
        }
    }

    /** In whichever order their sizes come; and the results are those of a run without a layout. */
    @Test
    void inferencesOfSeveralSizesShareOneArray() {
        State state = Init.state(network, 1);
        Plan plan = network.prepare(backend, Mode.EVAL, Shape.of(1, 3, 64, 64));
        try (CpuKernels k = (CpuKernels) backend.open();
                CpuKernels other = (CpuKernels) backend.open()) {
            for (int batch : new int[] {3, 1, 4, 3, 1}) {
                Tensor x = pixels(Shape.of(batch, 3, 64, 64));
                Tensor y = plan.run(k, state, x);
                try (Tape tape = Tape.inference(other)) {
                    Var expected = plan.forward(Parameters.of(tape, state), tape.constant(x), 0, 0);
                    assertThat(y.toFloats()).containsExactly(expected.tensor().toFloats());
                }
                y.release();
            }
            assertThat(k.arena().live()).isZero();
            assertThat(k.arena().plannedBytes())
                    .isBetween(1L, (long) (1.06 * other.arena().highestBytes()));
            assertThat(k.arena().freeBytes()).isLessThan(k.arena().plannedBytes() / 10);
        }
    }

    private static int[] labels(int batch, int label) {
        int[] labels = new int[batch];
        Arrays.fill(labels, label);
        return labels;
    }

    @Test
    void anInferenceLeavesUnderHalfAMegabyte() {
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

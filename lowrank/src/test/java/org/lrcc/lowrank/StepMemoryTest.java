package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.CpuKernels;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.network.State;
import org.lrcc.nn.train.RepeatedStep;
import org.lrcc.nn.train.TrainConfig;

/** What a step of a converted network allocates is known before it runs: its float tensors, but for gradients that live on, lie in the array that was laid out. */
class StepMemoryTest {
    private static final long BOUND = 600_000;
    /** Steps until C2 has compiled all loops, at the most: until then each vector is an object. */
    private static final int PATIENCE = 400;

    private static final int STEADY = 3;

    @ParameterizedTest
    @MethodSource("configs")
    void theRehearsalForeseesTheStep(LowRankConfig config) {
        Model model = LowRank.convert(Nets.model(), config);
        CpuBackend backend = new CpuBackend(new ThreadPool(2));
        Plan plan = model.network().prepare(backend, Mode.TRAIN, Nets.INPUT);
        Tensor x = Nets.input();
        Consumer<Kernels> step = kernels -> {
            try (Tape tape = Tape.recording(kernels)) {
                Parameters parameters = Parameters.of(tape, model.state());
                tape.backward(tape.apply(new Sum(), plan.forward(parameters, tape.constant(x), 1, 1)));
            }
        };
        long planned;
        long outside;
        try (CpuKernels kernels = (CpuKernels) backend.open()) {
            try (Kernels.Repetition once = kernels.repeat("step", step)) {
                step.accept(kernels);
            }
            planned = kernels.arena().plannedBytes();
            outside = kernels.arena().freeBytes();
        }
        try (CpuKernels kernels = (CpuKernels) backend.open()) {
            step.accept(kernels);
            // Gradients live as long as the tape and have no place, as positions and other whole numbers have none.
            assertThat(outside).isLessThan(kernels.arena().freeBytes() / 4);
            assertThat(planned).isBetween(1L, kernels.arena().freeBytes());
        }
    }

    /** Nor does it bring arrays beside the layout's that weights have changed: they are composed and folded before the run. */
    @ParameterizedTest
    @MethodSource("configs")
    void theRehearsalForeseesAnInference(LowRankConfig config) {
        Model model = LowRank.convert(Nets.model(), config);
        CpuBackend backend = new CpuBackend(new ThreadPool(2));
        Plan plan = model.network().prepare(backend, Mode.EVAL, Nets.INPUT);
        State state = model.state();
        try (CpuKernels kernels = (CpuKernels) backend.open()) {
            plan.run(kernels, state, Nets.input()).release();
            long planned = kernels.arena().plannedBytes();
            long outside = kernels.arena().freeBytes();
            assertThat(planned).isPositive();
            for (int i = 0; i < 2; i++) {
                state.names().stream().filter(state::trainable).forEach(name -> state.update(name, state.get(name)));
                plan.run(kernels, state, Nets.input()).release();
                assertThat(kernels.arena().plannedBytes()).isEqualTo(planned);
                assertThat(kernels.arena().freeBytes()).isEqualTo(outside);
            }
        }
    }

    @Test
    void aLowRankStepTakesLessThanAFullOne() {
        Network network = ResNet.resnet18(100);
        Model base = new Model(
                network, Init.state(network, 1), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
        Shape input = Shape.of(2, 3, 64, 64);
        long full = tensors(LowRank.convert(base, LowRankConfig.of(TuneMode.FULL)), input);
        long rank8 =
                tensors(LowRank.convert(base, LowRankConfig.of(TuneMode.LORA).rank(8)), input);
        assertThat(rank8).isLessThan(full);
    }

    /** Bytes of the tensors, at the most at once, of a step's passes, with all gradients. */
    private static long tensors(Model model, Shape input) {
        CpuBackend backend = new CpuBackend(new ThreadPool(2));
        Plan plan = model.network().prepare(backend, Mode.TRAIN, input);
        try (CpuKernels kernels = (CpuKernels) backend.open();
                Tape tape = Tape.recording(kernels)) {
            Parameters parameters = Parameters.of(tape, model.state());
            tape.backward(tape.apply(
                    new Sum(), plan.forward(parameters, tape.constant(Tensor.zeros(DType.F32, input)), 1, 1)));
            return kernels.highestBytes();
        }
    }

    /** As {@code GarbageTest} of nn, for a step of which most is low-rank convolutions. */
    @Test
    void aStepLeavesLittleGarbage() {
        Network network = ResNet.resnet18(100);
        Model base = new Model(
                network, Init.state(network, 1), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
        Model model = LowRank.convert(base, LowRankConfig.of(TuneMode.LORA).rank(8));
        int[] labels = {3, 4};
        Tensor x = Tensor.zeros(DType.F32, Shape.of(labels.length, 3, 64, 64));
        TrainConfig config = TrainConfig.defaults().batch(labels.length).rate(1e-4);
        long[] last = new long[STEADY];
        try (RepeatedStep step = new RepeatedStep(new CpuBackend(new ThreadPool(2)), model, config, x, labels)) {
            for (int i = 0; i < PATIENCE; i++) {
                Map<Long, Long> before = allocated();
                step.run();
                last[i % STEADY] = allocated().entrySet().stream()
                        .mapToLong(e -> e.getValue() - before.getOrDefault(e.getKey(), 0L))
                        .sum();
                if (i >= STEADY && Arrays.stream(last).max().orElseThrow() < BOUND) {
                    return;
                }
            }
        }
        assertThat(Arrays.stream(last).max().orElseThrow())
                .as("bytes of the largest of the last steps, %s", Arrays.toString(last))
                .isLessThan(BOUND);
    }

    /** Bytes that each thread has allocated: by thread, since one that ends in a step would hide as much as it ever allocated. */
    private static Map<Long, Long> allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        return IntStream.range(0, ids.length)
                .filter(i -> bytes[i] >= 0)
                .boxed()
                .collect(Collectors.toMap(i -> ids[i], i -> bytes[i]));
    }

    private static Stream<LowRankConfig> configs() {
        LowRankConfig lora = LowRankConfig.of(TuneMode.LORA).rank(2);
        return Stream.of(
                lora,
                lora.dropout(0.2),
                lora.dora(true),
                lora.dora(true).layout(Layout.CHANNEL),
                lora.layout(Layout.SEPARABLE).freeze("bn", "conv1"),
                LowRankConfig.of(TuneMode.TUNE_U_S).rank(2),
                LowRankConfig.of(TuneMode.TUNE_U_S).rank(2).sparse(SparseForm.COMPACT),
                LowRankConfig.of(TuneMode.TUNE_ALL).rank(2).sparse(SparseForm.DENSE),
                LowRankConfig.of(TuneMode.FIX_LOW_RANK).rank(2),
                LowRankConfig.of(TuneMode.FULL));
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.CpuKernels;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;

/** What a step of a converted network allocates is known before it runs: its float tensors, but for gradients that live on, lie in the array that was laid out. */
class StepMemoryTest {
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

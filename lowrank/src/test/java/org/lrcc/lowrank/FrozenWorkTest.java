package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.BatchNorm2d;
import org.lrcc.engine.op.Factors;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Parameters;

/** What is frozen costs nothing: counted on the tape and at the kernels. */
class FrozenWorkTest {
    /**
     * A training step: the tape's nodes and bytes before backward, kernel calls by name.
     *
     * @param labels layers of the recorded nodes
     */
    private record Step(List<String> labels, long bytes, List<Long> normBytes, Map<String, Integer> calls) {
        int calls(String kernel) {
            return calls.getOrDefault(kernel, 0);
        }
    }

    private static Step step(LowRankConfig config) {
        return step(LowRank.convert(Nets.model(), config));
    }

    private static Step step(Model model) {
        Backend backend = Backends.get();
        Map<String, Integer> calls = new TreeMap<>();
        try (Kernels kernels = backend.open();
                Tape tape = Tape.recording(counting(kernels, calls))) {
            Var y = model.network()
                    .prepare(backend, Mode.TRAIN, Nets.INPUT)
                    .forward(Parameters.of(tape, model.state()), tape.constant(Nets.input()), 1, 1);
            List<String> labels =
                    tape.nodes().stream().map(Tape.Node::label).distinct().toList();
            List<Long> norms = tape.nodes().stream()
                    .filter(node -> node.op() instanceof BatchNorm2d)
                    .map(node -> node.saved().bytes())
                    .toList();
            long bytes = tape.savedBytes();
            tape.backward(tape.apply(new Sum(), y));
            return new Step(labels, bytes, norms, calls);
        }
    }

    private static Kernels counting(Kernels inner, Map<String, Integer> calls) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    calls.merge(method.getName(), 1, Integer::sum);
                    try {
                        return method.invoke(inner, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void frozenBatchNormKeepsNoInput() {
        LowRankConfig lora = LowRankConfig.of(TuneMode.LORA).rank(2);
        Step trained = step(lora);
        Step frozen = step(lora.freeze("bn"));
        long value = 4L * Nets.INPUT.size(0) * 8 * Nets.INPUT.size(2) * Nets.INPUT.size(3);
        long channel = 4L * 8;
        // With batch statistics: x, y for the activation, and three per channel.
        assertThat(trained.normBytes).containsExactly(2 * value + 3 * channel, 2 * value + 3 * channel);
        assertThat(frozen.normBytes).containsExactly(value + 3 * channel, value + 3 * channel);
        assertThat(frozen.bytes).isEqualTo(trained.bytes - 2 * value);
        assertThat(frozen.calls("batchNormStatistics")).isZero();
    }

    @Test
    void nothingIsRecordedBelowTheFirstLayerThatTrains() {
        LowRankConfig lora = LowRankConfig.of(TuneMode.LORA).rank(2);
        Step all = step(lora);
        Step part = step(lora.freeze("bn", "conv1", "layer1", "grouped", "wide"));
        assertThat(all.labels).contains("conv1", "bn1", "layer1.conv1", "layer2.grouped");
        assertThat(part.labels).containsExactly("layer2.conv2", "layer2.downsample", "pool", "flat", "fc");
        assertThat(part.bytes).isLessThan(all.bytes / 3);
        assertThat(part.calls("batchNormGrad")).isZero();
    }

    @Test
    void theHeadAloneNeedsNoConvolutionsGradient() {
        Step head = step(LowRankConfig.of(TuneMode.HEAD));
        assertThat(head.labels).containsExactly("fc");
        assertThat(head.calls("conv2dInputGrad")).isZero();
        assertThat(head.calls("conv2dWeightGrad")).isZero();
    }

    /** It passes the gradient on to what trains below it. */
    @Test
    void aFrozenLayerAboveOneThatTrainsGetsNoWeightGradient() {
        LowRankConfig full = LowRankConfig.of(TuneMode.FULL);
        Step all = step(full);
        Step part = step(full.freeze("layer1.conv1"));
        assertThat(part.calls("conv2dWeightGrad")).isEqualTo(all.calls("conv2dWeightGrad") - 1);
        assertThat(part.calls("conv2dInputGrad")).isEqualTo(all.calls("conv2dInputGrad"));
        assertThat(part.bytes).isLessThan(all.bytes);
    }

    /** What is planned: no input gradient in the first layer, none of W anywhere. */
    @Test
    void plansAreMadeForWantedPassesOnly() {
        LowRankConfig lora = LowRankConfig.of(TuneMode.LORA).rank(2);
        List<LayerPlan> plans =
                LowRank.layerPlans(Nets.model(), lora, Backends.get().costs(), Nets.INPUT);
        assertThat(plans.get(0).name()).isEqualTo("conv1");
        assertThat(plans.get(0).work().wantsX()).isFalse();
        assertThat(plans.get(0).nanos().keySet()).allMatch(plan -> plan.inputGradient() == LowRankPlan.Way.COMPOSED);
        assertThat(plans.get(1).work().wantsX()).isTrue();
        assertThat(plans.get(1).nanos().keySet()).anyMatch(plan -> plan.inputGradient() == LowRankPlan.Way.FACTORED);
        assertThat(plans).allMatch(plan -> plan.work().rest() && !plan.work().wantsRest());
        LowRankConfig sparse = LowRankConfig.of(TuneMode.TUNE_U_S).rank(2).freeze("bn");
        plans = LowRank.layerPlans(Nets.model(), sparse, Backends.get().costs(), Nets.INPUT);
        assertThat(plans)
                .allMatch(plan -> plan.work().wantsRest() && !plan.work().wantsV());
        // S trains: the weight's gradient is formed anyway.
        assertThat(plans).allMatch(plan -> plan.chosen().parameterGradient() == LowRankPlan.Way.COMPOSED);
    }

    @Test
    void onlyWhatTrainsIsKept() {
        // U alone trains: Z stands for x, which has more channels.
        Tensor x = Tensor.of(Nets.values(2 * 32 * 9 * 9, 1, 1, 1), 2, 32, 9, 9);
        Tensor u = Tensor.of(Nets.values(24 * 2, 1, 2, 1), 24, 2);
        Tensor v = Tensor.of(Nets.values(2 * 32 * 9, 1, 3, 1), 2, 32 * 9);
        var plan = new LowRankPlan(LowRankPlan.Way.COMPOSED, LowRankPlan.Way.COMPOSED, LowRankPlan.Way.FACTORED);
        var op = new org.lrcc.engine.op.LowRankConv2d(ConvGeometry.of(1, 1), 3, Factors.CHANNEL, 1, plan);
        try (Kernels kernels = Backends.get().open();
                Tape tape = Tape.recording(kernels)) {
            tape.apply(op, tape.constant(x), tape.variable(u), tape.constant(v));
            assertThat(tape.savedBytes()).isEqualTo(4L * 2 * 2 * 9 * 9 + v.bytes());
        }
    }
}

package org.lrcc.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Identity;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.Role;

/** A plan gives what running layer by layer gives, forward and backward, and sees every change of the state. */
class PlanTest {
    static final Shape INPUT = Shape.of(4, 3, 24, 24);

    /** A small residual network with everything that plans fuse, and what they must not. */
    private static Network network(boolean frozenStatistics) {
        Network resnet = ResNet.basic(4, 5, INPUT, 1, 2);
        Map<String, BatchNorm2d> frozen = new HashMap<>();
        for (Node node : resnet.nodes()) {
            if (node.layer() instanceof BatchNorm2d norm) {
                frozen.put(node.name(), new BatchNorm2d(norm.channels(), 1e-3, 0.2, frozenStatistics));
            }
        }
        return resnet.replace(frozen);
    }

    /** Convolutions with biases and no batch norm, an addition read twice, an identity, dropout. */
    private static Network folded() {
        ConvGeometry same = ConvGeometry.of(1, 1);
        return Network.of(
                "x",
                INPUT,
                List.of(
                        new Node("a", new Conv2d(3, 4, 3, 3, ConvGeometry.of(2, 1), true), List.of("x")),
                        new Node("ra", new Activate(Activation.leakyRelu(0.1)), List.of("a")),
                        new Node("b", new Conv2d(4, 4, 3, 3, same, true), List.of("ra")),
                        new Node("i", new Identity(), List.of("ra")),
                        new Node("s", new Add(), List.of("i", "b")),
                        new Node("rs", new Activate(Activation.clip(0, 2)), List.of("s")),
                        new Node("c", new Conv2d(4, 4, 3, 3, same, false), List.of("rs")),
                        new Node("t", new Add(), List.of("c", "s")),
                        new Node("rt", new Activate(Activation.RELU), List.of("t")),
                        new Node("d", new Conv2d(4, 4, 1, 1, ConvGeometry.of(1, 0), false), List.of("rt")),
                        new Node("dd", new Add(), List.of("d", "d")),
                        new Node("n", BatchNorm2d.of(4), List.of("dd")),
                        new Node("p", new GlobalAvgPool(true), List.of("n")),
                        new Node("f", new Flatten(1), List.of("p")),
                        new Node("o", new Dropout(0.5), List.of("f")),
                        new Node("fc", new Linear(4, 5, true), List.of("o"))),
                "fc");
    }

    static State state(Network network) {
        State state = Init.state(network, 7);
        for (String name : state.names()) {
            boolean variance = name.endsWith("running_var");
            if (variance || state.get(name).shape().rank() == 1) {
                state.update(name, random(state.shape(name), variance ? 0.5f : -0.5f, name.hashCode()));
            }
        }
        return state;
    }

    static Tensor random(Shape shape, float low, long stream) {
        Philox random = new Philox(3, stream);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = low + random.nextFloat();
        }
        return Tensor.of(values, shape.sizes());
    }

    private static List<Network> networks() {
        return List.of(network(false), network(true), folded());
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void inferenceEqualsLayerByLayer(String backendName) {
        Backend backend = Backends.named(backendName);
        for (Network network : networks()) {
            State state = state(network);
            try (Kernels kernels = backend.open()) {
                Tensor x = random(INPUT, -0.5f, 1);
                Tensor expected = network.eager(Mode.EVAL, INPUT).run(kernels, state, x);
                Tensor got = network.prepare(backend, Mode.EVAL, INPUT).run(kernels, state, x);
                close(got.toFloats(), expected.toFloats(), "logits");
                Tensor one =
                        network.prepare(backend, Mode.EVAL, INPUT).run(kernels, state, x.slice(0, INPUT.with(0, 1)));
                close(one.toFloats(), java.util.Arrays.copyOf(expected.toFloats(), 5), "a batch of one");
            }
        }
    }

    @Test
    void preparedWeightsFollowTheStateAndServeSeveralSessions() {
        Backend backend = Backends.named("cpu");
        Network network = GroupedStepsTest.wide();
        State state = state(network);
        Plan plan = network.prepare(backend, Mode.EVAL, INPUT);
        Tensor x = random(INPUT, -0.5f, 1);
        try (Kernels kernels = backend.open()) {
            FlatParameters flat = state.flatten();
            for (int step = 0; step < 3; step++) {
                List<float[]> results = IntStream.range(0, 4)
                        .mapToObj(i -> CompletableFuture.supplyAsync(() -> {
                            try (Kernels session = backend.open()) {
                                return plan.run(session, state, x).toFloats();
                            }
                        }))
                        .toList()
                        .stream()
                        .map(CompletableFuture::join)
                        .toList();
                float[] first = results.get(0);
                assertThat(results).allSatisfy(result -> assertThat(result).isEqualTo(first));
                close(
                        first,
                        network.eager(Mode.EVAL, INPUT).run(kernels, state, x).toFloats(),
                        "step " + step);
                kernels.scale(0.8, flat.values());
                flat.touched();
            }
        }
    }

    /** What a training step gives: loss, flat gradient, updates. */
    private record Step(
            double loss, FlatParameters flat, Tensor gradient, Map<String, float[]> updates, List<String> ops) {}

    private static Step step(Kernels kernels, Plan plan, State state) {
        FlatParameters flat = state.flatten();
        Tensor gradient = flat.newBuffer();
        kernels.fill(gradient, 123);
        try (Tape tape = Tape.recording(kernels)) {
            Var x = tape.constant(random(INPUT, -0.5f, 1));
            Var logits = plan.forward(tape, state, flat, gradient, x, 5, 6);
            Var labels = tape.constant(Tensor.of(new int[] {0, 3, 1, 4}, 4));
            Var loss = tape.apply(new SoftmaxCrossEntropy(0.1, 4), logits, labels);
            Map<String, float[]> updates = new HashMap<>();
            plan.updates(tape).forEach((name, value) -> updates.put(name, value.toFloats()));
            List<String> ops = new ArrayList<>();
            tape.nodes().forEach(node -> ops.add(node.label() + ":" + node.op().name()));
            double value = loss.tensor().item();
            tape.backward(loss);
            return new Step(value, flat, gradient, updates, ops);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void aTrainingStepEqualsLayerByLayer(String backendName) {
        Backend backend = Backends.named(backendName);
        for (Network network : networks()) {
            try (Kernels kernels = backend.open()) {
                Step expected = step(kernels, network.eager(Mode.TRAIN, INPUT), state(network));
                Step got = step(kernels, network.prepare(backend, Mode.TRAIN, INPUT), state(network));
                assertThat(got.loss()).isCloseTo(expected.loss(), offset(1e-5));
                for (String name : expected.flat().names()) {
                    float[] wanted =
                            expected.flat().slice(expected.gradient(), name).toFloats();
                    close(got.flat().slice(got.gradient(), name).toFloats(), wanted, "gradient of " + name);
                }
                assertThat(got.updates().keySet()).isEqualTo(expected.updates().keySet());
                expected.updates().forEach((name, value) -> close(got.updates().get(name), value, name));
                assertThat(got.ops()).hasSizeLessThan(expected.ops().size());
            }
        }
    }

    @Test
    void updatesAreTheRunningStatisticsUnlessFrozen() {
        Backend backend = Backends.named("reference");
        try (Kernels kernels = backend.open()) {
            Network live = network(false);
            Step step = step(kernels, live.prepare(backend, Mode.TRAIN, INPUT), state(live));
            List<String> buffers = live.parameters().entrySet().stream()
                    .filter(e -> e.getValue().role() == Role.BUFFER)
                    .map(Map.Entry::getKey)
                    .toList();
            assertThat(step.updates().keySet()).containsExactlyInAnyOrderElementsOf(buffers);
            Network frozen = network(true);
            assertThat(step(kernels, frozen.prepare(backend, Mode.TRAIN, INPUT), state(frozen))
                            .updates())
                    .isEmpty();
        }
    }

    @Test
    void fusesWhatItShould() {
        Plan train = network(false).prepare(Backends.named("reference"), Mode.TRAIN, INPUT);
        assertThat(train.describe())
                .contains("bn1: BatchNorm2d + relu", "layer1.0.bn2: BatchNorm2d + Add + relu", "conv1: Conv2d\n");
        Plan eval = network(false).prepare(Backends.named("reference"), Mode.EVAL, INPUT);
        assertThat(eval.describe())
                .contains("conv1: Conv2d + BatchNorm2d + relu", "layer1.0.conv2: Conv2d + BatchNorm2d + Add + relu")
                .doesNotContain("bn1:");
    }

    @Test
    void foldedWeightsAreKeptUntilTheStateChanges() {
        Backend backend = Backends.named("reference");
        Network network = network(false);
        State state = state(network);
        Plan plan = network.prepare(backend, Mode.EVAL, INPUT);
        try (Kernels kernels = backend.open()) {
            Tensor x = random(INPUT, -0.5f, 1);
            Tensor before = plan.run(kernels, state, x).copy();
            assertThat(plan.run(kernels, state, x).toFloats()).isEqualTo(before.toFloats());
            for (String name : List.of("conv1.weight", "bn1.weight", "layer1.0.bn2.running_var")) {
                state.update(name, random(state.shape(name), 0.5f, 99));
                Tensor after = plan.run(kernels, state, x).copy();
                close(
                        after.toFloats(),
                        network.eager(Mode.EVAL, INPUT).run(kernels, state, x).toFloats(),
                        name);
                assertThat(after.toFloats()).as(name).isNotEqualTo(before.toFloats());
                before = after;
            }
            FlatParameters flat = state.flatten();
            kernels.scale(0.5, flat.values());
            flat.touched();
            close(
                    plan.run(kernels, state, x).toFloats(),
                    network.eager(Mode.EVAL, INPUT).run(kernels, state, x).toFloats(),
                    "after a step on the flat buffer");
        }
    }

    @Test
    void anOverlayHasItsOwnFoldedWeights() {
        Backend backend = Backends.named("reference");
        Network network = network(false);
        State base = state(network);
        State other = base.overlay(Map.of("conv1.weight", random(base.shape("conv1.weight"), 0, 17)));
        Plan plan = network.prepare(backend, Mode.EVAL, INPUT);
        try (Kernels kernels = backend.open()) {
            Tensor x = random(INPUT, -0.5f, 1);
            float[] first = plan.run(kernels, base, x).toFloats();
            assertThat(plan.run(kernels, other, x).toFloats()).isNotEqualTo(first);
            assertThat(plan.run(kernels, base, x).toFloats()).isEqualTo(first);
        }
    }

    @Test
    void frozenTensorsGetNoGradient() {
        Backend backend = Backends.named("reference");
        Network network = network(false);
        State state = state(network).withTrainable(name -> name.startsWith("fc."));
        try (Kernels kernels = backend.open()) {
            Step step = step(kernels, network.prepare(backend, Mode.TRAIN, INPUT), state);
            assertThat(step.flat().names()).containsExactly("fc.bias", "fc.weight");
            assertThat(step.ops()).containsExactly("fc:Linear", "fc:SoftmaxCrossEntropy");
        }
    }

    @Test
    void errorsNameTheLayerAndTheInput() {
        Backend backend = Backends.named("reference");
        Network network = network(false);
        Plan plan = network.prepare(backend, Mode.TRAIN, INPUT);
        try (Kernels kernels = backend.open()) {
            assertThatThrownBy(() -> plan.run(kernels, state(network), random(Shape.of(1, 3, 24, 20), 0, 1)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("[1,3,24,20]");
            assertThatThrownBy(() -> network.prepare(backend, Mode.TRAIN, Shape.of(1, 4, 24, 24)))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("layer conv1: conv2d:");
            Network small = network.withInput(Shape.of(1, 3, 8, 8));
            assertThatThrownBy(() -> small.prepare(backend, Mode.TRAIN, Shape.of(1, 3, 8, 8))
                            .run(kernels, state(small), random(Shape.of(1, 3, 8, 8), 0, 1)))
                    .isInstanceOf(InputException.class)
                    .hasMessageMatching("layer layer2\\.0\\.bn1: .*more than one value.*");
        }
    }

    static void close(float[] got, float[] expected, String what) {
        assertThat(got).as(what).hasSameSizeAs(expected);
        double scale = 1;
        for (float value : expected) {
            scale = Math.max(scale, Math.abs(value));
        }
        for (int i = 0; i < got.length; i++) {
            assertThat((double) got[i]).as(what + " [" + i + "]").isCloseTo(expected[i], offset(2e-5 * scale));
        }
    }
}

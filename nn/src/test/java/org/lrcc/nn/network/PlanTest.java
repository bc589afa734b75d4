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
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.AvgPool2d;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Concat;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Identity;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.MaxPool2d;
import org.lrcc.nn.layer.Role;

/** A plan gives what running layer by layer gives, forward and backward, and sees every change of the state. */
class PlanTest {
    private static final Shape INPUT = Shape.of(4, 3, 24, 24);

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

    private static State state(Network network) {
        State state = Init.state(network, 7);
        for (String name : state.names()) {
            boolean variance = name.endsWith("running_var");
            if (variance || state.get(name).shape().rank() == 1) {
                state.update(name, random(state.shape(name), variance ? 0.5f : -0.5f, name.hashCode()));
            }
        }
        return state;
    }

    private static Tensor random(Shape shape, float low, long stream) {
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

    /** Channels that fit groups of any vector width; a pool of each kind, an addition alone, and a head that wants planes. */
    private static Network wide() {
        ConvGeometry same = ConvGeometry.of(1, 1);
        return Network.of(
                "x",
                INPUT,
                List.of(
                        new Node("a", new Conv2d(3, 32, 3, 3, ConvGeometry.of(2, 1), false), List.of("x")),
                        new Node("an", BatchNorm2d.of(32), List.of("a")),
                        new Node("ar", new Activate(Activation.RELU), List.of("an")),
                        new Node("p", new MaxPool2d(PoolGeometry.of(3, 2, 1)), List.of("ar")),
                        new Node("b", new Conv2d(32, 64, 3, 3, same, true), List.of("p")),
                        new Node("c", new Conv2d(32, 64, 1, 1, ConvGeometry.of(1, 0), false), List.of("p")),
                        new Node("s", new Add(), List.of("b", "c")),
                        new Node("l", new Activate(Activation.leakyRelu(0.1)), List.of("s")),
                        new Node("d", new Conv2d(64, 64, 3, 3, same, true), List.of("l")),
                        new Node("e", new Add(), List.of("d", "l")),
                        new Node("t", new Add(), List.of("e", "e")),
                        new Node("f", new Flatten(1), List.of("t")),
                        new Node("fc", new Linear(64 * 36, 5, true), List.of("f"))),
                "fc");
    }

    @Test
    void groupsOfChannelsGiveWhatPlanesGive() {
        Backend backend = Backends.named("cpu");
        for (Network network : List.of(ResNet.basic(32, 5, INPUT, 1, 2), wide())) {
            State state = state(network);
            Plan plan = network.prepare(backend, Mode.EVAL, INPUT);
            try (Kernels kernels = backend.open()) {
                Tensor x = random(INPUT, -0.5f, 1);
                for (int update = 0; update < 2; update++) {
                    Tensor expected = network.eager(Mode.EVAL, INPUT).run(kernels, state, x);
                    close(plan.run(kernels, state, x).toFloats(), expected.toFloats(), "logits");
                    Tensor one = plan.run(kernels, state, x.slice(0, INPUT.with(0, 1)));
                    close(one.toFloats(), java.util.Arrays.copyOf(expected.toFloats(), 5), "a batch of one");
                    String changed = state.names().stream()
                            .filter(name -> state.shape(name).rank() == 4)
                            .findFirst()
                            .orElseThrow();
                    state.update(changed, random(state.shape(changed), -0.4f, 99));
                }
            }
        }
    }

    @Test
    void preparedWeightsFollowTheStateAndServeSeveralSessions() {
        Backend backend = Backends.named("cpu");
        Network network = wide();
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

    /** An average of planes and an output stand between convolutions that a backend would compute with their channels in groups. */
    @Test
    void channelsAreGroupedWhereNobodySeesIt() {
        Backend backend = Backends.named("cpu");
        ChannelGroups groups = backend.channelGroups();
        int many = groups == null ? 16 : groups.group();
        Shape input = Shape.of(2, 3, 8, 8);
        ConvGeometry same = ConvGeometry.of(1, 1);
        Network network = Network.of(
                "x",
                input.with(0, 1),
                List.of(
                        new Node("a", new Conv2d(3, many, 3, 3, same, true), List.of("x")),
                        new Node("p", new AvgPool2d(PoolGeometry.of(2, 2, 0)), List.of("a")),
                        new Node("b", new Conv2d(many, 3, 1, 1, ConvGeometry.of(1, 0), true), List.of("p")),
                        new Node("c", new Conv2d(3, many, 3, 3, same, true), List.of("b"))),
                "c");
        State state = state(network);
        try (Kernels kernels = backend.open()) {
            Tensor x = random(input, -0.5f, 1);
            Tensor expected = network.eager(Mode.EVAL, input).run(kernels, state, x);
            Tensor got = network.prepare(backend, Mode.EVAL, input).run(kernels, state, x);
            assertThat(got.shape()).isEqualTo(expected.shape()).isEqualTo(Shape.of(2, many, 4, 4));
            close(got.toFloats(), expected.toFloats(), "grouped");
        }
    }

    /** Pointwise and depthwise convolutions of as many channels as fill no group, a residual, what a classifier ends with. */
    private static Network mobile(Shape input, int narrow, int wide) {
        ConvGeometry point = ConvGeometry.of(1, 0);
        Activation relu6 = Activation.clip(0, 6);
        List<Node> nodes = new ArrayList<>();
        String last = "x";
        last = block(nodes, "stem", new Conv2d(3, narrow, 3, 3, ConvGeometry.of(2, 1), false), relu6, last);
        String residual = last;
        last = block(nodes, "e1", new Conv2d(narrow, wide, 1, 1, point, false), relu6, last);
        last = block(nodes, "d1", new Conv2d(wide, wide, 3, 3, depthwise(1, 1, wide), false), relu6, last);
        last = block(nodes, "p1", new Conv2d(wide, narrow, 1, 1, point, false), Activation.NONE, last);
        nodes.add(new Node("sum", new Add(), List.of(residual, last)));
        last = block(nodes, "e2", new Conv2d(narrow, wide, 1, 1, point, false), Activation.leakyRelu(0.1), "sum");
        last = block(nodes, "d2", new Conv2d(wide, wide, 5, 5, depthwise(2, 2, wide), false), relu6, last);
        last = block(nodes, "p2", new Conv2d(wide, narrow, 1, 1, point, false), Activation.NONE, last);
        nodes.add(new Node("max", new MaxPool2d(PoolGeometry.of(2, 1, 0)), List.of(last)));
        nodes.add(new Node("pool", new GlobalAvgPool(true), List.of("max")));
        nodes.add(new Node("flat", new Flatten(1), List.of("pool")));
        nodes.add(new Node("fc", new Linear(narrow, 5, true), List.of("flat")));
        return Network.of("x", input.with(0, 1), nodes, "fc");
    }

    private static ConvGeometry depthwise(int stride, int padding, int channels) {
        return new ConvGeometry(stride, stride, padding, padding, padding, padding, 1, 1, channels);
    }

    private static String block(List<Node> nodes, String name, Conv2d layer, Activation activation, String from) {
        nodes.add(new Node(name, layer, List.of(from)));
        nodes.add(new Node(name + ".n", BatchNorm2d.of(layer.outChannels()), List.of(name)));
        if (activation.equals(Activation.NONE)) {
            return name + ".n";
        }
        nodes.add(new Node(name + ".a", new Activate(activation), List.of(name + ".n")));
        return name + ".a";
    }

    private static boolean isGrouped(Backend backend, Network network, Shape input) {
        ChannelGroups groups = backend.channelGroups();
        return groups != null
                && !new GroupedSteps(groups, network.infer(input))
                        .of(new Planner(network).fusedSteps(Mode.EVAL, input))
                        .isEmpty();
    }

    /** Channels that fill one and a half groups are grouped; where a group would hold three the network stays in planes. */
    @Test
    void depthwiseConvolutionsRunInGroups() {
        Backend backend = Backends.named("cpu");
        ChannelGroups groups = backend.channelGroups();
        int many = groups == null ? 16 : groups.group();
        Shape input = Shape.of(2, 3, 35, 29);
        Network wide = mobile(input, many * 3 / 2, 4 * many - 3);
        Network thin = mobile(input, 3, 5);
        assertThat(isGrouped(backend, wide, input)).isEqualTo(groups != null);
        assertThat(isGrouped(backend, thin, input)).isFalse();
        try (Kernels kernels = backend.open()) {
            for (Network network : List.of(wide, thin)) {
                State state = state(network);
                Tensor x = random(input, -0.5f, 1);
                Tensor expected = network.eager(Mode.EVAL, input).run(kernels, state, x);
                Tensor got = network.prepare(backend, Mode.EVAL, input).run(kernels, state, x);
                close(got.toFloats(), expected.toFloats(), "groups");
            }
        }
    }

    /** A fire module: what is joined lies in groups where all parts but the last fill theirs. */
    @Test
    void channelsAreJoinedInGroups() {
        Backend backend = Backends.named("cpu");
        ChannelGroups groups = backend.channelGroups();
        int many = groups == null ? 16 : groups.group();
        Shape input = Shape.of(2, 3, 15, 12);
        ConvGeometry point = ConvGeometry.of(1, 0);
        for (int first : new int[] {2 * many, 2 * many - 1}) {
            int last = 2 * many - 5;
            Network network = Network.of(
                    "x",
                    input.with(0, 1),
                    List.of(
                            new Node("s", new Conv2d(3, many, 3, 3, ConvGeometry.of(1, 1), true), List.of("x")),
                            new Node("a", new Conv2d(many, first, 1, 1, point, true), List.of("s")),
                            new Node("b", new Conv2d(many, last, 3, 3, ConvGeometry.of(1, 1), true), List.of("s")),
                            new Node("ab", new Concat(1), List.of("a", "b")),
                            new Node("r", new Activate(Activation.RELU), List.of("ab")),
                            new Node("c", new Conv2d(first + last, 10, 1, 1, point, true), List.of("r")),
                            new Node("p", new GlobalAvgPool(true), List.of("c")),
                            new Node("f", new Flatten(1), List.of("p"))),
                    "f");
            assertThat(isGrouped(backend, network, input)).isEqualTo(groups != null && first % many == 0);
            State state = state(network);
            try (Kernels kernels = backend.open()) {
                Tensor x = random(input, -0.5f, 1);
                Tensor expected = network.eager(Mode.EVAL, input).run(kernels, state, x);
                Tensor got = network.prepare(backend, Mode.EVAL, input).run(kernels, state, x);
                close(got.toFloats(), expected.toFloats(), "joined");
            }
        }
    }

    /** One channel that is added to many: in groups it would be added to one of each. */
    @Test
    void additionsThatBroadcastChannelsStayInPlanes() {
        Backend backend = Backends.named("cpu");
        ChannelGroups groups = backend.channelGroups();
        int many = 4 * (groups == null ? 16 : groups.group());
        Shape input = Shape.of(2, 3, 9, 9);
        ConvGeometry same = ConvGeometry.of(1, 1);
        Network network = Network.of(
                "x",
                input.with(0, 1),
                List.of(
                        new Node("a", new Conv2d(3, many, 3, 3, same, true), List.of("x")),
                        new Node("b", new Conv2d(many, many, 3, 3, same, true), List.of("a")),
                        new Node("c", new Conv2d(many, 1, 1, 1, ConvGeometry.of(1, 0), true), List.of("b")),
                        new Node("s", new Add(), List.of("b", "c")),
                        new Node("p", new GlobalAvgPool(true), List.of("s"))),
                "p");
        State state = state(network);
        assertThat(isGrouped(backend, network, input)).isFalse();
        try (Kernels kernels = backend.open()) {
            Tensor x = random(input, -0.5f, 1);
            Tensor expected = network.eager(Mode.EVAL, input).run(kernels, state, x);
            Tensor got = network.prepare(backend, Mode.EVAL, input).run(kernels, state, x);
            close(got.toFloats(), expected.toFloats(), "broadcast");
        }
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

    private static void close(float[] got, float[] expected, String what) {
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

package org.lrcc.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lrcc.nn.network.PlanTest.INPUT;
import static org.lrcc.nn.network.PlanTest.close;
import static org.lrcc.nn.network.PlanTest.random;
import static org.lrcc.nn.network.PlanTest.state;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
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
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.MaxPool2d;

/** Plans for inference whose channels lie in groups: what planes give, and planes where groups cannot be. */
class GroupedStepsTest {
    /** Channels that fit groups of any vector width; a pool of each kind, an addition alone, and a head that wants planes. */
    static Network wide() {
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
        assertThat(agreed(backend, network, input, "grouped")).isEqualTo(Shape.of(2, many, 4, 4));
    }

    /** Pointwise and depthwise convolutions of as many channels as fill no group, a residual, what a classifier ends with. */
    private static Network mobile(Shape input, int narrow, int wide, Activation clip) {
        ConvGeometry point = ConvGeometry.of(1, 0);
        List<Node> nodes = new ArrayList<>();
        String last = "x";
        last = block(nodes, "stem", new Conv2d(3, narrow, 3, 3, ConvGeometry.of(2, 1), false), clip, last);
        String residual = last;
        last = block(nodes, "e1", new Conv2d(narrow, wide, 1, 1, point, false), clip, last);
        last = block(nodes, "d1", new Conv2d(wide, wide, 3, 3, depthwise(1, 1, wide), false), clip, last);
        last = block(nodes, "p1", new Conv2d(wide, narrow, 1, 1, point, false), Activation.NONE, last);
        nodes.add(new Node("sum", new Add(), List.of(residual, last)));
        last = block(nodes, "e2", new Conv2d(narrow, wide, 1, 1, point, false), Activation.leakyRelu(0.1), "sum");
        last = block(nodes, "d2", new Conv2d(wide, wide, 5, 5, depthwise(2, 2, wide), false), clip, last);
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

    /** Holds a plan's outputs against those of layer by layer; the shape of both. */
    private static Shape agreed(Backend backend, Network network, Shape input, String what) {
        State state = state(network);
        try (Kernels kernels = backend.open()) {
            Tensor x = random(input, -0.5f, 1);
            Tensor expected = network.eager(Mode.EVAL, input).run(kernels, state, x);
            Tensor got = network.prepare(backend, Mode.EVAL, input).run(kernels, state, x);
            assertThat(got.shape()).isEqualTo(expected.shape());
            close(got.toFloats(), expected.toFloats(), what);
            return got.shape();
        }
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
        // What fills up a group becomes the clip's lower bound, which no channel may meet.
        for (Activation clip : List.of(Activation.clip(0, 6), Activation.clip(0.5, 2))) {
            Network wide = mobile(input, many * 3 / 2, 4 * many - 3, clip);
            Network thin = mobile(input, 3, 5, clip);
            assertThat(isGrouped(backend, wide, input)).isEqualTo(groups != null);
            assertThat(isGrouped(backend, thin, input)).isFalse();
            for (Network network : List.of(wide, thin)) {
                agreed(backend, network, input, "groups");
            }
        }
    }

    /** A depthwise convolution reads groups alone, and an image lies in planes. */
    @Test
    void depthwiseConvolutionsOfTheImageStayInPlanes() {
        Backend backend = Backends.named("cpu");
        ChannelGroups groups = backend.channelGroups();
        int many = 2 * (groups == null ? 16 : groups.group());
        for (int channels : new int[] {3, many}) {
            Shape input = Shape.of(2, channels, 11, 14);
            ConvGeometry same = ConvGeometry.of(1, 1);
            List<Node> nodes = new ArrayList<>();
            Conv2d first = new Conv2d(channels, channels, 3, 3, depthwise(1, 1, channels), false);
            String last = block(nodes, "d", first, Activation.RELU, "x");
            last = block(nodes, "a", new Conv2d(channels, many, 3, 3, same, false), Activation.RELU, last);
            last = block(nodes, "b", new Conv2d(many, many, 3, 3, same, false), Activation.RELU, last);
            nodes.add(new Node("p", new GlobalAvgPool(true), List.of(last)));
            agreed(backend, Network.of("x", input.with(0, 1), nodes, "p"), input, channels + " channels");
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
            agreed(backend, network, input, "joined");
        }
    }

    /** Rows are joined, or channels of which some do not lie in groups, as an average of planes. */
    @Test
    void whatIsJoinedOtherwiseIsJoinedInPlanes() {
        Backend backend = Backends.named("cpu");
        ChannelGroups groups = backend.channelGroups();
        int many = groups == null ? 16 : groups.group();
        Shape input = Shape.of(2, 3, 12, 10);
        ConvGeometry same = ConvGeometry.of(1, 1);
        for (int axis : new int[] {1, 2, 3}) {
            int joined = axis == 1 ? 2 * many : many;
            Network network = Network.of(
                    "x",
                    input.with(0, 1),
                    List.of(
                            new Node("s", new Conv2d(3, many, 3, 3, same, true), List.of("x")),
                            new Node("a", new AvgPool2d(PoolGeometry.of(3, 1, 1)), List.of("s")),
                            new Node("b", new Conv2d(many, many, 3, 3, same, true), List.of("s")),
                            new Node("ab", new Concat(axis), List.of("a", "b")),
                            new Node("c", new Conv2d(joined, many, 3, 3, same, true), List.of("ab")),
                            new Node("p", new GlobalAvgPool(true), List.of("c"))),
                    "p");
            agreed(backend, network, input, "axis " + axis);
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
        assertThat(isGrouped(backend, network, input)).isFalse();
        agreed(backend, network, input, "broadcast");
    }
}

package org.lrcc.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.Softmax;

class HeadsTest {
    private final List<Node> nodes = new ArrayList<>();

    private void add(String name, Layer layer, String... inputs) {
        nodes.add(new Node(name, layer, List.of(inputs)));
    }

    private Model model(String output) {
        Network network = Network.of("x", Shape.of(1, 3, 4, 4), nodes, output);
        State.Builder state = State.builder();
        network.parameters()
                .forEach((name, spec) -> state.put(name, spec.role(), Tensor.zeros(DType.F32, spec.shape())));
        return new Model(network, state.build(), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
    }

    @Test
    void aLinearHead() {
        add("conv", new Conv2d(3, 16, 1, 1, ConvGeometry.of(1, 0), false), "x");
        add("pool", new GlobalAvgPool(false), "conv");
        add("fc", new Linear(16, 10, true), "pool");
        Model model = model("fc");
        Model replaced = Heads.replace(model, List.of("a", "b", "c"), 3);
        assertThat(Heads.find(model.network()).name()).isEqualTo("fc");
        assertThat(replaced.network().outputShape()).isEqualTo(Shape.of(1, 3));
        assertThat(replaced.info().classes()).containsExactly("a", "b", "c");
        assertThat(replaced.state().trainable("fc.weight")).isTrue();
        float largest = 0;
        for (float value : replaced.state().get("fc.weight").toFloats()) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as("uniform within 1 / sqrt(16)").isBetween(0.2f, 0.25f);
        assertThat(replaced.state().get("fc.bias").toFloats()).hasSize(3).doesNotContain(0f);
        assertThat(replaced.state().get("conv.weight")).isSameAs(model.state().get("conv.weight"));
        assertThat(model.network().outputShape()).isEqualTo(Shape.of(1, 10));
        assertThat(Heads.replace(model, List.of("a", "b", "c"), 3)
                        .state()
                        .get("fc.weight")
                        .toFloats())
                .containsExactly(replaced.state().get("fc.weight").toFloats());
        assertThat(Heads.replace(model, List.of("a", "b", "c"), 4)
                        .state()
                        .get("fc.weight")
                        .toFloats())
                .isNotEqualTo(replaced.state().get("fc.weight").toFloats());
    }

    @Test
    void aConvolutionBeforeThePool() {
        add("conv", new Conv2d(3, 10, 3, 3, ConvGeometry.of(1, 1), true), "x");
        add("pool", new GlobalAvgPool(false), "conv");
        add("softmax", new Softmax(), "pool");
        Model replaced = Heads.replace(model("softmax"), List.of("a", "b"), 3);
        assertThat(replaced.network().node("conv").layer())
                .isEqualTo(new Conv2d(3, 2, 3, 3, ConvGeometry.of(1, 1), true));
        assertThat(replaced.network().outputShape()).isEqualTo(Shape.of(1, 2));
    }

    @Test
    void whatHasNoHeadIsRefused() {
        add("left", new Conv2d(3, 4, 1, 1, ConvGeometry.of(1, 0), false), "x");
        add("right", new Conv2d(3, 4, 1, 1, ConvGeometry.of(1, 0), false), "x");
        add("sum", new Add(), "left", "right");
        add("pool", new GlobalAvgPool(false), "sum");
        Model model = model("pool");
        assertThatThrownBy(() -> Heads.replace(model, List.of("a", "b"), 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no layer with parameters before 'sum' (Add)");
        assertThatThrownBy(() -> Heads.replace(model, List.of(), 1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Heads.replace(model, List.of("a", "a"), 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 with 1 names");
    }
}

package org.lrcc.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;

/** Small graphs that say the same thing in several ways: what is read computes what the file says, or it is refused. */
class OnnxGraphTest {
    /** A graph under construction: x {@code [1, 1, 4, 4]} in, y out. */
    private final GraphProto.Builder graph = GraphProto.newBuilder();

    private void node(String operator, String output, String... inputs) {
        graph.addNode(
                NodeProto.newBuilder().setOpType(operator).addOutput(output).addAllInput(Arrays.asList(inputs)));
    }

    private void integers(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        Arrays.stream(values).forEach(attribute::addInts);
        graph.getNodeBuilder(graph.getNodeCount() - 1).addAttribute(attribute);
    }

    private void integer(String name, long value) {
        graph.getNodeBuilder(graph.getNodeCount() - 1)
                .addAttribute(AttributeProto.newBuilder()
                        .setName(name)
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(value));
    }

    private void floats(String name, float value, long... dims) {
        TensorProto.Builder tensor = tensor(name, TensorProto.DataType.FLOAT_VALUE, dims);
        long count = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
        for (long i = 0; i < count; i++) {
            tensor.addFloatData(value);
        }
        graph.addInitializer(tensor);
    }

    private static TensorProto.Builder tensor(String name, int type, long... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type);
        Arrays.stream(dims).forEach(tensor::addDims);
        return tensor;
    }

    private Model read(long... input) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : input) {
            shape.addDimBuilder().setDimValue(size);
        }
        graph.addInput(ValueInfoProto.newBuilder()
                .setName("x")
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                                .setShape(shape))));
        graph.addOutput(ValueInfoProto.newBuilder().setName("y"));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build();
        return Onnx.parse(model.toByteArray()).model();
    }

    private static float first(Model model) {
        float[] ones = new float[16];
        Arrays.fill(ones, 1);
        Tensor x = Tensor.of(ones, 1, 1, 4, 4);
        try (Kernels kernels = Backends.get().open()) {
            return model.network()
                    .eager(Mode.EVAL, x.shape())
                    .run(kernels, model.state(), x)
                    .toFloats()[0];
        }
    }

    /** The convolution's value c under the names a and b. */
    private void twoNames(String operator) {
        floats("w", 1, 1, 1, 1, 1);
        floats("ten", 10, 1, 1, 1, 1);
        floats("zero", 0, 1);
        floats("one", 1, 1);
        node("Conv", "c", "x", "w");
        for (String name : new String[] {"a", "b"}) {
            switch (operator) {
                case "Add" -> node("Add", name, "c", "zero");
                case "Mul" -> node("Mul", name, "one", "c");
                default -> node(operator, name, "c");
            }
            if (operator.equals("Cast")) {
                integer("to", TensorProto.DataType.FLOAT_VALUE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Identity", "Cast", "Add", "Mul"})
    void aBiasIsNotGivenToOtherReadersOfTheLayer(String operator) {
        twoNames(operator);
        node("Add", "biased", "a", "ten");
        node("Add", "y", "biased", "b");
        assertThatThrownBy(() -> read(1, 1, 4, 4))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("only as the bias of the layer before");
    }

    @Test
    void aBiasBehindOneOtherNameIsTheLayers() {
        floats("w", 1, 1, 1, 1, 1);
        floats("ten", 10, 1, 1, 1, 1);
        node("Conv", "c", "x", "w");
        node("Identity", "a", "c");
        node("Add", "biased", "a", "ten");
        node("Add", "y", "biased", "x");
        assertThat(first(read(1, 1, 4, 4))).isEqualTo(12);
    }

    @ParameterizedTest
    @ValueSource(strings = {"MaxPool", "AveragePool"})
    void windowsThatBeginInThePaddingBeforeAreNotLeftOut(String operator) {
        graph.addInitializer(tensor("amounts", TensorProto.DataType.INT64_VALUE, 8)
                .addAllInt64Data(List.of(0L, 0L, 0L, 0L, 0L, 0L, 1L, 1L)));
        node("Relu", "r", "x");
        node("Pad", "p", "r", "amounts");
        node(operator, "y", "p");
        integers("kernel_shape", 2, 2);
        integers("strides", 2, 2);
        integer("ceil_mode", 1);
        assertThatThrownBy(() -> read(1, 1, 4, 4))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(operator)
                .hasMessageContaining("ceil_mode with a window that begins in the zeros");
    }

    @Test
    void oneWeightIsNotCopiedIntoThousandsOfLayers() {
        floats("w", 0, 256, 256, 1, 1);
        for (int i = 0; i < 80; i++) {
            node("Conv", i == 79 ? "y" : "c" + i, i == 0 ? "x" : "c" + (i - 1), "w");
        }
        assertThatThrownBy(() -> read(1, 256, 8, 8))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the file holds 65536");
    }

    @Test
    void twoLayersMayReadOneWeight() {
        floats("w", 2, 1, 1, 1, 1);
        node("Conv", "c", "x", "w");
        node("Conv", "y", "c", "w");
        assertThat(first(read(1, 1, 4, 4))).isEqualTo(4);
    }
}

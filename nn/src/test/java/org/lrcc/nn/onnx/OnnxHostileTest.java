package org.lrcc.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.nn.network.Model;

/** A damaged or hostile file ends in one InputException that names the rule, never in another error. */
class OnnxHostileTest {
    private static byte[] bytes() {
        try {
            return Files.readAllBytes(OnnxImportTest.file("resnet_training.onnx"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void refused(String message, Consumer<ModelProto.Builder> change) {
        ModelProto.Builder model = parsed();
        change.accept(model);
        assertThatThrownBy(() -> Onnx.parse(model.build().toByteArray()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message)
                .hasMessageStartingWith("onnx: ");
    }

    private static ModelProto.Builder parsed() {
        try {
            return ModelProto.parseFrom(bytes()).toBuilder();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TensorProto.Builder weight(ModelProto.Builder model) {
        return model.getGraphBuilder().getInitializerBuilderList().stream()
                .filter(t -> t.getName().equals("conv1.weight"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void truncatedAndMutatedFilesAreRefusedOrRead() {
        byte[] good = bytes();
        for (int length = 0; length < good.length; length += 37) {
            byte[] part = Arrays.copyOf(good, length);
            try {
                Onnx.parse(part);
            } catch (InputException e) {
                assertThat(e.getMessage()).startsWith("onnx: ");
            }
        }
        Philox random = new Philox(1, 2);
        for (int round = 0; round < 1500; round++) {
            byte[] changed = good.clone();
            for (int i = 0; i < 1 + round % 4; i++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            try {
                Onnx.parse(changed);
            } catch (InputException e) {
                assertThat(e.getMessage()).startsWith("onnx: ");
            }
        }
    }

    @Test
    void tensorsMustFitTheirDimensions() {
        refused(
                "tensor conv1.weight: 432 bytes of data, its dimensions need 864",
                m -> weight(m).setDims(0, 8));
        refused("has more than 2^31", m -> weight(m).setDims(0, 1 << 20).setDims(1, 1 << 20));
        refused("of axis 0 is out of range", m -> weight(m).setDims(0, -4));
        refused("of axis 0 is out of range", m -> weight(m).setDims(0, 1L << 40));
        refused(
                "9 axes are above 8",
                m -> weight(m).addDims(1).addDims(1).addDims(1).addDims(1).addDims(1));
        refused("data type 8 is not supported", m -> weight(m).setDataType(TensorProto.DataType.STRING_VALUE));
        refused("0 values, its dimensions need 108", m -> weight(m).clearRawData());
        refused(
                "conv1.weight is there twice",
                m -> m.getGraphBuilder().addInitializer(weight(m).build()));
    }

    @Test
    void graphsAreChecked() {
        refused(
                "node /conv1/Conv (FancyConv): the operator is not supported",
                m -> m.getGraphBuilder().getNodeBuilder(0).setOpType("FancyConv"));
        refused("opset 99 is not from", m -> m.getOpsetImportBuilder(0).setVersion(99));
        refused("does not say its opset", ModelProto.Builder::clearOpsetImport);
        refused("holds no graph", ModelProto.Builder::clearGraph);
        refused(
                "2 outputs, not one",
                m -> m.getGraphBuilder().addOutput(m.getGraphBuilder().getOutput(0)));
        refused(
                "neither computed before nor stored",
                m -> m.getGraphBuilder().getNodeBuilder(0).setInput(1, "nowhere"));
        refused("is there twice", m -> m.getGraphBuilder().getNodeBuilder(3).setOutput(0, "x"));
        refused("attribute strides has the value", m -> attribute(m, "strides").setInts(0, 1 << 30));
        refused(
                "attribute strides is of type",
                m -> attribute(m, "strides").setType(AttributeProto.AttributeType.FLOAT));
        refused("group 0 does not fit", m -> attribute(m, "group").setI(0));
        refused(
                "metadata lrcc.classes cannot be read",
                m -> m.addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("lrcc.classes")
                        .setValue("[1,")));
        refused(
                "metadata lrcc.classes has 1 names for 5 outputs",
                m -> m.addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("lrcc.classes")
                        .setValue("[\"a\"]")));
        refused(
                "metadata lrcc.classes has a name that is null",
                m -> m.addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("lrcc.classes")
                        .setValue("[\"a\",\"b\",null,\"d\",\"e\"]")));
        refused(
                "metadata lrcc.preprocessing cannot be read",
                m -> m.addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("lrcc.preprocessing")
                        .setValue("{\"size\":0}")));
    }

    private static AttributeProto.Builder attribute(ModelProto.Builder model, String name) {
        NodeProto.Builder conv = model.getGraphBuilder().getNodeBuilder(0);
        return conv.getAttributeBuilderList().stream()
                .filter(a -> a.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theInputMustBeNchw() {
        refused("looks like N x H x W x C", m -> dims(m, 1, 32, 32, 3));
        refused("has 3 axes", m -> dims(m, 1, 32, 32));
        refused("node /conv1/Conv (Conv): conv2d: input [1,4,32,32]", m -> dims(m, 1, 4, 32, 32));
        refused("channels are open", m -> dims(m, 1, 0, 32, 32));
        refused("height of 1099511627776", m -> dims(m, 1, 3, 1L << 40, 32));
    }

    /** An input of [1, channels, 4, 4] and these nodes, of which the last gives y. */
    private static ModelProto graph(int channels, NodeProto... nodes) {
        ModelProto.Builder model = parsed();
        GraphProto.Builder graph = model.getGraphBuilder();
        dims(model, 1, channels, 4, 4);
        graph.clearNode().getOutputBuilder(0).setName("y");
        for (NodeProto node : nodes) {
            graph.addNode(node);
        }
        return model.build();
    }

    private static NodeProto.Builder node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder().setOpType(operator).addOutput(output).addAllInput(Arrays.asList(inputs));
    }

    private static String input() {
        return parsed().getGraph().getInput(0).getName();
    }

    @Test
    void anInputThatIsNoPictureIsReadForTensors() {
        for (int channels : new int[] {1, 2}) {
            Model model = Onnx.parse(
                            graph(channels, node("Relu", "y", input()).build()).toByteArray())
                    .model();
            assertThat(model.network().inputShape().sizes()).containsExactly(1, channels, 4, 4);
        }
    }

    @Test
    void aBiasOfAColumnIsRefused() throws IOException {
        ModelProto.Builder model =
                ModelProto.parseFrom(Files.readAllBytes(OnnxImportTest.file("gemm.onnx"))).toBuilder();
        for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
            if (tensor.getName().equals("a.bias")) {
                tensor.clearDims().addDims(7).addDims(1);
            }
        }
        assertThatThrownBy(() -> Onnx.parse(model.build().toByteArray()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a.bias")
                .hasMessageContaining("is not one row");
    }

    @Test
    void theBatchIsNotSqueezedAway() {
        NodeProto pool = node("GlobalAveragePool", "p", input()).build();
        NodeProto squeeze = node("Squeeze", "y", "p", "axes").build();
        NodeProto axes = constant("axes", 0);
        assertThatThrownBy(() -> Onnx.parse(graph(1, pool, axes, squeeze).toByteArray()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("Squeeze")
                .hasMessageContaining("batch's axis");
    }

    @Test
    void arithmeticOfNoneAndOneIsRefused() {
        NodeProto none = constant("none");
        NodeProto one = constant("one", 3);
        for (String operator : new String[] {"Add", "Mul", "Sub"}) {
            for (String[] pair : new String[][] {{"none", "one"}, {"one", "none"}}) {
                NodeProto sum = node(operator, "y", pair).build();
                assertThatThrownBy(() -> Onnx.parse(graph(1, none, one, sum).toByteArray()))
                        .as(operator)
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining(operator)
                        .hasMessageContaining("do not fit");
            }
        }
    }

    private static NodeProto constant(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName("value_ints").setType(AttributeProto.AttributeType.INTS);
        Arrays.stream(values).forEach(attribute::addInts);
        return node("Constant", name).addAttribute(attribute).build();
    }

    private static void dims(ModelProto.Builder model, long... sizes) {
        var shape = model.getGraphBuilder()
                .getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .clearDim();
        for (long size : sizes) {
            shape.addDimBuilder().setDimValue(size);
        }
    }

    @Test
    void openImageSizesAreGivenOrAssumed(@TempDir Path folder) throws IOException {
        ModelProto.Builder model = parsed();
        dims(model, 0, 3, 0, 0);
        Path file = folder.resolve("open.onnx");
        Files.write(file, model.build().toByteArray());
        assertThat(Onnx.open(file, 40, 48).model().network().inputShape().sizes())
                .containsExactly(1, 3, 40, 48);
        Imported assumed = Onnx.open(file);
        assertThat(assumed.model().network().inputShape().sizes()).containsExactly(1, 3, 224, 224);
        assertThat(assumed.report().notes()).anyMatch(note -> note.contains("224 x 224"));
    }

    @Test
    void externalDataStaysBelowTheModelsFolder(@TempDir Path folder) throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        ModelProto.Builder model = parsed();
        byte[] data = weight(model).getRawData().toByteArray();
        Files.write(models.resolve("w.bin"), concat(new byte[16], data));
        Files.write(folder.resolve("outside.bin"), concat(new byte[16], data));
        Files.createSymbolicLink(models.resolve("link.bin"), folder.resolve("outside.bin"));
        Path file = models.resolve("m.onnx");

        Files.write(file, external(model, "w.bin", 16, data.length));
        assertThat(Onnx.load(file).state().get("conv1.weight").toFloats())
                .isEqualTo(
                        Onnx.parse(bytes()).model().state().get("conv1.weight").toFloats());
        for (String location : new String[] {
            "../outside.bin",
            "link.bin",
            folder.resolve("outside.bin").toString(),
            "",
            "none.bin",
            "sub/../../outside.bin"
        }) {
            Files.write(file, external(model, location, 16, data.length));
            assertThatThrownBy(() -> Onnx.load(file))
                    .as(location)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("below the model's folder");
        }
        Files.write(file, external(model, "w.bin", 17, data.length));
        assertThatThrownBy(() -> Onnx.load(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("lies outside of w.bin");
        byte[] alone = external(model, "w.bin", 16, data.length);
        assertThatThrownBy(() -> Onnx.parse(alone))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no folder");
    }

    private static byte[] external(ModelProto.Builder model, String location, long offset, long length) {
        ModelProto.Builder changed = model.clone();
        weight(changed)
                .clearRawData()
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", Long.toString(offset)))
                .addExternalData(entry("length", Long.toString(length)));
        return changed.build().toByteArray();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @Test
    void tensorsOfOtherTypesAreWidened() {
        ModelProto.Builder model = parsed();
        float[] expected =
                Onnx.parse(bytes()).model().state().get("conv1.weight").toFloats();
        byte[] halves = new byte[2 * expected.length];
        for (int i = 0; i < expected.length; i++) {
            int bits = Float.floatToIntBits(expected[i]) >>> 16;
            halves[2 * i] = (byte) bits;
            halves[2 * i + 1] = (byte) (bits >>> 8);
        }
        weight(model).setDataType(TensorProto.DataType.BFLOAT16_VALUE).setRawData(ByteString.copyFrom(halves));
        float[] got = Onnx.parse(model.build().toByteArray())
                .model()
                .state()
                .get("conv1.weight")
                .toFloats();
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isEqualTo(Float.intBitsToFloat(Float.floatToIntBits(expected[i]) & 0xffff0000));
        }
        byte[] half = {0, 0x3c, 0, (byte) 0xc0, 1, 0, (byte) 0xff, 0x7b};
        Constant decoded = new TensorCodec(null)
                .decode(
                        TensorProto.newBuilder()
                                .addDims(4)
                                .setDataType(TensorProto.DataType.FLOAT16_VALUE)
                                .setRawData(ByteString.copyFrom(half))
                                .build(),
                        "h");
        assertThat(decoded.floats()).containsExactly(1f, -2f, 0x1.0p-24f, 65504f);
    }

    @Test
    void anEmptyGraphOrNoFile(@TempDir Path folder) {
        assertThatThrownBy(() -> Onnx.load(folder.resolve("none.onnx")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none.onnx: onnx: there is no such file");
        assertThatThrownBy(() -> Onnx.parse(new byte[0])).isInstanceOf(InputException.class);
        ModelProto empty = ModelProto.newBuilder()
                .setGraph(GraphProto.getDefaultInstance())
                .build();
        assertThatThrownBy(() -> Onnx.parse(empty.toByteArray())).hasMessageContaining("no graph");
    }
}

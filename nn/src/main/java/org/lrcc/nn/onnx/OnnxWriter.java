package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.io.AtomicFiles;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** Builds the file: one ONNX node a layer, tensors under their names in the state, an open batch, class names and preprocessing as metadata. */
final class OnnxWriter {
    private static final long OPSET = 13;
    private static final long IR_VERSION = 7;
    private static final String BATCH = "batch";
    private static final long MAX_BYTES = Integer.MAX_VALUE - 1024L;

    private final Model model;
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("lrcc");
    private final String output;

    private OnnxWriter(Model model) {
        this.model = model;
        Network network = model.network();
        boolean free = !network.has("logits") && !network.inputName().equals("logits");
        this.output = free ? "logits" : network.outputName();
    }

    static void write(Model model, Path file) {
        ModelProto proto = new OnnxWriter(model).build();
        AtomicFiles.write(file, proto::writeTo);
    }

    static ModelProto proto(Model model) {
        return new OnnxWriter(model).build();
    }

    private ModelProto build() {
        Network network = model.network();
        checkSize();
        graph.addInput(declaration(network.inputName(), network.inputShape()));
        graph.addOutput(declaration(output, network.outputShape()));
        for (Node node : network.nodes()) {
            NodeWriters.write(this, node);
        }
        ModelProto.Builder proto = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("lrcc")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(graph);
        metadata(model.info())
                .forEach((key, value) -> proto.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return proto.build();
    }

    private void checkSize() {
        long bytes = model.network().parameters().values().stream()
                .mapToLong(spec -> (long) spec.shape().elements() * spec.dtype().bytes())
                .sum();
        if (bytes > MAX_BYTES) {
            throw new InputException(
                    "onnx: " + bytes + " bytes of tensors do not fit an ONNX file, which is bound to 2 GB");
        }
    }

    private static Map<String, String> metadata(ModelInfo info) {
        Map<String, String> all = new TreeMap<>(info.extra());
        if (!info.classes().isEmpty()) {
            all.put(Metadata.CLASSES, Metadata.json(info.classes()));
        }
        all.put(Metadata.PREPROCESSING, Metadata.json(info.preprocessing()));
        return all;
    }

    private static ValueInfoProto declaration(String name, Shape shape) {
        TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
        dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH));
        for (int axis = 1; axis < shape.rank(); axis++) {
            dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(shape.size(axis)));
        }
        TypeProto.Tensor type = TypeProto.Tensor.newBuilder()
                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                .setShape(dims)
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type))
                .build();
    }

    GraphProto.Builder graph() {
        return graph;
    }

    /** Name of the value that a node, or the input, gives. */
    String value(String node) {
        return node.equals(model.network().outputName()) ? output : node;
    }

    /** Adds a layer's tensor under its full name and returns the name. */
    String parameter(Node node, String local) {
        String name = node.parameter(local);
        Tensor tensor = model.state().get(name);
        float[] values = tensor.toFloats();
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        TensorProto.Builder proto = tensor(name, TensorProto.DataType.FLOAT_VALUE, bytes);
        for (int size : tensor.shape().sizes()) {
            proto.addDims(size);
        }
        graph.addInitializer(proto);
        return name;
    }

    /** Adds a number of no axes. */
    String scalar(String name, float value) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putFloat(0, value);
        graph.addInitializer(tensor(name, TensorProto.DataType.FLOAT_VALUE, bytes));
        return name;
    }

    /** Adds a vector of integers. */
    String integers(String name, List<Integer> values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        values.forEach(value -> bytes.putLong(value));
        bytes.rewind();
        graph.addInitializer(
                tensor(name, TensorProto.DataType.INT64_VALUE, bytes).addDims(values.size()));
        return name;
    }

    private static TensorProto.Builder tensor(String name, int type, ByteBuffer bytes) {
        return TensorProto.newBuilder().setName(name).setDataType(type).setRawData(ByteString.copyFrom(bytes));
    }

    /** Names of the values that a node reads. */
    List<String> inputs(Node node) {
        List<String> names = new ArrayList<>();
        node.inputs().forEach(input -> names.add(value(input)));
        return names;
    }
}

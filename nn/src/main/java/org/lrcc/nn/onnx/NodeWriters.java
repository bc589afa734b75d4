package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.PoolGeometry;
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
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.MaxPool2d;
import org.lrcc.nn.layer.Mul;
import org.lrcc.nn.layer.Reshape;
import org.lrcc.nn.layer.Softmax;
import org.lrcc.nn.network.Node;

/** Writes each kind of layer as one ONNX node of opset 13. */
final class NodeWriters {
    @FunctionalInterface
    private interface LayerWriter<L extends Layer> {
        void write(OnnxWriter out, Node node, L layer, NodeProto.Builder proto);
    }

    private static final Map<Class<? extends Layer>, LayerWriter<Layer>> ALL = new LinkedHashMap<>();

    static {
        put(Conv2d.class, NodeWriters::conv);
        put(BatchNorm2d.class, NodeWriters::batchNorm);
        put(Linear.class, NodeWriters::linear);
        put(Activate.class, NodeWriters::activate);
        put(MaxPool2d.class, (out, node, layer, proto) -> maxPool(layer.geometry(), proto));
        put(AvgPool2d.class, (out, node, layer, proto) -> avgPool(node, layer.geometry(), proto));
        put(GlobalAvgPool.class, (out, node, layer, proto) -> globalAvgPool(layer, proto));
        put(Add.class, (out, node, layer, proto) -> proto.setOpType("Add"));
        put(Mul.class, (out, node, layer, proto) -> proto.setOpType("Mul"));
        put(Identity.class, (out, node, layer, proto) -> proto.setOpType("Identity"));
        put(Softmax.class, (out, node, layer, proto) -> integer(proto.setOpType("Softmax"), "axis", -1));
        put(Flatten.class, (out, node, layer, proto) -> integer(proto.setOpType("Flatten"), "axis", layer.axis()));
        put(Concat.class, (out, node, layer, proto) -> integer(proto.setOpType("Concat"), "axis", layer.axis()));
        put(
                Reshape.class,
                (out, node, layer, proto) ->
                        proto.setOpType("Reshape").addInput(out.integers(node.parameter("shape"), layer.sizes())));
        put(
                Dropout.class,
                (out, node, layer, proto) ->
                        proto.setOpType("Dropout").addInput(out.scalar(node.parameter("ratio"), (float) layer.p())));
    }

    private NodeWriters() {}

    private static <L extends Layer> void put(Class<L> kind, LayerWriter<L> writer) {
        ALL.put(kind, (out, node, layer, proto) -> writer.write(out, node, kind.cast(layer), proto));
    }

    static void write(OnnxWriter out, Node node) {
        LayerWriter<Layer> writer = ALL.get(node.layer().getClass());
        if (writer == null) {
            throw new InputException("onnx: layer " + node.name() + " is a "
                    + node.layer().kind() + ", which an ONNX file cannot hold; merge the model first");
        }
        NodeProto.Builder proto = NodeProto.newBuilder().setName(node.name()).addAllInput(out.inputs(node));
        proto.addOutput(out.value(node.name()));
        writer.write(out, node, node.layer(), proto);
        out.graph().addNode(proto);
    }

    private static void conv(OnnxWriter out, Node node, Conv2d layer, NodeProto.Builder proto) {
        ConvGeometry g = layer.geometry();
        proto.setOpType("Conv").addInput(out.parameter(node, "weight"));
        if (layer.bias()) {
            proto.addInput(out.parameter(node, "bias"));
        }
        integers(proto, "kernel_shape", layer.kernelHeight(), layer.kernelWidth());
        integers(proto, "strides", g.strideHeight(), g.strideWidth());
        integers(proto, "pads", g.padTop(), g.padLeft(), g.padBottom(), g.padRight());
        integers(proto, "dilations", g.dilationHeight(), g.dilationWidth());
        integer(proto, "group", g.groups());
    }

    private static void batchNorm(OnnxWriter out, Node node, BatchNorm2d layer, NodeProto.Builder proto) {
        proto.setOpType("BatchNormalization");
        for (String local : List.of("weight", "bias", "running_mean", "running_var")) {
            proto.addInput(out.parameter(node, local));
        }
        real(proto, "epsilon", layer.eps());
        real(proto, "momentum", 1 - layer.momentum());
    }

    private static void linear(OnnxWriter out, Node node, Linear layer, NodeProto.Builder proto) {
        proto.setOpType("Gemm").addInput(out.parameter(node, "weight"));
        if (layer.bias()) {
            proto.addInput(out.parameter(node, "bias"));
        }
        integer(proto, "transB", 1);
    }

    private static void activate(OnnxWriter out, Node node, Activate layer, NodeProto.Builder proto) {
        Activation activation = layer.activation();
        switch (activation.kind()) {
            case NONE -> proto.setOpType("Identity");
            case RELU -> proto.setOpType("Relu");
            case LEAKY_RELU -> real(proto.setOpType("LeakyRelu"), "alpha", activation.a());
            case CLIP ->
                proto.setOpType("Clip")
                        .addInput(out.scalar(node.parameter("min"), (float) activation.a()))
                        .addInput(out.scalar(node.parameter("max"), (float) activation.b()));
        }
    }

    private static void maxPool(PoolGeometry g, NodeProto.Builder proto) {
        window(proto.setOpType("MaxPool"), g);
        integers(proto, "dilations", g.dilationHeight(), g.dilationWidth());
    }

    private static void avgPool(Node node, PoolGeometry g, NodeProto.Builder proto) {
        if (g.dilationHeight() != 1 || g.dilationWidth() != 1) {
            throw new InputException(
                    "onnx: layer " + node.name() + " is a dilated average pooling, which opset 13 does not have");
        }
        window(proto.setOpType("AveragePool"), g);
        integer(proto, "count_include_pad", g.countIncludePad() ? 1 : 0);
    }

    private static void window(NodeProto.Builder proto, PoolGeometry g) {
        integers(proto, "kernel_shape", g.kernelHeight(), g.kernelWidth());
        integers(proto, "strides", g.strideHeight(), g.strideWidth());
        integers(proto, "pads", g.padTop(), g.padLeft(), g.padBottom(), g.padRight());
        integer(proto, "ceil_mode", g.ceilMode() ? 1 : 0);
    }

    private static void globalAvgPool(GlobalAvgPool layer, NodeProto.Builder proto) {
        if (layer.keepAxes()) {
            proto.setOpType("GlobalAveragePool");
        } else {
            integers(proto.setOpType("ReduceMean"), "axes", 2, 3);
            integer(proto, "keepdims", 0);
        }
    }

    private static void integer(NodeProto.Builder proto, String name, long value) {
        proto.addAttribute(attribute(name, AttributeType.INT).setI(value));
    }

    private static void integers(NodeProto.Builder proto, String name, long... values) {
        AttributeProto.Builder attribute = attribute(name, AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        proto.addAttribute(attribute);
    }

    private static void real(NodeProto.Builder proto, String name, double value) {
        proto.addAttribute(attribute(name, AttributeType.FLOAT).setF((float) value));
    }

    private static AttributeProto.Builder attribute(String name, AttributeType type) {
        return AttributeProto.newBuilder()
                .setNameBytes(ByteString.copyFromUtf8(name))
                .setType(type);
    }
}

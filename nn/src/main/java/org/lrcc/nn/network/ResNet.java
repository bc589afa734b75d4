package org.lrcc.nn.network;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.MaxPool2d;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.safetensors.SafeTensors;

/**
 * Residual networks as torchvision builds and names them (K. He et al., "Deep Residual Learning", CVPR 2016; the bottleneck's stride sits in its 3x3 convolution).
 *
 * <p>Every size can also be read off a state dict ({@link #of(Map, Shape)}), so that networks of other widths and depths load alike.
 */
public final class ResNet {
    private static final String INPUT = "x";
    private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);
    private static final int STAGES = 4;
    private static final int MAX_BLOCKS = 200;

    private final Map<String, Shape> shapes;
    private final Shape input;
    private final List<Node> nodes = new ArrayList<>();

    private ResNet(Map<String, Shape> shapes, Shape input) {
        this.shapes = shapes;
        this.input = input;
    }

    /** ResNet18 for 224 x 224. */
    public static Network resnet18(int classes) {
        return of(shapes(64, false, classes, 2, 2, 2, 2), IMAGENET);
    }

    /** ResNet34 for 224 x 224. */
    public static Network resnet34(int classes) {
        return of(shapes(64, false, classes, 3, 4, 6, 3), IMAGENET);
    }

    /** ResNet50 for 224 x 224. */
    public static Network resnet50(int classes) {
        return of(shapes(64, true, classes, 3, 4, 6, 3), IMAGENET);
    }

    /** A network of basic blocks of any width and depth. */
    public static Network basic(int width, int classes, Shape input, int... blocks) {
        return of(shapes(width, false, classes, blocks), input);
    }

    /**
     * The network whose state dict has these names and shapes; names it does not know are ignored here.
     *
     * @param shapes at least "conv1.weight", the blocks' convolutions and "fc.weight", in torchvision's naming
     * @param input [1, 3, H, W]
     */
    public static Network of(Map<String, Shape> shapes, Shape input) {
        return new ResNet(shapes, input).build();
    }

    /** A model with torchvision's weights, or others of its naming, from a safetensors file; class names are not known. */
    public static Model load(Path file) {
        SafeTensors stored = SafeTensors.read(file);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        stored.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        try {
            return load(of(shapes, IMAGENET), file, new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
        } catch (InputException e) {
            throw new InputException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * A model of this network with the tensors of a safetensors file in torch's naming; "num_batches_tracked" is ignored.
     *
     * @throws InputException where a tensor is missing, unexpected or of another shape; it names the tensors
     */
    public static Model load(Network network, Path file, ModelInfo info) {
        SafeTensors stored = SafeTensors.read(file);
        Map<String, ParameterSpec> specs = network.parameters();
        List<String> missing =
                specs.keySet().stream().filter(name -> !stored.contains(name)).toList();
        List<String> unexpected = stored.names().stream()
                .filter(name -> !specs.containsKey(name) && !name.endsWith("num_batches_tracked"))
                .toList();
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new InputException(
                    "state dict: missing tensors " + some(missing) + ", unexpected " + some(unexpected));
        }
        State.Builder builder = State.builder();
        specs.forEach((name, spec) -> {
            Tensor tensor = stored.floats(name);
            if (!tensor.shape().equals(spec.shape()) || tensor.dtype() != DType.F32) {
                throw new InputException(
                        "state dict: " + name + " is " + tensor.shape() + ", the network needs " + spec.shape());
            }
            builder.put(name, spec.role(), tensor.copy());
        });
        return new Model(network, builder.build(), info);
    }

    private static String some(List<String> names) {
        int shown = 5;
        return names.size() <= shown
                ? names.toString()
                : names.subList(0, shown) + " and " + (names.size() - shown) + " more";
    }

    /** Shapes of the convolutions' and the head's weights. */
    private static Map<String, Shape> shapes(int width, boolean bottleneck, int classes, int... blocks) {
        if (classes < 1 || width < 1) {
            throw new InputException("resnet: width " + width + " and classes " + classes + " must be at least 1");
        }
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("conv1.weight", Shape.of(width, 3, 7, 7));
        int in = width;
        for (int stage = 0; stage < blocks.length; stage++) {
            int planes = width << stage;
            int out = bottleneck ? 4 * planes : planes;
            for (int block = 0; block < blocks[stage]; block++) {
                String name = "layer" + (stage + 1) + "." + block;
                if (bottleneck) {
                    shapes.put(name + ".conv1.weight", Shape.of(planes, in, 1, 1));
                    shapes.put(name + ".conv2.weight", Shape.of(planes, planes, 3, 3));
                    shapes.put(name + ".conv3.weight", Shape.of(out, planes, 1, 1));
                } else {
                    shapes.put(name + ".conv1.weight", Shape.of(planes, in, 3, 3));
                    shapes.put(name + ".conv2.weight", Shape.of(planes, planes, 3, 3));
                }
                if (block == 0 && (stage > 0 || in != out)) {
                    shapes.put(name + ".downsample.0.weight", Shape.of(out, in, 1, 1));
                }
                in = out;
            }
        }
        shapes.put("fc.weight", Shape.of(classes, in));
        return shapes;
    }

    private Network build() {
        String x = activate("relu", norm("bn1", convolution("conv1", INPUT, 2)));
        x = add("maxpool", new MaxPool2d(PoolGeometry.of(3, 2, 1)), x);
        for (int stage = 1; stage <= STAGES; stage++) {
            for (int block = 0; block <= MAX_BLOCKS && has("layer" + stage + "." + block + ".conv1"); block++) {
                x = block("layer" + stage + "." + block, x, stage > 1 && block == 0 ? 2 : 1);
            }
        }
        x = add("flatten", new Flatten(1), add("avgpool", new GlobalAvgPool(true), x));
        Shape fc = weight("fc", 2);
        add("fc", new Linear(fc.size(1), fc.size(0), true), x);
        return Network.of(INPUT, input, nodes, "fc");
    }

    private String block(String name, String x, int stride) {
        boolean bottleneck = has(name + ".conv3");
        String y = convolution(name + ".conv1", x, bottleneck ? 1 : stride);
        y = activate(name + ".relu", norm(name + ".bn1", y));
        y = norm(name + ".bn2", convolution(name + ".conv2", y, bottleneck ? stride : 1));
        if (bottleneck) {
            y = activate(name + ".relu_1", y);
            y = norm(name + ".bn3", convolution(name + ".conv3", y, 1));
        }
        String identity = has(name + ".downsample.0")
                ? norm(name + ".downsample.1", convolution(name + ".downsample.0", x, stride))
                : x;
        y = add(name + ".add", new Add(), y, identity);
        return activate(name + (bottleneck ? ".relu_2" : ".relu_1"), y);
    }

    private boolean has(String name) {
        return shapes.containsKey(name + ".weight");
    }

    private Shape weight(String name, int rank) {
        Shape shape = shapes.get(name + ".weight");
        if (shape == null || shape.rank() != rank || shape.elements() == 0) {
            throw new InputException("resnet: tensor " + name + ".weight "
                    + (shape == null ? "is missing" : "of shape " + shape + " has not " + rank + " axes, or is empty"));
        }
        return shape;
    }

    private String convolution(String name, String x, int stride) {
        Shape w = weight(name, 4);
        int channels = channels(x);
        if (channels % w.size(1) != 0) {
            throw new InputException(
                    "resnet: tensor " + name + ".weight of shape " + w + " does not take " + channels + " channels");
        }
        ConvGeometry geometry = ConvGeometry.of(stride, w.size(2) / 2, 1, channels / w.size(1));
        return add(name, new Conv2d(channels, w.size(0), w.size(2), w.size(3), geometry, false), x);
    }

    /** Channels of a value: those of the last convolution on the way to it. */
    private int channels(String value) {
        if (value.equals(INPUT)) {
            return input.size(1);
        }
        Node node = nodes.stream()
                .filter(n -> n.name().equals(value))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no node " + value));
        return node.layer() instanceof Conv2d conv
                ? conv.out()
                : channels(node.inputs().get(0));
    }

    private String norm(String name, String x) {
        return add(name, BatchNorm2d.of(channels(x)), x);
    }

    private String activate(String name, String x) {
        return add(name, new Activate(Activation.RELU), x);
    }

    private String add(String name, Layer layer, String... inputs) {
        nodes.add(new Node(name, layer, List.of(inputs)));
        return name;
    }
}

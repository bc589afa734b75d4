package org.lrcc.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.MaxPool2d;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.train.TensorSource;

/** What a ResNet is made of, once: stem with maximum pooling, a residual block with stride 2 and a projection, a head behind dropout. */
final class TinyResNet {
    static final List<String> CLASSES = List.of("a", "b", "c");
    private static final int SIDE = 16;

    private TinyResNet() {}

    static Model model() {
        List<Node> nodes = new ArrayList<>();
        convolution(nodes, "conv1", "bn1", "input", new Conv2d(3, 8, 3, 3, ConvGeometry.of(1, 1), false));
        add(nodes, "relu1", new Activate(Activation.RELU), "bn1");
        add(nodes, "pool1", new MaxPool2d(PoolGeometry.of(3, 2, 1)), "relu1");
        convolution(nodes, "conv2", "bn2", "pool1", new Conv2d(8, 12, 3, 3, ConvGeometry.of(2, 1), false));
        add(nodes, "relu2", new Activate(Activation.RELU), "bn2");
        convolution(nodes, "conv3", "bn3", "relu2", new Conv2d(12, 12, 3, 3, ConvGeometry.of(1, 1), false));
        convolution(nodes, "down", "bn4", "pool1", new Conv2d(8, 12, 1, 1, ConvGeometry.of(2, 0), false));
        add(nodes, "sum", new Add(), "bn3", "bn4");
        add(nodes, "relu3", new Activate(Activation.RELU), "sum");
        add(nodes, "gap", new GlobalAvgPool(true), "relu3");
        add(nodes, "flatten", new Flatten(1), "gap");
        add(nodes, "dropout", new Dropout(0.2), "flatten");
        add(nodes, "fc", new Linear(12, CLASSES.size(), true), "dropout");
        Network network = Network.of("input", Shape.of(1, 3, SIDE, SIDE), nodes, "fc");
        return new Model(network, Init.state(network, 3), new ModelInfo(CLASSES, Preprocessing.imagenet(), Map.of()));
    }

    private static void convolution(List<Node> nodes, String name, String norm, String input, Conv2d layer) {
        add(nodes, name, layer, input);
        add(nodes, norm, BatchNorm2d.of(layer.out()), name);
    }

    private static void add(List<Node> nodes, String name, Layer layer, String... inputs) {
        nodes.add(new Node(name, layer, List.of(inputs)));
    }

    static TensorSource samples(int count, long seed) {
        return new TensorSource(images(count, seed), labels(count), CLASSES);
    }

    static int[] labels(int count) {
        return IntStream.range(0, count).map(i -> i % CLASSES.size()).toArray();
    }

    /** [count, 3, SIDE, SIDE], with something in it that tells the classes of {@link #labels} apart. */
    static Tensor images(int count, long seed) {
        Philox random = new Philox(seed, 1);
        int[] labels = labels(count);
        float[] values = new float[count * 3 * SIDE * SIDE];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() + 0.3f * labels[i / (values.length / count)] * (i % SIDE % 3);
        }
        return Tensor.of(values, count, 3, SIDE, SIDE);
    }
}

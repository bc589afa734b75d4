package org.lrcc.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
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
import org.openjdk.jmh.annotations.Param;

/**
 * What ResNet18 has beside its convolutions, at 224x224 and batch 8: batch norm with ReLU, batch norm with a residual and ReLU, pooling, the linear head. Forward alone takes running statistics.
 */
public class LayerBenchmark extends NetworkBenchmark {
    private static final int BATCH = 8;
    private static final int CLASSES = 1000;

    /** kind-channels-size. */
    @Param({
        "norm-64-112",
        "norm-64-56",
        "norm-128-28",
        "norm-256-14",
        "norm-512-7",
        "normAdd-64-56",
        "normAdd-128-28",
        "normAdd-256-14",
        "normAdd-512-7",
        "maxPool-64-112",
        "avgPool-512-7",
        "linear-512-1"
    })
    public String layer = "";

    @Override
    Model model() {
        String[] fields = layer.split("-");
        if (fields.length != 3) {
            throw new InputException("layer " + layer + " is not kind-channels-size");
        }
        int channels = Integer.parseInt(fields[1]);
        int size = Integer.parseInt(fields[2]);
        List<Node> nodes = new ArrayList<>();
        String last = nodes(fields[0], channels, nodes);
        Shape shape = Shape.of(BATCH, channels, size, size);
        Network network = Network.of("x", shape, nodes, last);
        return new Model(network, Init.state(network, 1), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
    }

    /** Adds the layers of a kind and returns the last one's name. */
    private static String nodes(String kind, int channels, List<Node> nodes) {
        switch (kind) {
            case "norm":
                return add(nodes, new Activate(Activation.RELU), add(nodes, BatchNorm2d.of(channels), "x"));
            case "normAdd":
                return add(
                        nodes,
                        new Activate(Activation.RELU),
                        add(nodes, new Add(), add(nodes, BatchNorm2d.of(channels), "x"), "x"));
            case "maxPool":
                return add(nodes, new MaxPool2d(PoolGeometry.of(3, 2, 1)), "x");
            case "avgPool":
                return add(nodes, new GlobalAvgPool(true), "x");
            case "linear":
                return add(nodes, new Linear(channels, CLASSES, true), add(nodes, new Flatten(1), "x"));
            default:
                throw new InputException("no layer of kind '" + kind + "'");
        }
    }

    private static String add(List<Node> nodes, Layer layer, String... inputs) {
        String name = "layer" + nodes.size();
        nodes.add(new Node(name, layer, List.of(inputs)));
        return name;
    }
}

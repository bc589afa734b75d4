package org.lrcc.kernels.cuda;

import java.util.List;
import java.util.Map;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Flatten;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.train.TensorSource;

/** The smallest network with a convolution and running statistics, for many steps. */
final class PlainNet {
    private static final List<String> CLASSES = List.of("a", "b");

    private PlainNet() {}

    static Model model() {
        List<Node> nodes = List.of(
                new Node("conv", new Conv2d(1, 2, 1, 1, ConvGeometry.of(1, 0), false), List.of("input")),
                new Node("bn", BatchNorm2d.of(2), List.of("conv")),
                new Node("gap", new GlobalAvgPool(true), List.of("bn")),
                new Node("flatten", new Flatten(1), List.of("gap")),
                new Node("fc", new Linear(2, 2, true), List.of("flatten")));
        Network network = Network.of("input", Shape.of(1, 1, 2, 2), nodes, "fc");
        return new Model(network, Init.state(network, 1), new ModelInfo(CLASSES, Preprocessing.imagenet(), Map.of()));
    }

    static TensorSource samples() {
        float[] values = {1, 2, 3, 4, 4, 3, 2, 1, 0, 1, 0, 1, -1, 2, -2, 1};
        return new TensorSource(Tensor.of(values, 4, 1, 2, 2), new int[] {0, 1, 0, 1}, CLASSES);
    }
}

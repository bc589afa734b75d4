package org.lrcc.bench.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.ResNet;

/** The distinct convolutions of ResNet18 at 224x224 by their short names {@code in-out-kernel-stride-size}, e.g. {@code 64-64-3-1-56}. */
public final class ResNetLayers {
    /** Passes of a convolution, as rows are named. */
    public static final List<String> PASSES = List.of("forward", "input gradient", "weight gradient");

    private ResNetLayers() {}

    /** Short names in the network's order, with the number of layers of that shape. */
    public static Map<String, Integer> counts() {
        Network network = ResNet.resnet18(1000);
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (Node node : network.nodes()) {
            if (node.layer() instanceof Convolution c) {
                Shape x = network.shape(node.inputs().get(0));
                String name = c.inChannels() + "-" + c.outChannels() + "-"
                        + c.weightShape().size(2) + "-" + c.geometry().strideHeight() + "-" + x.size(2);
                counts.merge(name, 1, Integer::sum);
            }
        }
        return counts;
    }

    /** How often a training step runs a pass of a layer; the input's gradient of the first is not wanted. */
    static int count(String layer, String pass) {
        Map<String, Integer> counts = counts();
        boolean first = counts.keySet().iterator().next().equals(layer);
        return first && pass.equals("input gradient") ? 0 : counts.getOrDefault(layer, 0);
    }

    /** A layer's shapes for a batch. */
    public record Geometry(Shape x, Shape weight, ConvGeometry geometry) {
        /** Reads a short name. */
        public static Geometry of(String name, int batch) {
            String[] fields = name.split("-");
            if (fields.length != 5) {
                throw new InputException("layer " + name + " is not in-out-kernel-stride-size");
            }
            int in = Integer.parseInt(fields[0]);
            int out = Integer.parseInt(fields[1]);
            int kernel = Integer.parseInt(fields[2]);
            int size = Integer.parseInt(fields[4]);
            return new Geometry(
                    Shape.of(batch, in, size, size),
                    Shape.of(out, in, kernel, kernel),
                    ConvGeometry.of(Integer.parseInt(fields[3]), kernel / 2));
        }
    }
}

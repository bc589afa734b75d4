package org.lrcc.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.GlobalAvgPool;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.MaxPool2d;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.ResNet;
import org.openjdk.jmh.annotations.Param;

class LayerBenchmarkTest {
    private static String[] layers() throws NoSuchFieldException {
        return LayerBenchmark.class.getField("layer").getAnnotation(Param.class).value();
    }

    @Test
    void everyLayerBesideConvolutionsIsMeasured() throws NoSuchFieldException {
        Network network = ResNet.resnet18(1000);
        Set<String> wanted = new TreeSet<>();
        for (Node node : network.nodes()) {
            String kind = kind(node.layer());
            if (kind != null) {
                Shape x = network.shape(node.inputs().get(0));
                wanted.add(kind + "-" + x.size(1) + "-" + (x.rank() > 2 ? x.size(2) : 1));
            }
        }
        assertThat(wanted).hasSize(8);
        assertThat(layers()).containsAll(wanted);
    }

    private static String kind(Layer layer) {
        return layer instanceof BatchNorm2d
                ? "norm"
                : layer instanceof MaxPool2d
                        ? "maxPool"
                        : layer instanceof GlobalAvgPool ? "avgPool" : layer instanceof Linear ? "linear" : null;
    }

    @Test
    void everyLayerRuns() throws NoSuchFieldException {
        for (String layer : layers()) {
            LayerBenchmark benchmark = new LayerBenchmark();
            benchmark.layer = layer;
            benchmark.setUp();
            benchmark.forward();
            benchmark.forwardAndBackward();
            benchmark.tearDown();
        }
    }
}

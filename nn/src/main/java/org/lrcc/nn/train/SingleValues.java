package org.lrcc.nn.train;

import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** Foresees batches in which a batch norm would see one value per channel, whose variance means nothing. */
final class SingleValues {
    private SingleValues() {}

    /** Refuses a run in which that would happen, before it begins. */
    static void refuse(Network network, Shape sample, int samples, TrainConfig config) {
        for (int size : microBatches(samples, config)) {
            Map<String, Shape> shapes = network.infer(Shape.of(size, sample.size(0), sample.size(1), sample.size(2)));
            for (Node node : network.nodes()) {
                if (node.layer() instanceof BatchNorm2d norm && !norm.frozenStatistics()) {
                    Shape shape = Objects.requireNonNull(shapes.get(node.name()));
                    if (shape.elements() == shape.size(1)) {
                        throw new InputException("train: batch norm '" + node.name()
                                + "' would see one value per channel, "
                                + shape + ": " + samples + " samples in batches of " + config.batch()
                                + (config.microBatch() > 0 ? " and micro-batches of " + config.microBatch() : "")
                                + " come to one of " + size + "; choose another batch size or drop the last batch");
                    }
                }
            }
        }
    }

    /** The sizes of micro-batches that occur. */
    private static TreeSet<Integer> microBatches(int samples, TrainConfig config) {
        TreeSet<Integer> sizes = new TreeSet<>();
        int rest = samples % config.batch();
        for (int batch : new int[] {samples >= config.batch() ? config.batch() : 0, config.dropLast() ? 0 : rest}) {
            int micro = config.microBatch() == 0 ? batch : config.microBatch();
            if (batch > 0) {
                sizes.add(Math.min(batch, micro));
                if (batch % micro > 0) {
                    sizes.add(batch % micro);
                }
            }
        }
        return sizes;
    }
}

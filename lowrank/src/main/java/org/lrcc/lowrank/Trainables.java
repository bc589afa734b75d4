package org.lrcc.lowrank;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** What trains in a converted network. */
final class Trainables {
    private Trainables() {}

    /** Full names of the tensors that train: by the mode in low-rank layers, everything in others but what is frozen. */
    static Set<String> names(Network network, Selection selection, TuneMode mode) {
        String head = HeadName.of(network);
        Set<String> names = new HashSet<>();
        for (Node node : network.nodes()) {
            boolean trains = mode == TuneMode.HEAD ? node.name().equals(head) : !selection.frozen(node);
            for (ParameterSpec spec : node.layer().parameters()) {
                if (trains && spec.role() == Role.WEIGHT && trains(node.layer(), spec.name(), mode)) {
                    names.add(node.parameter(spec.name()));
                }
            }
        }
        return names;
    }

    private static boolean trains(Layer layer, String local, TuneMode mode) {
        if (!(layer instanceof LowRankConv2d)) {
            return true;
        }
        return switch (local) {
            case LowRankConv2d.U -> mode.trainsU();
            case LowRankConv2d.V -> mode.trainsV();
            case LowRankConv2d.SPARSE -> mode.trainsS();
            default -> true;
        };
    }

    /** Batch normalisations that are frozen, as layers that keep their statistics in training. */
    static Map<String, Layer> frozenStatistics(Network network, Selection selection) {
        Map<String, Layer> layers = new LinkedHashMap<>();
        for (Node node : network.nodes()) {
            if (node.layer() instanceof BatchNorm2d bn && selection.frozen(node)) {
                layers.put(node.name(), new BatchNorm2d(bn.channels(), bn.eps(), bn.momentum(), true));
            }
        }
        return layers;
    }
}

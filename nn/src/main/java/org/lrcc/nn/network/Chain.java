package org.lrcc.nn.network;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Activation;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;

/**
 * Nodes that become one step: convolution and batch norm, then perhaps an addition, then perhaps an activation.
 *
 * @param nodes in order
 * @param input position of the first node's input
 * @param residual position of the addition's other input, or -1
 * @param output position of the last node's value
 */
record Chain(List<Node> nodes, int input, int residual, int output) {
    Node first() {
        return nodes.get(0);
    }

    Node last() {
        return nodes.get(nodes.size() - 1);
    }

    Activation activation() {
        return last().layer() instanceof Activate activate ? activate.activation() : Activation.NONE;
    }

    /** The batch norm behind the convolution, if there is one. */
    @Nullable
    Node norm() {
        return nodes.size() > 1 && nodes.get(1).layer() instanceof BatchNorm2d ? nodes.get(1) : null;
    }

    String describe() {
        return nodes.stream()
                .map(node -> node.layer() instanceof Add
                        ? "Add"
                        : node.layer() instanceof Activate activate
                                ? activate.details()
                                : node.layer().kind())
                .collect(Collectors.joining(" + "));
    }
}

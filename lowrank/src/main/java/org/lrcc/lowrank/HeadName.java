package org.lrcc.lowrank;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** Which layer gives the classes. It is never converted, and every adapter brings its own. */
final class HeadName {
    private HeadName() {}

    /** The head's name, or null where the output is a map and not one row of classes, or comes from no linear layer or convolution. */
    static @Nullable String of(Network network) {
        if (network.outputShape().rank() != 2) {
            return null;
        }
        try {
            Node head = Heads.find(network);
            return head.layer() instanceof Linear || head.layer() instanceof Conv2d ? head.name() : null;
        } catch (InputException e) {
            // The network does not end in one chain: it has no head that could be told.
            return null;
        }
    }

    /** The head's layer for another number of classes. */
    static Layer resized(Layer head, int classes, boolean bias) {
        if (head instanceof Conv2d conv) {
            return new Conv2d(conv.in(), classes, conv.kernelHeight(), conv.kernelWidth(), conv.geometry(), bias);
        }
        return new Linear(((Linear) head).in(), classes, bias);
    }
}

package org.lrcc.lowrank;

import org.jspecify.annotations.Nullable;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** The head of a network: its last linear layer. */
final class LastLinear {
    private LastLinear() {}

    /** The layer's name, or null where there is no linear layer. */
    static @Nullable String name(Network network) {
        String found = null;
        for (Node node : network.nodes()) {
            if (node.layer() instanceof Linear) {
                found = node.name();
            }
        }
        return found;
    }
}

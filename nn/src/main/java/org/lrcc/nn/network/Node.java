package org.lrcc.nn.network;

import java.util.List;
import org.lrcc.nn.layer.Layer;

/**
 * A named layer in a network.
 *
 * @param name unique; as torch's state dict has it ("layer1.0.conv1")
 * @param layer what it computes
 * @param inputs names of the nodes, or of the network's input, that it reads
 */
public record Node(String name, Layer layer, List<String> inputs) {
    /** Copies the list. */
    public Node {
        inputs = List.copyOf(inputs);
    }

    /** Full name of a parameter: the node's name, a dot, the local name. */
    public String parameter(String local) {
        return name + "." + local;
    }
}

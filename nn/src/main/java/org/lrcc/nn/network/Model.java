package org.lrcc.nn.network;

import org.lrcc.engine.InputException;
import org.lrcc.nn.layer.ParameterSpec;

/**
 * A network with its tensors: what users hold.
 *
 * @param network structure
 * @param state tensors; holds every parameter of the network in its shape
 * @param info class names, preprocessing, metadata
 */
public record Model(Network network, State state, ModelInfo info) {
    /** Checks that the state holds what the network needs. */
    public Model {
        for (Node node : network.nodes()) {
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                if (!state.has(name)) {
                    throw new InputException("model: tensor " + name + " of layer " + node.name() + " is missing");
                }
                if (!state.get(name).shape().equals(spec.shape())
                        || state.get(name).dtype() != spec.dtype()) {
                    throw new InputException("model: tensor " + name + " is " + state.get(name) + ", layer "
                            + node.name() + " needs " + spec.dtype() + spec.shape());
                }
            }
        }
        int outputs = network.outputShape().size(-1);
        if (!info.classes().isEmpty() && info.classes().size() != outputs) {
            throw new InputException(
                    "model: " + info.classes().size() + " class names for a network of " + outputs + " outputs");
        }
    }

    /** The same network and information over another state. */
    public Model with(State other) {
        return new Model(network, other, info);
    }

    /** The same network and state with other information. */
    public Model with(ModelInfo other) {
        return new Model(network, state, other);
    }
}

package org.lrcc.nn.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.InputException;
import org.lrcc.nn.layer.ParameterSpec;

/** A layer's name with the full names of its parameters, joined once and not once a step. */
final class LayerNames {
    private final String layer;
    private final Map<String, String> full = new LinkedHashMap<>();

    LayerNames(Node node) {
        layer = node.name();
        for (ParameterSpec spec : node.layer().parameters()) {
            full.put(spec.name(), node.parameter(spec.name()));
        }
    }

    String layer() {
        return layer;
    }

    String parameter(String local) {
        String name = full.get(local);
        if (name == null) {
            throw new InputException("there is no parameter " + local + " among " + full.keySet());
        }
        return name;
    }

    List<String> parameters() {
        return List.copyOf(full.values());
    }
}

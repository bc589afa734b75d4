package org.lrcc.nn.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.lrcc.engine.tensor.Shape;

/** Makes plans. Value 0 is the network's input; node i gives value i + 1. */
final class Planner {
    private final Network network;
    private final Map<String, Integer> positions = new HashMap<>();

    Planner(Network network) {
        this.network = network;
        positions.put(network.inputName(), 0);
        for (Node node : network.nodes()) {
            positions.put(node.name(), positions.size());
        }
    }

    /** Every layer by itself: the oracle of the fused plans. */
    Plan eager(Mode mode, Shape input) {
        List<Step> steps = new ArrayList<>();
        for (Node node : network.nodes()) {
            steps.add(new LayerStep(node, inputs(node), position(node.name())));
        }
        return finish(mode, input, steps);
    }

    private Plan finish(Mode mode, Shape input, List<Step> steps) {
        int output = position(network.outputName());
        Map<Integer, Step> lastReader = new HashMap<>();
        for (Step step : steps) {
            for (int value : step.inputs()) {
                lastReader.put(value, step);
            }
        }
        // The input belongs to the caller and the output too.
        lastReader.remove(0);
        lastReader.remove(output);
        for (Step step : steps) {
            step.releases(lastReader.entrySet().stream()
                    .filter(entry -> entry.getValue() == step)
                    .mapToInt(Map.Entry::getKey)
                    .sorted()
                    .toArray());
        }
        Shape out = Objects.requireNonNull(network.infer(input).get(network.outputName()));
        return new Plan(mode, input, out, steps, positions.size(), output);
    }

    int[] inputs(Node node) {
        return node.inputs().stream().mapToInt(this::position).toArray();
    }

    int position(String name) {
        Integer position = positions.get(name);
        if (position == null) {
            throw new IllegalStateException("plan: no value " + name);
        }
        return position;
    }
}

package org.lrcc.nn.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.Activate;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Convolution;

/** Makes plans. Value 0 is the network's input; node i gives value i + 1. */
final class Planner {
    private final Network network;
    private final Map<String, Integer> positions = new HashMap<>();
    private final Map<String, List<Node>> readers = new HashMap<>();

    Planner(Network network) {
        this.network = network;
        positions.put(network.inputName(), 0);
        for (Node node : network.nodes()) {
            positions.put(node.name(), positions.size());
            // A node that reads a value twice counts twice.
            node.inputs()
                    .forEach(input -> readers.computeIfAbsent(input, unused -> new ArrayList<>())
                            .add(node));
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

    /** The plan that runs fast: convolutions and batch norms with what follows them as one op; in inference, batch norm folded into the convolution. */
    Plan fused(Backend backend, Mode mode, Shape input) {
        ChannelGroups groups = mode == Mode.EVAL ? backend.channelGroups() : null;
        if (groups != null) {
            List<Step> grouped = new GroupedSteps(groups, network.infer(input)).of(fusedSteps(mode, input));
            if (!grouped.isEmpty()) {
                return finish(mode, input, grouped);
            }
        }
        return finish(mode, input, fusedSteps(mode, input));
    }

    List<Step> fusedSteps(Mode mode, Shape input) {
        List<Step> steps = new ArrayList<>();
        Map<String, Chain> chains = chains(mode, network.infer(input));
        Set<String> absorbed = new HashSet<>();
        chains.values().forEach(chain -> chain.nodes().forEach(node -> absorbed.add(node.name())));
        for (Node node : network.nodes()) {
            Chain chain = chains.get(node.name());
            if (chain != null) {
                boolean plain = chain.first().layer() instanceof Conv2d && chain.norm() == null;
                boolean folds = mode == Mode.EVAL && chain.first().layer() instanceof Convolution && !plain;
                steps.add(folds ? new FoldedStep(chain) : new FusedStep(chain));
            } else if (!absorbed.contains(node.name())) {
                steps.add(new LayerStep(node, inputs(node), position(node.name())));
            }
        }
        return steps;
    }

    /** The chains by the name of their last node, where they run. */
    private Map<String, Chain> chains(Mode mode, Map<String, Shape> shapes) {
        Map<String, Chain> chains = new HashMap<>();
        Set<String> taken = new HashSet<>();
        for (Node first : network.nodes()) {
            boolean convolution = first.layer() instanceof Convolution;
            if (taken.contains(first.name()) || !(convolution || first.layer() instanceof BatchNorm2d)) {
                continue;
            }
            List<Node> nodes = new ArrayList<>(List.of(first));
            Node next = onlyReader(first, taken);
            if (convolution && mode == Mode.EVAL && next != null && next.layer() instanceof BatchNorm2d) {
                nodes.add(next);
                next = onlyReader(next, taken);
            }
            int residual = -1;
            if (next != null && next.layer() instanceof Add) {
                String other = other(next, nodes.get(nodes.size() - 1).name());
                if (Objects.equals(shapes.get(other), shapes.get(next.inputs().get(0)))
                        && Objects.equals(
                                shapes.get(other), shapes.get(next.inputs().get(1)))) {
                    residual = position(other);
                    nodes.add(next);
                    next = onlyReader(next, taken);
                }
            }
            if (next != null && next.layer() instanceof Activate) {
                nodes.add(next);
            }
            nodes.forEach(node -> taken.add(node.name()));
            Node last = nodes.get(nodes.size() - 1);
            chains.put(last.name(), new Chain(nodes, inputs(first)[0], residual, position(last.name())));
        }
        return chains;
    }

    /** The node that alone reads this one's value, once, and is not part of another chain; else null. */
    private @Nullable Node onlyReader(Node node, Set<String> taken) {
        List<Node> all = readers.getOrDefault(node.name(), List.of());
        boolean alone = all.size() == 1 && !node.name().equals(network.outputName());
        return alone && !taken.contains(all.get(0).name()) ? all.get(0) : null;
    }

    /** The other input of an addition. */
    private static String other(Node add, String one) {
        List<String> in = add.inputs();
        return in.get(0).equals(one) ? in.get(1) : in.get(0);
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

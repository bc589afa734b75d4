package org.lrcc.nn.network;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lrcc.engine.InputException;

/** Orders nodes so that each stands after those it reads, and drops those that the output does not need. */
final class GraphOrder {
    private GraphOrder() {}

    static List<Node> sort(String input, String output, List<Node> given, Map<String, Node> byName) {
        checkInputs(input, given, byName);
        Set<String> needed = needed(input, output, byName);
        List<Node> sorted = new ArrayList<>();
        Set<String> ready = new HashSet<>(Set.of(input));
        List<Node> waiting = new ArrayList<>(
                given.stream().filter(n -> needed.contains(n.name())).toList());
        while (!waiting.isEmpty()) {
            List<Node> later = new ArrayList<>();
            for (Node node : waiting) {
                if (ready.containsAll(node.inputs())) {
                    sorted.add(node);
                    ready.add(node.name());
                } else {
                    later.add(node);
                }
            }
            if (later.size() == waiting.size()) {
                throw new InputException("network: there is a cycle through layer "
                        + later.get(0).name());
            }
            waiting = later;
        }
        if (!needed.contains(input)) {
            throw new InputException("network: the output " + output + " does not depend on the input " + input);
        }
        return List.copyOf(sorted);
    }

    private static void checkInputs(String input, List<Node> given, Map<String, Node> byName) {
        for (Node node : given) {
            for (String source : node.inputs()) {
                if (!source.equals(input) && !byName.containsKey(source)) {
                    throw new InputException("layer " + node.name() + ": its input " + source + " does not exist");
                }
            }
        }
    }

    private static Set<String> needed(String input, String output, Map<String, Node> byName) {
        Set<String> needed = new HashSet<>(Set.of(output));
        Deque<String> open = new ArrayDeque<>(needed);
        while (!open.isEmpty()) {
            Node node = byName.get(open.pop());
            if (node == null) {
                continue;
            }
            for (String source : node.inputs()) {
                if (needed.add(source)) {
                    open.push(source);
                }
            }
        }
        return needed;
    }
}

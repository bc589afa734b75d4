package org.lrcc.nn.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the layers' names: from weights named as in torch's state dict, from node paths of torch's exporters, or makes them up. */
final class Names {
    private static final int MAX_LENGTH = 200;

    private final Set<String> taken = new HashSet<>();
    private final Set<String> containers = new HashSet<>();
    private final Map<String, Integer> repeats = new HashMap<>();
    private final List<String> notes = new ArrayList<>();
    private LoadReport.NameSource source = LoadReport.NameSource.WEIGHTS;

    Names(String input, List<NodeProto> nodes) {
        taken.add(input);
        for (NodeProto node : nodes) {
            String path = path(node.getName());
            for (int dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
                containers.add(path.substring(0, dot));
            }
        }
    }

    LoadReport.NameSource source() {
        return source;
    }

    /** What a user may want to know of the names. */
    List<String> notes() {
        return notes;
    }

    /** Name of a layer with weights. */
    String parametric(NodeProto node, String weight) {
        String suffix = ".weight";
        if (weight.endsWith(suffix) && isClean(weight) && weight.length() > suffix.length()) {
            String wanted = weight.substring(0, weight.length() - suffix.length());
            String name = unique(wanted);
            if (!name.equals(wanted)) {
                notes.add("the weight " + weight + " is used more than once; layer " + name + " has a copy of its own");
            }
            return name;
        }
        String path = path(node.getName());
        if (!path.isEmpty()) {
            source = source == LoadReport.NameSource.INVENTED ? source : LoadReport.NameSource.NODES;
            return unique(path);
        }
        source = LoadReport.NameSource.INVENTED;
        return plain(node);
    }

    /** Name of a layer without weights. */
    String plain(NodeProto node) {
        String op = node.getOpType().toLowerCase(Locale.ROOT);
        String path = path(node.getName());
        if (path.isEmpty()) {
            return unique(given(node) != null ? node.getName() : isClean(op) ? op : "layer");
        }
        // "/layer1/layer1.0/Add" is done by the block itself and no module of that name.
        return unique(containers.contains(path) || taken.contains(path) ? path + "." + op : path);
    }

    /** A node's own name where it says more than its operator and a number. */
    private static @Nullable String given(NodeProto node) {
        String name = node.getName();
        boolean numbered = name.startsWith(node.getOpType() + "_") || name.startsWith("node_");
        return name.isEmpty() || numbered || name.contains("/") || !isClean(name) ? null : name;
    }

    /**
     * The module path in a node's name, "" where there is none: "/layer1/layer1.0/conv1/Conv" is "layer1.0.conv1". A part that begins with the one before and a dot takes its
     * place; so torch names the members of a Sequential.
     */
    static String path(String name) {
        if (!name.startsWith("/") || !isClean(name)) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        String[] given = name.substring(1).split("/", -1);
        for (int i = 0; i < given.length - 1; i++) {
            int last = parts.size() - 1;
            if (last >= 0 && given[i].startsWith(parts.get(last) + ".")) {
                parts.set(last, given[i]);
            } else {
                parts.add(given[i]);
            }
        }
        return String.join(".", parts);
    }

    private String unique(String wanted) {
        String name = wanted;
        while (!taken.add(name)) {
            name = wanted + "_" + repeats.merge(wanted, 1, Integer::sum);
        }
        return name;
    }

    private static boolean isClean(String name) {
        return name.length() <= MAX_LENGTH
                && !name.isEmpty()
                && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ':' && c != '"' && c != '\\');
    }

    /** A text from a file made fit for a message. */
    static String printable(String text) {
        String clean = text.chars()
                .limit(MAX_LENGTH)
                .mapToObj(c -> c < ' ' || c == 0x7f ? "?" : String.valueOf((char) c))
                .collect(Collectors.joining());
        return text.length() > MAX_LENGTH ? clean + "..." : clean;
    }
}

package org.lrcc.lowrank;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.layer.Add;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Dropout;
import org.lrcc.nn.layer.Identity;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.Mul;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.safetensors.TensorDigest;

/** What a network computes, its tensors' values aside: layers with their attributes, and which reads which. The head's classes count for nothing. */
final class Structure {
    /** Where a safetensors file's metadata hold {@link #hash}. */
    static final String KEY = "lrcc.structure";

    private Structure() {}

    /** Throws where the tuned network has not the base's structure, naming the first layer that differs and what it is in both. */
    static void same(Network base, Network tuned) {
        String head = HeadName.of(base);
        for (Node node : base.nodes()) {
            if (!tuned.has(node.name())) {
                throw new InputException("extract: the tuned network has no layer " + node.name());
            }
            Node other = tuned.node(node.name());
            compareLayers(node, other.layer(), node.name().equals(head));
            List<String> here = inputs(node, base);
            List<String> there = inputs(other, tuned);
            if (!here.equals(there)) {
                throw new InputException("extract: layer " + node.name() + " reads " + node.inputs()
                        + " in the base and " + other.inputs() + " in the tuned network");
            }
        }
        if (tuned.nodes().size() != base.nodes().size()) {
            throw new InputException("extract: the tuned network has other layers than the base");
        }
        if (!tuned.outputName().equals(base.outputName())) {
            throw new InputException("extract: the output is layer " + base.outputName() + " in the base and "
                    + tuned.outputName() + " in the tuned network");
        }
    }

    private static void compareLayers(Node node, Layer other, boolean head) {
        Layer layer = node.layer();
        if (comparable(layer, head).equals(comparable(other, head))) {
            return;
        }
        String here = layer.kind() + " " + layer.details();
        String there = other.kind() + " " + other.details();
        boolean told = !here.equals(there);
        throw new InputException("extract: layer " + node.name() + " is " + (told ? here : layer) + " in the base and "
                + (told ? there : other) + " in the tuned network");
    }

    /**
     * The layer without what may differ between networks that compute the same: a batch normalisation's momentum and whether its statistics are frozen are
     * about training, its eps is a float in files; the head has as many classes as it likes.
     */
    private static Layer comparable(Layer layer, boolean head) {
        if (layer instanceof BatchNorm2d norm) {
            return new BatchNorm2d(norm.channels(), (float) norm.eps(), 0, false);
        }
        if (layer instanceof LowRankConv2d conv) {
            return conv.plain();
        }
        boolean resizable = layer instanceof Linear || layer instanceof Conv2d;
        return head && resizable ? HeadName.resized(layer, 1, false) : layer;
    }

    /** What a node reads, under names that do not depend on what the network's input is called; of sums and products in any order. */
    private static List<String> inputs(Node node, Network network) {
        var names = node.inputs().stream().map(name -> name.equals(network.inputName()) ? "" : name);
        return (commutes(node.layer()) ? names.sorted() : names).toList();
    }

    private static boolean commutes(Layer layer) {
        return layer instanceof Add || layer instanceof Mul;
    }

    /**
     * SHA-256 of the structure, in hexadecimal. Two networks have the same where each tensor goes the same way to the output: names count only for layers with
     * parameters, and layers that pass everything on outside training not at all. Low-rank layers count as the convolutions they stand for.
     */
    static String hash(Network network) {
        String head = HeadName.of(network);
        Map<String, String> digests = new HashMap<>();
        digests.put(network.inputName(), "input");
        for (Node node : network.nodes()) {
            List<String> read = node.inputs().stream()
                    .map(name -> Objects.requireNonNull(digests.get(name), name))
                    .toList();
            digests.put(node.name(), digest(node, read, head));
        }
        return Objects.requireNonNull(digests.get(network.outputName()), network.outputName());
    }

    private static String digest(Node node, List<String> read, @Nullable String head) {
        Layer layer = comparable(node.layer(), node.name().equals(head));
        if (layer instanceof Identity || layer instanceof Dropout) {
            return read.get(0);
        }
        String what = (layer.parameters().isEmpty() ? "" : node.name() + " ") + attributes(layer) + " "
                + (commutes(layer) ? read.stream().sorted().toList() : read);
        return HexFormat.of().formatHex(TensorDigest.sha256().digest(what.getBytes(StandardCharsets.UTF_8)));
    }

    /** Records tell all their attributes, others what they list. */
    private static String attributes(Layer layer) {
        return layer instanceof Record ? layer.toString() : layer.kind() + " " + layer.details();
    }
}

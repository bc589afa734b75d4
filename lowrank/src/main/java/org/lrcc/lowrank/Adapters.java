package org.lrcc.lowrank;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.BatchNorm2d;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;
import org.lrcc.nn.safetensors.SafeTensors;

/**
 * Saves what makes a converted model differ from its base, and puts it onto the base again.
 *
 * <p>An adapter is a safetensors file. It holds all factors, frozen ones too, under the original tool's names, S with its mask in a compact form
 * ({@code NAME.sparse_weight.values} with {@code .indices} or {@code .bits}), noise where it was kept, batch normalisation whole, biases, convolutions that were
 * not converted, the head, and in its metadata the configuration, class names, preprocessing and hashes of the base's tensors and structure.
 */
public final class Adapters {
    private Adapters() {}

    /**
     * Writes or replaces an adapter file, whole or not at all.
     *
     * @param adapted made by {@link LowRank#convert}, trained or not
     * @throws InputException if the model was not converted, or the file's folder does not exist
     */
    public static void save(Model adapted, Path file) {
        Provenance provenance = Provenance.of(adapted);
        String head = HeadName.of(adapted.network());
        Map<String, Tensor> tensors = new HashMap<>();
        Map<String, Integer> ranks = new TreeMap<>();
        for (Node node : adapted.network().nodes()) {
            if (node.layer() instanceof LowRankConv2d layer) {
                ranks.put(node.name(), layer.rank());
            }
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                if (node.layer() instanceof LowRankConv2d layer && spec.name().equals(LowRankConv2d.SPARSE)) {
                    SparseEntries s = SparseEntries.of(node, layer, adapted.state());
                    SparseCodec.encode(name, s, layer.weightShape().elements(), tensors);
                } else if (!LowRankConv2d.placesSparse(spec.name())
                        && differs(node, spec, head, adapted.state(), provenance.base())) {
                    tensors.put(name, adapted.state().get(name));
                }
            }
        }
        AdapterInfo info = new AdapterInfo(
                provenance.config(),
                provenance.base().hash(),
                ranks,
                head,
                adapted.info().classes(),
                adapted.info().preprocessing());
        Map<String, String> metadata = new HashMap<>(info.toMetadata());
        metadata.put(Structure.KEY, Structure.hash(adapted.network()));
        SafeTensors.write(file, tensors, metadata);
    }

    /** What may have changed is kept whether it did or not, so that a file's content does not depend on chance. */
    private static boolean differs(
            Node node, ParameterSpec spec, @Nullable String head, State state, Fingerprint base) {
        String name = node.parameter(spec.name());
        boolean factor = node.layer() instanceof LowRankConv2d && !spec.name().equals(LowRankConv2d.WEIGHT);
        boolean statistics =
                spec.role() == Role.BUFFER && node.layer() instanceof BatchNorm2d bn && !bn.frozenStatistics();
        return factor
                || statistics
                || node.name().equals(head)
                || state.trainable(name)
                || !base.holds(name, state.get(name));
    }

    /** What an adapter says of itself, without its base. */
    public static AdapterInfo info(Path file) {
        return AdapterInfo.of(SafeTensors.read(file));
    }

    /**
     * The adapted model again: computes the same, bit for bit, and trains what it trained. Frozen tensors are shared with the base.
     *
     * @param base the unconverted network; its head counts for nothing
     * @throws InputException naming the file where it cannot be read, is damaged or belongs to another base, of other tensors or structure (naming both hashes)
     */
    public static Model load(Model base, Path file) {
        SafeTensors stored = SafeTensors.read(file);
        AdapterInfo info = AdapterInfo.of(stored);
        Fingerprint fingerprint = Fingerprint.of(base);
        if (!fingerprint.hash().equals(info.base())) {
            throw new InputException("adapter " + file + ": belongs to a base of SHA-256 " + info.base()
                    + ", this network's is " + fingerprint.hash());
        }
        String structure = stored.metadata().get(Structure.KEY);
        String own = Structure.hash(base.network());
        // Files of earlier versions do not say.
        if (structure != null && !structure.equals(own)) {
            throw new InputException("adapter " + file + ": belongs to a base whose structure has the SHA-256 "
                    + structure + ", this network's, with the same weights, is " + own
                    + ": layers have other attributes, or read others");
        }
        try {
            return new Reader(base, stored, info).read(fingerprint);
        } catch (InputException e) {
            String message = String.valueOf(e.getMessage());
            throw message.contains(file.toString()) ? e : new InputException("adapter " + file + ": " + message, e);
        }
    }

    /** Puts one file onto one base. */
    private static final class Reader {
        private final Model base;
        private final SafeTensors stored;
        private final AdapterInfo info;
        private final Converter converter;
        private final Set<String> read = new HashSet<>();

        Reader(Model base, SafeTensors stored, AdapterInfo info) {
            this.base = base;
            this.stored = stored;
            this.info = info;
            this.converter = Converter.ofAdapter(base, info.config());
        }

        Model read(Fingerprint fingerprint) {
            if (info.config().rankGoal() != null) {
                // The goal was met on the base's weights; what it came to is in the file.
                converter.ranks(info.ranks());
            }
            Map<String, Integer> expected = converter.ranks();
            if (!expected.equals(info.ranks())) {
                throw new InputException(
                        "low-rank layers " + info.ranks() + " are not those of its configuration, " + expected);
            }
            converter.entries(this::entries);
            Network network = network();
            Set<String> trains = converter.trains(network);
            State.Builder state = State.builder();
            for (Node node : network.nodes()) {
                put(state, node, trains);
            }
            for (String name : stored.names()) {
                if (!read.contains(name)) {
                    throw new InputException("tensor " + name + " belongs to no layer");
                }
            }
            ModelInfo described = new ModelInfo(
                    info.classes(), info.preprocessing(), base.info().extra());
            return new Model(
                    network,
                    state.build().withTrainable(trains::contains),
                    Provenance.put(described, info.config(), fingerprint));
        }

        private int entries(String layer) {
            return SparseCodec.count(layer + "." + LowRankConv2d.SPARSE, stored);
        }

        /** The converted structure with as many classes as the file's head has. */
        private Network network() {
            Network network = converter.network();
            String head = HeadName.of(network);
            if (head == null || !head.equals(info.head())) {
                if (head != null || info.head() != null) {
                    throw new InputException("head " + info.head() + " is not the network's, " + head);
                }
                return network;
            }
            Tensor weight = stored.floats(head + ".weight");
            if (weight.shape().rank() < 2 || weight.shape().size(0) < 1) {
                throw new InputException("tensor " + head + ".weight is " + weight.shape() + ", no head's weight");
            }
            Layer old = network.node(head).layer();
            return network.replace(
                    head, HeadName.resized(old, weight.shape().size(0), stored.contains(head + ".bias")));
        }

        private void put(State.Builder state, Node node, Set<String> trains) {
            Map<String, Tensor> sparse = sparse(node);
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                Tensor ofSparse = sparse.get(spec.name());
                if (ofSparse != null) {
                    state.put(name, spec.role(), ofSparse);
                } else if (stored.contains(name)) {
                    state.put(name, spec.role(), tensor(name, spec));
                } else if (mayBeBase(node, spec, name, trains)) {
                    state.share(base.state(), name, spec.role());
                } else {
                    throw new InputException("tensor " + name + " is missing");
                }
            }
        }

        /** The parameters of S, by local name; none where the layer has none. */
        private Map<String, Tensor> sparse(Node node) {
            if (!(node.layer() instanceof LowRankConv2d layer && layer.form().hasSparse())) {
                return Map.of();
            }
            String name = node.parameter(LowRankConv2d.SPARSE);
            read.addAll(SparseCodec.names(name));
            return SparseCodec.decode(name, layer.weightShape().elements(), stored)
                    .parameters(layer);
        }

        private boolean mayBeBase(Node node, ParameterSpec spec, String name, Set<String> trains) {
            boolean changes = trains.contains(name)
                    || (spec.role() == Role.BUFFER
                            && !(node.layer() instanceof BatchNorm2d bn && bn.frozenStatistics()));
            return !changes
                    && base.state().has(name)
                    && base.state().get(name).shape().equals(spec.shape());
        }

        private Tensor tensor(String name, ParameterSpec spec) {
            Tensor tensor = stored.floats(name);
            if (!tensor.shape().equals(spec.shape())) {
                throw new InputException("tensor " + name + " is " + tensor.shape() + ", not " + spec.shape());
            }
            read.add(name);
            return tensor.copy();
        }
    }
}

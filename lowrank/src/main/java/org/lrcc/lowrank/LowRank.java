package org.lrcc.lowrank;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRankConv2d.Form;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.State;

/**
 * Turns models into low-rank form and back.
 *
 * <pre>{@code
 * Model lora = LowRank.convert(base, LowRankConfig.of(TuneMode.LORA).rankRatio(0.25).ignore("downsample"));
 * ...train...
 * Onnx.save(LowRank.merge(lora), file);
 * }</pre>
 */
public final class LowRank {
    /** How far a merged weight may be from the factors' to count as theirs, relative to its largest element. */
    private static final double MERGED_TOLERANCE = 1e-4;

    private LowRank() {}

    /**
     * A model whose convolutions are low-rank and which trains what the mode says. In modes {@code full} and {@code head} only what trains changes. The
     * base is left as it is: frozen tensors are shared with it, others copied.
     *
     * @throws InputException for options that contradict each other, patterns that match nothing, weights that are not finite
     */
    public static Model convert(Model base, LowRankConfig config) {
        return convert(base, config, ConversionProgress.NONE).model();
    }

    /** As {@link #convert(Model, LowRankConfig)}, with progress and a report; an interrupt of the calling thread ends it. */
    public static Conversion convert(Model base, LowRankConfig config, ConversionProgress progress) {
        return new Converter(base, config).run(progress);
    }

    /**
     * The low-rank difference of two networks as an adapter: over the base's weights, U·V is the nearest of its rank to what tuning added to each convolution
     * that the configuration converts; everything else is the tuned network's. Where a convolution did not change, U = 0.
     *
     * @param tuned of the base's structure: the same layers with the same attributes and inputs; its head may have other classes
     * @param config of mode lora_mode; rank goals look at the difference
     * @param sparse how many entries of the difference are taken out of U·V and added to W, which the adapter then holds; null for none
     * @throws InputException where the two differ in structure, naming the layer
     */
    public static Conversion extract(
            Model base, Model tuned, LowRankConfig config, @Nullable Density sparse, ConversionProgress progress) {
        if (config.dora()) {
            throw new InputException("extract: a difference of networks has no magnitudes; leave dora out");
        }
        if (config.mode() != TuneMode.LORA || config.init() != Init.KAIMING) {
            throw new InputException("extract: makes an adapter of mode lora_mode with init kaiming, not "
                    + config.mode() + " with " + config.init().label());
        }
        Structure.same(base.network(), tuned.network());
        String method = sparse == null ? "svd" : "accelerated";
        return new Converter(base, tuned, sparse, config.method(method)).run(progress);
    }

    /** What conversion would do to each convolution and why, without decomposing anything. */
    public static ConversionReport plan(Model base, LowRankConfig config) {
        return new Converter(base, config).plan();
    }

    /**
     * In which order each converted layer would multiply in a training step.
     *
     * @param costs what the backend's kernels are predicted to take
     * @param input shape of a batch, [N, 3, H, W]
     */
    public static List<LayerPlan> layerPlans(Model base, LowRankConfig config, KernelCosts costs, Shape input) {
        return new Converter(base, config).layerPlans(costs, input);
    }

    /** Whether the model holds low-rank layers. */
    public static boolean isLowRank(Model model) {
        return model.network().nodes().stream().anyMatch(node -> node.layer() instanceof LowRankConv2d);
    }

    /** A model of plain convolutions that computes the same, to rounding; shares no tensor with the given one. Everything trains in it. */
    public static Model merge(Model adapted) {
        Map<String, Layer> plain = new HashMap<>();
        Map<String, Tensor> weights = new HashMap<>();
        for (Node node : adapted.network().nodes()) {
            if (node.layer() instanceof LowRankConv2d layer) {
                plain.put(node.name(), layer.plain());
                weights.put(node.parameter(LowRankConv2d.WEIGHT), Composition.weight(node, layer, adapted.state()));
            }
        }
        Network network = adapted.network().replace(plain);
        State.Builder state = State.builder();
        for (Node node : network.nodes()) {
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                Tensor weight = weights.get(name);
                state.put(
                        name,
                        spec.role(),
                        weight != null ? weight : adapted.state().get(name).copy());
            }
        }
        return new Model(network, state.build(), Provenance.strip(adapted.info()));
    }

    /**
     * Takes a merged model apart again: the adapted model's factors, and everything else, such as W in lora_mode, from the merged one. Training goes on where it was.
     *
     * @param merged made by {@link #merge}, perhaps saved and loaded since
     * @param adapted what it was merged from
     * @throws InputException where the two do not belong together
     */
    public static Model unmerge(Model merged, Model adapted) {
        State.Builder state = State.builder();
        for (Node node : adapted.network().nodes()) {
            if (!merged.network().has(node.name())) {
                throw new InputException("unmerge: the merged model has no layer " + node.name());
            }
            for (ParameterSpec spec : node.layer().parameters()) {
                String name = node.parameter(spec.name());
                state.put(name, spec.role(), unmerged(node, spec, name, merged.state(), adapted.state()));
            }
        }
        State flagged = state.build().withTrainable(adapted.state()::trainable);
        return new Model(adapted.network(), flagged, Provenance.copy(merged.info(), adapted.info()));
    }

    private static Tensor unmerged(Node node, ParameterSpec spec, String name, State merged, State adapted) {
        boolean factor = node.layer() instanceof LowRankConv2d && !spec.name().equals("bias");
        if (!factor) {
            return sameShape(name, merged, adapted).copy();
        }
        LowRankConv2d layer = (LowRankConv2d) node.layer();
        String weightName = node.parameter(LowRankConv2d.WEIGHT);
        if (spec.name().equals(LowRankConv2d.WEIGHT) && layer.form() == Form.OVER_BASE) {
            return Composition.base(node, layer, adapted, sameShape(weightName, merged, adapted));
        }
        if (layer.form() != Form.OVER_BASE && spec.name().equals(LowRankConv2d.U)) {
            checkMerged(node.name(), merged.get(weightName), Composition.weight(node, layer, adapted));
        }
        return adapted.get(name).copy();
    }

    private static Tensor sameShape(String name, State merged, State adapted) {
        Tensor tensor = merged.get(name);
        if (!tensor.shape().equals(adapted.get(name).shape())) {
            throw new InputException("unmerge: " + name + " is " + tensor.shape() + " in the merged model and "
                    + adapted.get(name).shape() + " in the adapted one");
        }
        return tensor;
    }

    /** Without a base weight nothing of the merged weight would be kept: it must be what the factors make. */
    private static void checkMerged(String layer, Tensor merged, Tensor composed) {
        if (!merged.shape().equals(composed.shape())) {
            throw new InputException(
                    "unmerge: layer " + layer + " has a weight of " + merged.shape() + ", not " + composed.shape());
        }
        float[] a = merged.toFloats();
        float[] b = composed.toFloats();
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(b[i]));
            difference = Math.max(difference, Math.abs(a[i] - b[i]));
        }
        if (!(difference <= MERGED_TOLERANCE * largest)) {
            throw new InputException("unmerge: layer " + layer + " of the merged model differs by " + difference
                    + " from what the factors make");
        }
    }
}

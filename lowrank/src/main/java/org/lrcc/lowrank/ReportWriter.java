package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lrcc.lowrank.ConversionReport.Action;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/** Counts what a conversion comes to. */
record ReportWriter(
        Model base, LowRankConfig config, Selection selection, Map<String, LowRankConv2d> layers, Network converted) {
    /** The report; S counts as full where there are no results. */
    ConversionReport write(Map<String, Decomposer.Result> results) {
        Set<String> trains = Trainables.names(converted, selection, config.mode());
        List<ConversionReport.Layer> lines = new ArrayList<>();
        long before = 0;
        long after = 0;
        long trainable = 0;
        for (Node node : converted.nodes()) {
            Decomposer.Result result = results.get(node.name());
            Factorization f = result == null ? null : result.factorization();
            Layer old = base.network().node(node.name()).layer();
            long oldCount = count(node, old, null, Set.of(), false);
            long newCount = count(node, node.layer(), f, trains, false);
            long trainingCount = count(node, node.layer(), f, trains, true);
            before += oldCount;
            after += newCount;
            trainable += trainingCount;
            Selection.Choice choice = selection.choices().get(node.name());
            if (choice != null) {
                lines.add(new ConversionReport.Layer(
                        node.name(),
                        ((Convolution) old).weightShape().toString(),
                        choice.action(),
                        choice.reason(),
                        choice.action() == Action.CONVERTED ? choice.rank() : 0,
                        oldCount,
                        newCount,
                        trainingCount,
                        f == null ? null : config.method(),
                        f == null ? null : f.density(),
                        sparse(node.layer(), f),
                        f == null ? null : f.residual(),
                        f == null ? null : f.residualSparse(),
                        f == null ? null : f.objective(),
                        result == null ? null : result.seconds()));
            }
        }
        return new ConversionReport(config.mode().label(), lines, before, after, trainable);
    }

    /** Elements of a layer's parameters, or of those that train; the mask is none, and of S only what is on counts. */
    private static long count(
            Node node, Layer layer, @Nullable Factorization f, Set<String> trains, boolean onlyTraining) {
        long sum = 0;
        for (ParameterSpec spec : layer.parameters()) {
            boolean counts = spec.role() != Role.BUFFER
                    && !LowRankConv2d.placesSparse(spec.name())
                    && (!onlyTraining || trains.contains(node.parameter(spec.name())));
            if (counts) {
                sum += f != null && spec.name().equals(LowRankConv2d.SPARSE)
                        ? f.entries()
                        : spec.shape().elements();
            }
        }
        return sum;
    }

    /** How S lies; null where there is none, or none yet. */
    private static @Nullable String sparse(Layer layer, @Nullable Factorization f) {
        if (f == null || !(layer instanceof LowRankConv2d low && low.form().hasSparse())) {
            return null;
        }
        return (low.isCompact() ? SparseForm.COMPACT : SparseForm.DENSE).label();
    }
}

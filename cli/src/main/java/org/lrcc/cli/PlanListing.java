package org.lrcc.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.lowrank.LayerPlan;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.PlanTimes;
import org.lrcc.nn.network.Model;

/** The execution plans of a network that would be converted: which are chosen, what is predicted and, where that was asked for, measured. */
final class PlanListing {
    private static final int RUNS = 7;

    private final Backend backend = Backends.get();
    private final int batch;
    private final List<LayerPlan> plans;
    private final Map<LowRankWork, PlanTimes> times = new LinkedHashMap<>();

    PlanListing(Model model, LowRankConfig config, PlanOptions options, Console console) {
        batch = options.batch();
        Shape input = model.network().inputShape().with(0, batch);
        plans = LowRank.layerPlans(model, config, backend.costs(), input);
        if (options.measures()) {
            measure(console);
        }
    }

    /** Layers of one shape are measured once. */
    private void measure(Console console) {
        try (Kernels kernels = backend.open();
                Progress progress = console.progress("measure", plans.size())) {
            for (int i = 0; i < plans.size(); i++) {
                progress.at(i, plans.get(i).name());
                times.computeIfAbsent(plans.get(i).work(), work -> PlanTimes.measure(kernels, work, RUNS));
            }
            progress.at(plans.size(), "");
        }
    }

    /** A table, a line a layer. */
    void print(Console console) {
        console.print("");
        console.print("How a training step on " + backend.name() + " (" + backend.description()
                + ") would multiply, batch " + batch + ": forward / input gradient / gradients of U and V,");
        console.print(
                "composed: the weight is formed, factored: two small convolutions, fused: both gradients in one pass; ms predicted on one core"
                        + (times.isEmpty() ? " (--measure times every order)" : " and measured"));
        String format = "%-28s %6s  %-28s %10s %10s %10s  %s";
        console.print(
                String.format(format, "layer", "rank", "plan", "predicted", "composed", "measured", "best measured"));
        for (LayerPlan plan : plans) {
            PlanTimes measured = times.get(plan.work());
            console.print(String.format(
                            format,
                            plan.name(),
                            plan.work().rank(),
                            text(plan.work(), plan.chosen()),
                            number(plan.nanos(plan.chosen()) / 1e6),
                            number(plan.nanos(LowRankPlan.of(LowRankPlan.Way.COMPOSED)) / 1e6),
                            measured == null ? "" : number(measured.of(plan.chosen())),
                            measured == null ? "" : best(plan.work(), measured))
                    .stripTrailing());
        }
        if (plans.isEmpty()) {
            console.print("(no layer is converted, or all carry magnitudes, which need the composed weight)");
        }
    }

    private static String best(LowRankWork work, PlanTimes measured) {
        LowRankPlan best = measured.best();
        return number(measured.of(best)) + " " + text(work, best);
    }

    private static String text(LowRankWork work, LowRankPlan plan) {
        return plan.forward()
                + " / "
                + (work.wantsX() ? plan.inputGradient() : "-")
                + " / "
                + (work.wantsParameters() ? plan.parameterGradient() : "-");
    }

    private static String number(double milliseconds) {
        return String.format(Locale.ROOT, "%.2f", milliseconds);
    }

    /** For an answer in JSON. */
    List<Map<String, Object>> toList() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (LayerPlan plan : plans) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("layer", plan.name());
            map.put("batch", batch);
            map.put("rank", plan.work().rank());
            map.put("plan", toMap(plan, plan.chosen()));
            map.put(
                    "orders",
                    plan.nanos().keySet().stream().map(one -> toMap(plan, one)).toList());
            all.add(map);
        }
        return all;
    }

    private Map<String, Object> toMap(LayerPlan plan, LowRankPlan one) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("forward", one.forward().toString());
        map.put("inputGradient", plan.work().wantsX() ? one.inputGradient().toString() : null);
        map.put(
                "parameterGradient",
                plan.work().wantsParameters() ? one.parameterGradient().toString() : null);
        map.put("predictedMilliseconds", plan.nanos(one) / 1e6);
        PlanTimes measured = times.get(plan.work());
        if (measured != null) {
            map.put("milliseconds", measured.of(one));
        }
        return map;
    }
}

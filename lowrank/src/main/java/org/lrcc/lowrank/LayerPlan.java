package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.LowRankWork;
import org.lrcc.engine.spi.KernelCosts;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;

/**
 * In which order a training step multiplies in one low-rank layer.
 *
 * @param name the layer
 * @param work what its step has to compute
 * @param chosen the plan that is run
 * @param nanos predicted for each plan, in nanoseconds of one core, in the order of {@link LowRankPlan#all()}; plans that differ only in a pass that is not wanted are left out
 */
public record LayerPlan(String name, LowRankWork work, LowRankPlan chosen, Map<LowRankPlan, Double> nanos) {
    /**
     * The low-rank layers' plans; those with magnitudes (DoRA) compose their weight always and are left out.
     *
     * @param network a converted network
     * @param trains whether the tensor of this full name trains
     * @param input shape of a batch, [N, 3, H, W]
     */
    static List<LayerPlan> of(Network network, Predicate<String> trains, KernelCosts costs, Shape input) {
        Map<String, Shape> shapes = new HashMap<>(network.infer(input));
        shapes.put(network.inputName(), input);
        Set<String> differentiable = new HashSet<>();
        List<LayerPlan> plans = new ArrayList<>();
        for (Node node : network.nodes()) {
            boolean inner = node.inputs().stream().anyMatch(differentiable::contains);
            if (node.layer() instanceof LowRankConv2d layer && layer.form() != LowRankConv2d.Form.DORA) {
                Shape x = Objects.requireNonNull(shapes.get(node.inputs().get(0)), node.name());
                plans.add(of(node.name(), layer.work(x, inner, local -> trains.test(node.parameter(local))), costs));
            }
            boolean own = node.layer().parameters().stream()
                    .map(ParameterSpec::name)
                    .anyMatch(local -> trains.test(node.parameter(local)));
            if (inner || own) {
                differentiable.add(node.name());
            }
        }
        return plans;
    }

    private static LayerPlan of(String name, LowRankWork work, KernelCosts costs) {
        return new LayerPlan(name, work, work.choose(costs), work.nanos(costs));
    }

    /** Predicted nanoseconds of a plan's wanted passes. */
    public double nanos(LowRankPlan plan) {
        return Objects.requireNonNull(nanos.get(work.canonical(plan)), "every canonical plan is predicted");
    }
}

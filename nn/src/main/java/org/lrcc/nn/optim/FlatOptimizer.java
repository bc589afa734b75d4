package org.lrcc.nn.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;

/**
 * An optimizer at work on a model's flat parameters: the rule, what it remembers, and how many steps it took. Neighbours that learn alike are updated
 * in one sweep; without groups that is one kernel for the whole model.
 */
public final class FlatOptimizer {
    /** Floats of a rehearsal's buffer, and its updates: a loop that was entered a hundred times is one that C2 compiles under the launcher's flags. */
    private static final int WARM_UP_SIZE = 1024;

    private static final int WARM_UPS = 128;

    private final Optimizer rule;
    private final FlatParameters parameters;
    private final Map<String, Tensor> slots = new LinkedHashMap<>();
    private final List<Run> runs = new ArrayList<>();
    private int steps;

    /**
     * Remembers nothing yet.
     *
     * @param groups parameters with settings of their own; each must match one at least
     */
    public FlatOptimizer(Optimizer rule, List<ParameterGroup> groups, FlatParameters parameters) {
        this.rule = rule;
        this.parameters = parameters;
        for (String slot : rule.slots()) {
            slots.put(slot, parameters.newBuffer());
        }
        for (ParameterGroup group : groups) {
            if (parameters.names().stream().noneMatch(group::matches)) {
                throw new InputException("parameter group '" + group.pattern() + "' matches none of the "
                        + parameters.names().size() + " parameters that train");
            }
        }
        findRuns(groups);
    }

    private void findRuns(List<ParameterGroup> groups) {
        Settings all = new Settings(1, rule.weightDecay());
        for (String name : parameters.names()) {
            Settings settings = all;
            for (ParameterGroup group : groups) {
                if (group.matches(name)) {
                    Double decay = group.weightDecay();
                    settings = new Settings(group.rateFactor(), decay == null ? rule.weightDecay() : decay);
                    break;
                }
            }
            Tensor slice = parameters.slice(parameters.values(), name);
            int start = slice.offset() - parameters.values().offset();
            int end = start + slice.elements();
            Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (last != null && last.settings.equals(settings)) {
                runs.set(runs.size() - 1, new Run(last.start, end, settings));
            } else {
                runs.add(new Run(start, end, settings));
            }
        }
    }

    /** Takes one step along the flat gradient, which is only read. */
    public void step(Kernels k, Tensor gradient, double rate) {
        steps++;
        for (Run run : runs) {
            List<Tensor> memory = slots.values().stream().map(run::of).toList();
            Settings settings = run.settings;
            rule.update(
                    k,
                    run.of(parameters.values()),
                    run.of(gradient),
                    memory,
                    rate * settings.rateFactor,
                    settings.weightDecay,
                    steps);
        }
        parameters.touched();
    }

    /**
     * Updates a small buffer of zeros again and again, as in a first step and in later ones, so that the JVM compiles the rule's loop before it meets all parameters. Nothing that this
     * optimizer holds changes.
     */
    public void warmUp(Kernels k) {
        List<Tensor> scratch = new ArrayList<>();
        for (int i = 0; i < 2 + rule.slots().size(); i++) {
            Tensor zeros = k.allocate(DType.F32, Shape.of(WARM_UP_SIZE));
            k.fill(zeros, 0);
            scratch.add(zeros);
        }
        List<Tensor> memory = scratch.subList(2, scratch.size());
        for (int i = 0; i < WARM_UPS; i++) {
            rule.update(k, scratch.get(0), scratch.get(1), memory, 0, rule.weightDecay(), 1 + i % 2);
        }
        scratch.forEach(Tensor::release);
    }

    /** Steps taken. */
    public int steps() {
        return steps;
    }

    /** What the rule remembers, by slot and parameter name: views, which change with the next step. */
    public Map<String, Map<String, Tensor>> slotValues() {
        Map<String, Map<String, Tensor>> all = new LinkedHashMap<>();
        slots.forEach((slot, flat) -> {
            Map<String, Tensor> values = new LinkedHashMap<>();
            parameters.names().forEach(name -> values.put(name, parameters.slice(flat, name)));
            all.put(slot, values);
        });
        return all;
    }

    /** Goes on where another optimizer of the same rule and parameters stood; {@code values} by slot and parameter name. */
    public void restore(int steps, Map<String, Map<String, Tensor>> values) {
        for (String slot : rule.slots()) {
            Map<String, Tensor> of = Objects.requireNonNullElse(values.get(slot), Map.of());
            for (String name : parameters.names()) {
                Tensor target = parameters.slice(Objects.requireNonNull(slots.get(slot)), name);
                @Nullable Tensor source = of.get(name);
                if (source == null || !source.shape().equals(target.shape())) {
                    throw new InputException("optimizer: " + slot + " of '" + name + "' "
                            + (source == null
                                    ? "is missing"
                                    : "has shape " + source.shape() + ", not " + target.shape()));
                }
                target.storage().write(target.offset(), source.toFloats(), 0, target.elements());
            }
        }
        this.steps = steps;
    }

    /** How some parameters learn. */
    private record Settings(double rateFactor, double weightDecay) {}

    /** Neighbours that learn alike; the padding between them stays zero under every rule. */
    private record Run(int start, int end, Settings settings) {
        Tensor of(Tensor flat) {
            return flat.slice(start, Shape.of(end - start));
        }
    }
}

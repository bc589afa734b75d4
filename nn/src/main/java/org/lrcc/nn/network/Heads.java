package org.lrcc.nn.network;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.layer.Convolution;
import org.lrcc.nn.layer.Layer;
import org.lrcc.nn.layer.Linear;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.layer.Role;

/** The last layer with parameters, which says what the classes are. */
public final class Heads {
    private static final long PURPOSE = 0x68656164L;

    private Heads() {}

    /** The head: the first layer with parameters on the way back from the output. */
    public static Node find(Network network) {
        Node node = network.node(network.outputName());
        while (node.layer().parameters().isEmpty()) {
            String input = node.inputs().get(0);
            if (node.inputs().size() != 1 || !network.has(input)) {
                throw new InputException(
                        "head: on the way back from the output there is no layer with parameters before '" + node.name()
                                + "' (" + node.layer().kind() + ")");
            }
            node = network.node(input);
        }
        return node;
    }

    /**
     * The model with a new head of one output a class, a linear layer or a convolution as it was, initialised as torch does: weights and bias uniform within
     * 1 / sqrt(fan in). All other tensors are shared with the given model, which stays as it is.
     *
     * @param classes names of the outputs, 1 or more, all different
     * @param seed of the initialisation
     */
    public static Model replace(Model model, List<String> classes, long seed) {
        Set<String> distinct = new HashSet<>(classes);
        if (classes.isEmpty() || distinct.size() != classes.size()) {
            throw new InputException("head: the classes must be at least one and differ in name, got " + classes.size()
                    + " with " + distinct.size() + " names");
        }
        Node head = find(model.network());
        Layer layer = resized(head, classes.size());
        State.Builder state = model.state().toBuilder();
        head.layer().parameters().forEach(spec -> state.remove(head.parameter(spec.name())));
        int fanIn = layer.parameters().get(0).shape().elements() / classes.size();
        for (ParameterSpec spec : layer.parameters()) {
            String name = head.parameter(spec.name());
            state.put(name, Role.WEIGHT, uniform(spec, 1 / Math.sqrt(fanIn), seed, name));
        }
        return new Model(
                model.network().replace(head.name(), layer),
                state.build(),
                model.info().withClasses(classes));
    }

    private static Layer resized(Node head, int outputs) {
        if (head.layer() instanceof Linear linear) {
            return new Linear(linear.in(), outputs, linear.bias());
        }
        if (head.layer() instanceof Convolution conv && conv.geometry().groups() == 1) {
            int rows = conv.weightShape().size(2);
            int columns = conv.weightShape().size(3);
            return new Conv2d(conv.inChannels(), outputs, rows, columns, conv.geometry(), conv.hasBias());
        }
        throw new InputException("head: layer '" + head.name() + "' is a "
                + head.layer().kind() + ", neither linear nor an ungrouped convolution, and cannot be replaced");
    }

    private static Tensor uniform(ParameterSpec spec, double bound, long seed, String name) {
        Philox random = new Philox(seed, Philox.stream(PURPOSE, name.hashCode()));
        float[] values = new float[spec.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
        }
        return Tensor.of(values, spec.shape().sizes());
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.lrcc.engine.autograd.Gradients;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Mul;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRankConv2d.Form;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.State;
import org.lrcc.nn.safetensors.SafeTensors;

/** One low-rank convolution, forward and backward, against the original's. */
record GoldenConv(GoldenCases golden, JsonNode c) {
    private static final String NAME = "conv";
    private static final String GRADIENT = "grad.";

    void run() {
        SafeTensors tensors = golden.tensors(c.path("case").asText());
        TuneMode mode = TuneMode.parse(c.path("mode").asText());
        Node node = new Node(NAME, layer(tensors, mode), List.of("x"));
        Network network = Network.of("x", tensors.floats("x").shape(), List.of(node), NAME);
        Selection nothing =
                new Selection(network.replace(NAME, ((LowRankConv2d) node.layer()).plain()), LowRankConfig.of(mode));
        Set<String> trains = Trainables.names(network, nothing, mode);
        State state = GoldenStates.of(network, name -> tensors.floats(name.substring(NAME.length() + 1)))
                .withTrainable(trains::contains);
        try (Kernels kernels = Backends.get().open();
                Tape tape = Tape.recording(kernels)) {
            Parameters parameters = Parameters.of(tape, state);
            Var x = tape.variable(kernels.upload(tensors.floats("x")));
            Var y = node.layer().forward(GoldenStates.context(node, parameters), x);
            GoldenCases.assertClose("y", y.tensor(), tensors.floats("y"));
            Var loss = tape.apply(
                    new Sum(), tape.apply(new Mul(), y, tape.constant(kernels.upload(tensors.floats("gy")))));
            Gradients gradients = tape.backward(loss);
            Set<String> expected =
                    new TreeSet<>(GoldenCases.below(tensors, GRADIENT).keySet());
            GoldenCases.assertClose("grad.x", gradients.of(x), tensors.floats("grad.x"));
            Set<String> found = new TreeSet<>(Set.of("x"));
            for (ParameterSpec spec : node.layer().parameters()) {
                String full = node.parameter(spec.name());
                if (state.trainable(full)) {
                    found.add(spec.name());
                    Tensor gradient = gradients.of(parameters.get(full));
                    GoldenCases.assertClose(GRADIENT + spec.name(), gradient, tensors.floats(GRADIENT + spec.name()));
                }
            }
            assertThat(found).as("what trains").isEqualTo(expected);
            assertThat(new TreeSet<>(GoldenCases.strings(c.path("trainable")))).isEqualTo(without(expected, "x"));
        }
    }

    private static Set<String> without(Set<String> names, String name) {
        Set<String> rest = new TreeSet<>(names);
        rest.remove(name);
        return rest;
    }

    private LowRankConv2d layer(SafeTensors tensors, TuneMode mode) {
        Shape weight = tensors.floats("weight").shape();
        Form form = mode == TuneMode.LORA
                ? Form.OVER_BASE
                : tensors.contains(LowRankConv2d.NOISE) ? Form.SPARSE_NOISE : Form.SPARSE;
        return new LowRankConv2d(
                weight.size(1),
                weight.size(0),
                weight.size(2),
                ConvGeometry.of(
                        c.path("stride").asInt(1),
                        c.path("padding").asInt(0),
                        c.path("dilation").asInt(1),
                        1),
                tensors.contains("bias"),
                tensors.floats(LowRankConv2d.V).shape().size(0),
                c.path("reshape_consecutive").asBoolean() ? Layout.SEPARABLE : Layout.FLAT,
                form,
                1,
                0);
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Gradients;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Conv2d;
import org.lrcc.engine.op.Mul;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRankConv2d.Form;
import org.lrcc.nn.layer.LayerContext;
import org.lrcc.nn.layer.ParameterSpec;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.State;

class LowRankConv2dTest {
    private static final Shape X = Shape.of(2, 3, 6, 5);

    private static LowRankConv2d layer(Layout layout, Form form, double dropout) {
        boolean lora = form.overBase();
        return new LowRankConv2d(
                3, 4, 3, ConvGeometry.of(1, 1), true, 2, layout, form, lora ? 0.7 : 1, lora ? dropout : 0);
    }

    private static State state(LowRankConv2d layer) {
        State.Builder state = State.builder();
        for (ParameterSpec spec : layer.parameters()) {
            float[] values = Nets.values(spec.shape().elements(), 2, spec.name().hashCode(), 0.5);
            byte[] mask = new byte[values.length];
            for (int i = 0; i < mask.length; i++) {
                mask[i] = (byte) (values[i] > 0 ? 1 : 0);
            }
            int[] sizes = spec.shape().sizes();
            state.put(
                    "l." + spec.name(),
                    spec.role(),
                    spec.dtype() == DType.U8 ? Tensor.of(mask, sizes) : Tensor.of(values, sizes));
        }
        return state.build();
    }

    /** The separable and channel layouts are chains of two small convolutions. */
    @ParameterizedTest
    @CsvSource({"SEPARABLE", "CHANNEL"})
    void layoutsAreTwoConvolutions(Layout layout) {
        LowRankConv2d layer = layer(layout, Form.LOW_RANK, 0);
        State state = state(layer);
        int r = layer.rank();
        try (Kernels kernels = Backends.named("reference").open();
                Tape tape = Tape.inference(kernels)) {
            LayerContext c = GoldenStates.context(new Node("l", layer, List.of("x")), Parameters.of(tape, state));
            Var x = tape.constant(Tensor.of(Nets.values(X.elements(), 3, 3, 1), X.sizes()));
            Var composed = layer.forward(c, x);
            float[] u = state.get("l.lora_B").toFloats();
            float[] v = state.get("l.lora_A").toFloats();
            Var first;
            Var second;
            if (layout == Layout.CHANNEL) {
                first = tape.apply(new Conv2d(layer.geometry()), x, tape.constant(Tensor.of(v, r, 3, 3, 3)));
                second = tape.apply(
                        new Conv2d(ConvGeometry.of(1, 0)),
                        first,
                        tape.constant(Tensor.of(u, 4, r, 1, 1)),
                        c.parameter("bias"));
            } else {
                first = tape.apply(
                        new Conv2d(new ConvGeometry(1, 1, 0, 1, 0, 1, 1, 1, 1)),
                        x,
                        tape.constant(Tensor.of(swap(v, r, 3, 3), r, 3, 1, 3)));
                second = tape.apply(
                        new Conv2d(new ConvGeometry(1, 1, 1, 0, 1, 0, 1, 1, 1)),
                        first,
                        tape.constant(Tensor.of(swap(u, 4, 3, r), 4, r, 3, 1)),
                        c.parameter("bias"));
            }
            GoldenCases.assertClose("two convolutions", second.tensor(), composed.tensor());
        }
    }

    /** [a, b, c] to [a, c, b]. */
    private static float[] swap(float[] values, int a, int b, int c) {
        float[] out = new float[values.length];
        for (int i = 0; i < a; i++) {
            for (int j = 0; j < b; j++) {
                for (int k = 0; k < c; k++) {
                    out[(i * c + k) * b + j] = values[(i * b + j) * c + k];
                }
            }
        }
        return out;
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void gradientsAreThoseOfFiniteDifferences(Layout layout) {
        for (Form form : Form.values()) {
            check(layer(layout, form, 0), false);
            check(layer(layout, form, 0), true);
        }
        check(layer(layout, Form.OVER_BASE, 0.4), true);
    }

    @Test
    void dropoutDropsInTrainingOnly() {
        float[] whole = output(layer(Layout.FLAT, Form.OVER_BASE, 0), true);
        LowRankConv2d dropping = layer(Layout.FLAT, Form.OVER_BASE, 0.4);
        assertThat(output(dropping, false)).containsExactly(whole, within(1e-5f));
        float[] dropped = output(dropping, true);
        int changed = 0;
        for (int i = 0; i < whole.length; i++) {
            changed += Math.abs(dropped[i] - whole[i]) > 1e-3 ? 1 : 0;
        }
        assertThat(changed).isGreaterThan(whole.length / 2);
    }

    private static float[] output(LowRankConv2d layer, boolean training) {
        try (Kernels kernels = Backends.named("reference").open();
                Tape tape = training ? Tape.recording(kernels) : Tape.inference(kernels)) {
            Parameters parameters = Parameters.of(tape, state(layer));
            LayerContext c = GoldenStates.context(new Node("l", layer, List.of("x")), parameters, training, 3);
            Tensor x = Tensor.of(Nets.values(X.elements(), 3, 3, 1), X.sizes());
            return layer.forward(c, tape.constant(x)).tensor().toFloats();
        }
    }

    /** In double on the reference backend. */
    private static void check(LowRankConv2d layer, boolean training) {
        State state = state(layer);
        Map<String, Tensor> wide = new HashMap<>();
        for (ParameterSpec spec : layer.parameters()) {
            Tensor tensor = state.get("l." + spec.name());
            wide.put(
                    spec.name(),
                    spec.dtype() == DType.U8
                            ? tensor
                            : Tensor.of(tensor.toDoubles(), tensor.shape().sizes()));
        }
        Tensor x = Tensor.of(
                Tensor.of(Nets.values(X.elements(), 3, 3, 1), X.sizes()).toDoubles(), X.sizes());
        wide.put("x", x);
        Map<String, double[]> gradients = new HashMap<>();
        loss(layer, wide, training, gradients);
        gradients.forEach((name, gradient) -> {
            double[] values = wide.get(name).toDoubles();
            for (int i = 0; i < values.length; i += 1 + values.length / 7) {
                double h = 1e-5;
                double up = at(layer, wide, training, name, i, values[i] + h);
                double down = at(layer, wide, training, name, i, values[i] - h);
                assertThat(gradient[i])
                        .as("%s %s: d loss / d %s[%s]", layer.layout(), layer.form(), name, i)
                        .isCloseTo((up - down) / (2 * h), within(1e-5));
            }
        });
    }

    private static double at(
            LowRankConv2d layer, Map<String, Tensor> tensors, boolean training, String name, int i, double value) {
        double[] moved = tensors.get(name).toDoubles();
        moved[i] = value;
        Map<String, Tensor> copy = new HashMap<>(tensors);
        copy.put(name, Tensor.of(moved, tensors.get(name).shape().sizes()));
        return loss(layer, copy, training, new HashMap<>());
    }

    private static double loss(
            LowRankConv2d layer, Map<String, Tensor> tensors, boolean training, Map<String, double[]> gradients) {
        try (Kernels kernels = Backends.named("reference").open();
                Tape tape = Tape.recording(kernels)) {
            Map<String, Var> vars = new HashMap<>();
            tensors.forEach((name, tensor) ->
                    vars.put(name, tensor.dtype() == DType.U8 ? tape.constant(tensor) : tape.variable(tensor)));
            LayerContext c = new Values(tape, vars, training);
            Var y = layer.forward(c, vars.get("x"));
            double[] weights = Tensor.of(
                            Nets.values(y.shape().elements(), 8, 8, 1),
                            y.shape().sizes())
                    .toDoubles();
            Var loss = tape.apply(
                    new Sum(),
                    tape.apply(
                            new Mul(),
                            y,
                            tape.constant(Tensor.of(weights, y.shape().sizes()))));
            double value = loss.tensor().item();
            Gradients found = tape.backward(loss);
            vars.forEach((name, var) -> {
                if (tensors.get(name).dtype() != DType.U8) {
                    gradients.put(name, found.of(var).toDoubles());
                }
            });
            return value;
        }
    }

    private record Values(Tape tape, Map<String, Var> vars, boolean training) implements LayerContext {
        @Override
        public Var parameter(String local) {
            return vars.get(local);
        }

        @Override
        public long seed() {
            return 4;
        }

        @Override
        public long stream() {
            return 6;
        }
    }

    @Test
    void onlyOneGroupAndSensibleNumbers() {
        assertThatThrownBy(() -> new LowRankConv2d(
                        4, 4, 3, ConvGeometry.of(1, 1, 1, 2), false, 2, Layout.FLAT, Form.SPARSE, 1, 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 groups");
        assertThatThrownBy(() ->
                        new LowRankConv2d(4, 4, 3, ConvGeometry.of(1, 1), false, 2, Layout.FLAT, Form.SPARSE, 1, 0.5))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("dropout");
    }
}

package org.lrcc.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.autograd.Gradients;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Add;
import org.lrcc.engine.op.Conv2d;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.op.MatMul;
import org.lrcc.engine.op.Mul;
import org.lrcc.engine.op.Scale;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Every plan against the dense convolution by the composed weight: output and all gradients, for each set of parameters that a mode trains. */
class LowRankPlansTest {
    private static final String[] TRAINS = {"u v", "u", "v", "rest", "u rest", "u v rest"};

    /** A case: a layout over kernel, geometry, sizes. */
    record Case(Layout layout, int kernel, ConvGeometry geometry, Shape x, int out, int rank, boolean rest) {}

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Layout layout : Layout.values()) {
            for (int kernel : new int[] {1, 3, 5, 7}) {
                for (int stride = 1; stride <= 2; stride++) {
                    // Input channels that the kernel divides and that it does not.
                    cases.add(new Case(
                            layout, kernel, ConvGeometry.of(stride, kernel / 2), Shape.of(2, 6, 9, 11), 5, 3, false));
                    cases.add(new Case(
                            layout, kernel, ConvGeometry.of(stride, kernel / 3), Shape.of(1, 7, 10, 7), 9, 2, true));
                }
            }
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void plansAgreeWithTheComposedWeight(Case row) {
        for (String trains : TRAINS) {
            if (!row.rest && trains.contains("rest")) {
                continue;
            }
            Map<String, float[]> want = run(row, trains, null);
            for (LowRankPlan plan : LowRankPlan.all()) {
                Map<String, float[]> got = run(row, trains, plan);
                assertThat(got.keySet()).isEqualTo(want.keySet());
                want.forEach((name, values) -> assertClose(row + " " + plan + " " + name, values, got.get(name)));
            }
        }
    }

    private static void assertClose(String what, float[] want, float[] got) {
        double most = 1;
        for (float value : want) {
            most = Math.max(most, Math.abs(value));
        }
        for (int i = 0; i < want.length; i++) {
            assertThat((double) got[i]).as("%s[%d]", what, i).isCloseTo(want[i], within(1e-5 * most));
        }
    }

    private static Tensor values(Shape shape, long stream) {
        return Tensor.of(Nets.values(shape.elements(), 4, stream, 0.5), shape.sizes());
    }

    /** Output and gradients; the plan null stands for the dense convolution. */
    private static Map<String, float[]> run(Case row, String trains, @Nullable LowRankPlan plan) {
        int in = row.x.size(1);
        double scale = row.rest ? 0.6 : 1;
        Shape weight = Shape.of(row.out, in, row.kernel, row.kernel);
        try (Kernels kernels = Backends.get().open();
                Tape tape = Tape.recording(kernels)) {
            Map<String, Var> variables = new LinkedHashMap<>();
            Var x = value(tape, variables, "x", true, row.x);
            Var u = value(
                    tape,
                    variables,
                    "u",
                    trains.contains("u"),
                    Shape.of(row.layout.rows(row.out, row.kernel), row.rank));
            Var v = value(
                    tape, variables, "v", trains.contains("v"), Shape.of(row.rank, row.layout.columns(in, row.kernel)));
            Var rest = row.rest ? value(tape, variables, "rest", trains.contains("rest"), weight) : null;
            Var y;
            if (plan == null) {
                Var uv = tape.apply(new Scale(scale), tape.apply(new MatMul(), u, v));
                Var w = row.layout.toWeight(tape, uv, row.out, in, row.kernel);
                y = tape.apply(new Conv2d(row.geometry), x, rest == null ? w : tape.apply(new Add(), rest, w));
            } else {
                var op = new org.lrcc.engine.op.LowRankConv2d(
                        row.geometry, row.kernel, row.layout.factors(), scale, plan);
                y = rest == null ? tape.apply(op, x, u, v) : tape.apply(op, x, u, v, rest);
            }
            Map<String, float[]> found = new LinkedHashMap<>();
            found.put("y", y.tensor().toFloats());
            Gradients gradients = tape.backward(tape.apply(
                    new Sum(), tape.apply(new Mul(), y, tape.constant(values(y.shape(), 99)))));
            variables.forEach((name, var) -> found.put(name, gradients.of(var).toFloats()));
            return found;
        }
    }

    private static Var value(Tape tape, Map<String, Var> variables, String name, boolean trains, Shape shape) {
        Tensor tensor = values(shape, name.hashCode());
        if (!trains) {
            return tape.constant(tensor);
        }
        Var var = tape.variable(tensor);
        variables.put(name, var);
        return var;
    }
}

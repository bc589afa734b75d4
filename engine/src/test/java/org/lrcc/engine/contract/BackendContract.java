package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.op.LowRankConv2d;
import org.lrcc.engine.op.LowRankPlan;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Tensor;

/**
 * What every backend does: each row of {@link OpCases} in F32 gives what the reference gives in double. A backend's
 * test extends this class and says which.
 */
public abstract class BackendContract {
    /** Reference results by row, shared by the backends' tests of one run. */
    private static final Map<String, OpRun> EXPECTED = new ConcurrentHashMap<>();

    /** The backend under test. */
    protected abstract Backend backend();

    static List<OpCase> rows() {
        return OpCases.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void agreesWithTheReference(OpCase row) {
        compare(row, run(row, i -> true));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void eachGradientAloneIsTheSame(OpCase row) {
        for (int input = 0; input < row.inputs().size(); input++) {
            int only = input;
            OpRun run = run(row, i -> i == only);
            compare(row, run);
            assertThat(run.gradients().keySet())
                    .isEqualTo(row.inputs().get(only).differentiable() ? Set.of(only) : Set.of());
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void inferenceSavesNothing(OpCase row) {
        OpRun run = run(row, i -> false);
        compare(row, run);
        assertThat(run.savedBytes()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void sameBitsTwice(OpCase row) {
        OpRun first = run(row, i -> true);
        OpRun second = run(row, i -> true);
        assertThat(second.out()).isEqualTo(first.out());
        first.gradients()
                .forEach((input, gradient) ->
                        assertThat(second.gradients().get(input)).isEqualTo(gradient));
    }

    private OpRun run(OpCase row, IntPredicate wanted) {
        try (Kernels inner = backend().open();
                Scope scope = Scope.open()) {
            GuardedKernels guard = new GuardedKernels(inner);
            Tensor[] in = row.tensors(guard.kernels(), DType.F32);
            OpRun run = OpRun.of(guard.kernels(), row, DType.F32, in, wanted);
            guard.verify();
            for (int i = 0; i < in.length; i++) {
                assertThat(read(in[i]))
                        .as("input %d of %s after the run", i, row)
                        .isEqualTo(row.values(i));
            }
            return run;
        }
    }

    static double[] read(Tensor tensor) {
        return switch (tensor.dtype()) {
            case F32, F64 -> tensor.toDoubles();
            case I32 -> Arrays.stream(tensor.toInts()).asDoubleStream().toArray();
            case U8 -> {
                byte[] bytes = tensor.toBytes();
                double[] values = new double[bytes.length];
                for (int i = 0; i < values.length; i++) {
                    values[i] = bytes[i] & 0xFF;
                }
                yield values;
            }
        };
    }

    private static void compare(OpCase row, OpRun got) {
        OpRun want = EXPECTED.computeIfAbsent(row.name(), unused -> reference(row));
        Compare.close(row + ", output", want.out(), got.out(), row.tolerance());
        got.gradients()
                .forEach((input, gradient) -> Compare.close(
                        row + ", gradient of input " + input, want.gradients().get(input), gradient, row.tolerance()));
        assertThat(got.updates().keySet()).isEqualTo(want.updates().keySet());
        got.updates()
                .forEach((input, update) -> Compare.close(
                        row + ", update of input " + input, want.updates().get(input), update, row.tolerance()));
    }

    /** On the reference backend in double; what a low-rank plan orders is compared with the composed weight. */
    private static OpRun reference(OpCase row) {
        Op op = row.op() instanceof LowRankConv2d c
                ? new LowRankConv2d(
                        c.geometry(), c.kernel(), c.factors(), c.scale(), LowRankPlan.of(LowRankPlan.Way.COMPOSED))
                : row.op();
        OpCase composed = new OpCase(row.name(), op, row.inputs(), row.reduction(), row.slack(), row.large());
        try (Kernels k = ReferenceBackend.INSTANCE.open();
                Scope scope = Scope.open()) {
            return OpRun.of(k, composed, DType.F64, composed.tensors(k, DType.F64), i -> true);
        }
    }
}

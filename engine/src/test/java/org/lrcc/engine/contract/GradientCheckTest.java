package org.lrcc.engine.contract;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lrcc.engine.autograd.Wants;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Tensor;

/**
 * Backward against central differences of forward in double, for every differentiable input of every row, with a random
 * gradient of the output. At a step of
 * 2^-20 the differences are good to about 1e-9, and no value of the table is that near to a kink.
 */
class GradientCheckTest {
    private static final double STEP = 0x1.0p-20;
    private static final int MOST = 60;

    static List<OpCase> rows() {
        return OpCases.all().stream().filter(row -> !row.large()).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void backwardIsTheDerivativeOfForward(OpCase row) {
        try (Kernels k = ReferenceBackend.INSTANCE.open();
                Scope scope = Scope.open()) {
            OpRun run = OpRun.of(k, row, DType.F64, row.tensors(k, DType.F64), i -> true);
            for (int input : run.gradients().keySet()) {
                double[] analytic = run.gradients().get(input);
                int[] positions = positions(analytic.length, row.name().hashCode());
                double[] want = IntStream.of(positions)
                        .mapToDouble(at -> difference(k, row, input, at))
                        .toArray();
                double[] got =
                        IntStream.of(positions).mapToDouble(at -> analytic[at]).toArray();
                Compare.close(row + ", gradient of input " + input, want, got, 1e-7);
            }
        }
    }

    private static int[] positions(int length, long seed) {
        if (length <= MOST) {
            return IntStream.range(0, length).toArray();
        }
        Philox random = new Philox(seed, 77);
        return IntStream.range(0, MOST).map(i -> random.nextInt(length)).toArray();
    }

    private static double difference(Kernels k, OpCase row, int input, int at) {
        return (loss(k, row, input, at, STEP) - loss(k, row, input, at, -STEP)) / (2 * STEP);
    }

    /** The output times the cotangent, with one element of one input moved. */
    private static double loss(Kernels k, OpCase row, int input, int at, double step) {
        try (Scope scope = Scope.open()) {
            Tensor[] in = row.tensors(k, DType.F64);
            double[] moved = row.values(input);
            moved[at] += step;
            in[input].storage().write(in[input].offset(), moved, 0, moved.length);
            double[] out = row.op().forward(k, Wants.NONE, in).out().toDoubles();
            double[] cotangent = row.cotangent();
            double loss = 0;
            for (int i = 0; i < out.length; i++) {
                loss += out[i] * cotangent[i];
            }
            return loss;
        }
    }
}

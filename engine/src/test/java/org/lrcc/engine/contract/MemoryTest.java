package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Mul;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.reference.ReferenceBackend;
import org.lrcc.engine.reference.ReferenceKernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;

/**
 * Every op of the table on a tape gives back all it took: counted references end at zero, with and without backward.
 */
class MemoryTest {
    enum Use {
        BACKWARD,
        NO_BACKWARD,
        INFERENCE
    }

    @ParameterizedTest
    @EnumSource
    void everyOpGivesBackItsMemory(Use use) {
        List<OpCase> rows = OpCases.all().stream().filter(row -> !row.large()).toList();
        for (OpCase row : rows) {
            try (ReferenceKernels k = (ReferenceKernels) ReferenceBackend.INSTANCE.open()) {
                Tensor[] in = row.tensors(k, DType.F32);
                run(k, row, in, use);
                for (Tensor tensor : in) {
                    assertThat(tensor.isShared()).as("input of %s", row).isFalse();
                    tensor.release();
                }
                assertThat(k.arena().live()).as(row.name()).isZero();
            }
        }
    }

    private static void run(ReferenceKernels k, OpCase row, Tensor[] in, Use use) {
        try (Tape tape = use == Use.INFERENCE ? Tape.inference(k) : Tape.recording(k)) {
            Var[] inputs = new Var[in.length];
            for (int i = 0; i < in.length; i++) {
                inputs[i] = row.inputs().get(i).differentiable() ? tape.variable(in[i]) : tape.constant(in[i]);
            }
            Var out = tape.apply(row.op(), inputs);
            Tensor cotangent = OpCase.tensor(k, DType.F32, row.out(), row.cotangent());
            Var weighted = tape.apply(new Mul(), out, tape.constant(cotangent));
            cotangent.release();
            Var loss = tape.apply(new Sum(), weighted);
            if (use == Use.BACKWARD) {
                tape.backward(loss);
            }
        }
    }
}

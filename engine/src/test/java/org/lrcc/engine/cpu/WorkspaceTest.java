package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.lrcc.engine.contract.OpRun;
import org.lrcc.engine.cpu.Workspace.Purpose;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;

/** Scratch memory carries nothing from one kernel to the next. */
class WorkspaceTest {
    private static final int PLENTY = 1 << 21;

    /** A step that ended in NaN leaves NaN in every buffer; multiplied by the zeros of a border that would spoil the next step. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheLastKernelLeftDoesNotMatter(boolean scalar) {
        ThreadPool pool = new ThreadPool(1);
        CpuBackend backend = scalar ? new CpuBackend(pool, Instructions.scalar()) : new CpuBackend(pool);
        List<OpCase> rows = OpCases.all();
        for (OpCase row : rows) {
            fill(0f);
            OpRun clean = run(backend, row);
            fill(Float.NaN);
            OpRun spoiled = run(backend, row);
            assertThat(spoiled.out()).as("output of %s", row).isEqualTo(clean.out());
            spoiled.gradients()
                    .forEach((input, gradient) -> assertThat(gradient)
                            .as("%s, gradient of input %d", row, input)
                            .isEqualTo(clean.gradients().get(input)));
        }
    }

    private static void fill(float value) {
        for (Purpose purpose : Purpose.values()) {
            Arrays.fill(Workspace.take(purpose, PLENTY), value);
        }
    }

    private static OpRun run(CpuBackend backend, OpCase row) {
        try (Kernels k = backend.open();
                Scope scope = Scope.open()) {
            return OpRun.of(k, row, DType.F32, row.tensors(k, DType.F32), i -> true);
        }
    }

    @Test
    void aBufferGrowsAndIsKept() {
        float[] large = Workspace.take(Purpose.SMALL, PLENTY + 1);
        assertThat(Workspace.take(Purpose.SMALL, 10)).isSameAs(large);
        assertThat(Workspace.take(Purpose.LEFT, 10)).isNotSameAs(large);
        assertThatThrownBy(() -> Workspace.take(Purpose.SMALL, 1L << 31)).hasMessageContaining("2147483648 floats");
    }
}

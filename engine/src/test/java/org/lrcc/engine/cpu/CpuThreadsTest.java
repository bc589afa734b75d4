package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.lrcc.engine.contract.OpRun;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;

/** Every row of the table gives the same bits on any number of threads: bounds and orders of sums depend on shapes alone. */
class CpuThreadsTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anyNumberOfThreadsGivesTheSameBits(boolean scalar) {
        List<OpRun> one = run(1, scalar);
        for (int threads : new int[] {2, 3, 8}) {
            List<OpRun> more = run(threads, scalar);
            for (int i = 0; i < one.size(); i++) {
                String name = OpCases.all().get(i) + " on " + threads + " threads";
                assertThat(more.get(i).out()).as(name).isEqualTo(one.get(i).out());
                OpRun want = one.get(i);
                assertThat(more.get(i).updates().keySet())
                        .as(name)
                        .isEqualTo(want.updates().keySet());
                more.get(i)
                        .updates()
                        .forEach((input, update) -> assertThat(update)
                                .as("%s, update of input %d", name, input)
                                .isEqualTo(want.updates().get(input)));
                more.get(i)
                        .gradients()
                        .forEach((input, gradient) -> assertThat(gradient)
                                .as("%s, gradient of input %d", name, input)
                                .isEqualTo(want.gradients().get(input)));
            }
        }
    }

    private static List<OpRun> run(int threads, boolean scalar) {
        List<OpRun> runs = new ArrayList<>();
        ThreadPool pool = new ThreadPool(threads);
        CpuBackend backend = scalar ? new CpuBackend(pool, Instructions.scalar()) : new CpuBackend(pool);
        for (OpCase row : OpCases.all()) {
            try (Kernels k = backend.open();
                    Scope scope = Scope.open()) {
                runs.add(OpRun.of(k, row, DType.F32, row.tensors(k, DType.F32), i -> true));
            }
        }
        return runs;
    }
}

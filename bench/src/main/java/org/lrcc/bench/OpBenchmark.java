package org.lrcc.bench;

import java.util.concurrent.TimeUnit;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.contract.OpCase;
import org.lrcc.engine.contract.OpCases;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Every row of {@link OpCases}, forward alone and with backward, on the backend in use. {@link BenchMain} sets {@link #row} to all rows; JMH's own
 * {@code -p row=...} picks some.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class OpBenchmark {
    /** Name of a row of the table. */
    @Param("conv2d 3x3")
    public String row = "";

    private OpCase rowCase;
    private Kernels kernels;
    private Tensor[] inputs;

    /** Makes the row's inputs. */
    @Setup(Level.Trial)
    public void setUp() {
        rowCase = OpCases.all().stream()
                .filter(c -> c.name().equals(row))
                .findFirst()
                .orElseThrow(() -> new InputException("benchmark: no row '" + row + "' in the case table"));
        kernels = Backends.get().open();
        inputs = rowCase.tensors(kernels, DType.F32);
    }

    /** The op as inference runs it. */
    @Benchmark
    public void forward() {
        try (Tape tape = Tape.inference(kernels)) {
            apply(tape);
        }
    }

    /** The op and its gradients with respect to every differentiable input, of the sum of the output. */
    @Benchmark
    public void forwardAndBackward() {
        try (Tape tape = Tape.recording(kernels)) {
            Var out = apply(tape);
            tape.backward(out.shape().rank() == 0 ? out : tape.apply(new Sum(), out));
        }
    }

    private Var apply(Tape tape) {
        Var[] vars = new Var[inputs.length];
        for (int i = 0; i < vars.length; i++) {
            vars[i] = rowCase.inputs().get(i).differentiable() ? tape.variable(inputs[i]) : tape.constant(inputs[i]);
        }
        return tape.apply(rowCase.op(), vars);
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        kernels.close();
    }
}

package org.lrcc.bench;

import java.util.concurrent.TimeUnit;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;
import org.openjdk.jmh.annotations.AuxCounters;
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

/** Single-precision matrix products, C = A B, on one thread, beside EJML's; the machine's peak is {@link #fmaPeak}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Dlrcc.threads=1")
public class GemmBenchmark {
    /** rows x inner x columns. */
    @Param({"1024x1024x1024", "512x4608x392", "144x576x16", "512x128x4"})
    public String shape = "";

    private Kernels kernels;
    private Tensor a;
    private Tensor b;
    private Tensor c;
    private FMatrixRMaj ejmlA;
    private FMatrixRMaj ejmlB;
    private FMatrixRMaj ejmlC;
    private double operations;

    /** GFLOP/s beside the runs a second. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Rate {
        /** Floating-point operations of all invocations, in 10^9; JMH divides by the time. */
        public double gflop;
    }

    /** Makes the matrices. */
    @Setup(Level.Trial)
    public void setUp() {
        String[] sizes = shape.split("x");
        int rows = Integer.parseInt(sizes[0]);
        int inner = Integer.parseInt(sizes[1]);
        int columns = Integer.parseInt(sizes[2]);
        float[] left = random(1, rows * inner);
        float[] right = random(2, inner * columns);
        kernels = Backends.get().open();
        a = kernels.upload(Tensor.of(left, rows, inner));
        b = kernels.upload(Tensor.of(right, inner, columns));
        c = kernels.upload(Tensor.of(new float[rows * columns], rows, columns));
        ejmlA = FMatrixRMaj.wrap(rows, inner, left);
        ejmlB = FMatrixRMaj.wrap(inner, columns, right);
        ejmlC = new FMatrixRMaj(rows, columns);
        operations = 2e-9 * rows * inner * columns;
    }

    private static float[] random(int stream, int length) {
        Philox random = new Philox(7, stream);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }

    /** Ours. */
    @Benchmark
    public void lrcc(Rate rate) {
        kernels.gemm(false, false, 1, a, b, 0, c);
        rate.gflop += operations;
    }

    /** EJML's. */
    @Benchmark
    public void ejml(Rate rate) {
        CommonOps_FDRM.mult(ejmlA, ejmlB, ejmlC);
        rate.gflop += operations;
    }

    /** The machine's peak of fused multiply-adds on one core, as GFLOP/s in the rate column. */
    @Benchmark
    public void fmaPeak(Rate rate) {
        rate.gflop += FmaPeak.run();
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        kernels.close();
    }
}

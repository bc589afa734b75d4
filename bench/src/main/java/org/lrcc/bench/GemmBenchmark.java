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

/** Single-precision matrix products, C = op(A) op(B), on one thread, beside EJML's; the machine's peak is {@link #fmaPeak}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Dlrcc.threads=1")
public class GemmBenchmark {
    /**
     * Whether A and B are transposed (t) or not (n), and rows x inner x columns: large ones; of low-rank layers the composed weight (nn), the gradients of U (nt) and of V (tn), at 64 and at 512
     * channels; what factorizations multiply; a classifier and its gradients.
     */
    @Param({
        "nn 1024x1024x1024",
        "nn 512x4608x392",
        "nn 512x4608x49",
        "nn 64x576x49",
        "nn 144x576x16",
        "nn 512x128x16",
        "nn 512x128x8",
        "nn 512x128x4",
        "nn 192x8x192",
        "nn 1536x4x1536",
        "nn 1536x8x1536",
        "nn 1536x16x1536",
        "nt 192x192x8",
        "nt 1536x1536x4",
        "nt 1536x1536x8",
        "nt 1536x1536x16",
        "tn 8x192x192",
        "tn 4x1536x1536",
        "tn 8x1536x1536",
        "tn 16x1536x1536",
        "tn 8x1536x8",
        "nn 1536x8x8",
        "tn 512x128x4",
        "nt 1x512x1000",
        "nt 8x512x1000",
        "nn 8x1000x512",
        "tn 1000x8x512",
        "nt 512x8x512"
    })
    public String shape = "";

    private boolean transposeA;
    private boolean transposeB;
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
        transposeA = shape.startsWith("t");
        transposeB = shape.startsWith("t", 1);
        String[] sizes = shape.substring(3).split("x");
        int rows = Integer.parseInt(sizes[0]);
        int inner = Integer.parseInt(sizes[1]);
        int columns = Integer.parseInt(sizes[2]);
        float[] left = random(1, rows * inner);
        float[] right = random(2, inner * columns);
        kernels = Backends.get().open();
        a = kernels.upload(transposeA ? Tensor.of(left, inner, rows) : Tensor.of(left, rows, inner));
        b = kernels.upload(transposeB ? Tensor.of(right, columns, inner) : Tensor.of(right, inner, columns));
        c = kernels.upload(Tensor.of(new float[rows * columns], rows, columns));
        ejmlA = transposeA ? FMatrixRMaj.wrap(inner, rows, left) : FMatrixRMaj.wrap(rows, inner, left);
        ejmlB = transposeB ? FMatrixRMaj.wrap(columns, inner, right) : FMatrixRMaj.wrap(inner, columns, right);
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
        kernels.gemm(transposeA, transposeB, 1, a, b, 0, c);
        rate.gflop += operations;
    }

    /** EJML's. */
    @Benchmark
    public void ejml(Rate rate) {
        if (transposeA) {
            CommonOps_FDRM.multTransA(ejmlA, ejmlB, ejmlC);
        } else if (transposeB) {
            CommonOps_FDRM.multTransB(ejmlA, ejmlB, ejmlC);
        } else {
            CommonOps_FDRM.mult(ejmlA, ejmlB, ejmlC);
        }
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

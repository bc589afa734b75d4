package org.lrcc.lowrank.card;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.cuda.CudaKernels;

/** Times work of a session and writes it down as rows of a table, beside the rates that the card was measured to reach: those of a copy and of a large product. */
final class Meter {
    private static final double NANO = 1e-9;

    private final Consumer<String> out;
    private final String precision;
    private double copyBytes;
    private double productFlops;

    /** {@code precision} is named in each row. */
    Meter(Consumer<String> out, String precision) {
        this.out = out;
        this.precision = precision;
    }

    private static int runs() {
        return Card.isReal() ? 10 : 1;
    }

    /** Seconds of one run, waiting for the device at the end alone. */
    static double seconds(Kernels k, Runnable work) {
        work.run();
        work.run();
        ((CudaKernels) k).synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < runs(); i++) {
            work.run();
        }
        ((CudaKernels) k).synchronize();
        return (System.nanoTime() - start) * NANO / runs();
    }

    /** A row with any remark. */
    void row(String what, double seconds, String remark) {
        out.accept(String.format(Locale.ROOT, "| %s, %s | %.3f ms | %s |", what, precision, seconds * 1e3, remark));
    }

    /** A row of work that so many bytes limit. */
    void bytes(String what, double seconds, double bytes) {
        double rate = bytes / seconds;
        String share =
                copyBytes == 0 ? "" : String.format(Locale.ROOT, ", %.0f %% of a copy's", 100 * rate / copyBytes);
        row(what, seconds, String.format(Locale.ROOT, "%.0f GB/s%s", rate * NANO, share));
    }

    /** A row of work that so many operations limit. */
    void flops(String what, double seconds, double flops) {
        double rate = flops / seconds;
        String share = productFlops == 0
                ? ""
                : String.format(Locale.ROOT, ", %.0f %% of a large product's", 100 * rate / productFlops);
        row(what, seconds, String.format(Locale.ROOT, "%.2f TFLOP/s%s", rate * 1e-12, share));
    }

    /** Measures the rates that others are compared with. */
    void calibrate(Kernels k) {
        int floats = Card.isReal() ? 1 << 26 : 1 << 12;
        Tensor x = filled(k, floats);
        Tensor y = filled(k, floats);
        double copy = seconds(k, () -> k.copy(x, y));
        bytes("copy of " + floats + " floats", copy, 8.0 * floats);
        copyBytes = 8.0 * floats / copy;
        int n = Card.isReal() ? 4096 : 64;
        Tensor a = filled(k, n, n);
        Tensor b = filled(k, n, n);
        Tensor c = filled(k, n, n);
        double product = seconds(k, () -> k.gemm(false, false, 1, a, b, 0, c));
        flops("product of " + n + "^3", product, 2.0 * n * n * n);
        productFlops = 2.0 * n * n * n / product;
        List.of(x, y, a, b, c).forEach(Tensor::release);
    }

    /** A tensor of one value. */
    static Tensor filled(Kernels k, int... sizes) {
        Tensor tensor = k.allocate(DType.F32, Shape.of(sizes));
        k.fill(tensor, 0.01);
        return tensor;
    }
}

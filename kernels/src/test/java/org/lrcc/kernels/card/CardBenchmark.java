package org.lrcc.kernels.card;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.cuda.CudaKernels;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.Sgd;

/** Measures bandwidth, products, the convolutions of ResNet18 and its training step on the card, one table row each. */
final class CardBenchmark {
    private static final int RUNS = 10;
    private static final int LARGE = 1 << 26;
    private static final double NANO = 1e-9;

    private final Consumer<String> out;
    private double copyBandwidth;

    CardBenchmark(Consumer<String> out) {
        this.out = out;
    }

    void run(String precision) {
        try (Kernels k = Card.backend().open()) {
            ((CudaKernels) k).allowTf32(precision.equals("tf32"));
            if (precision.equals("fp32")) {
                bandwidth(k);
            }
            products(k, precision);
            convolutions(k, precision);
        }
        for (int batch : new int[] {32, 128, 256}) {
            step(precision, batch);
        }
    }

    private static double seconds(Kernels k, Runnable work) {
        work.run();
        work.run();
        ((CudaKernels) k).synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < RUNS; i++) {
            work.run();
        }
        ((CudaKernels) k).synchronize();
        return (System.nanoTime() - start) * NANO / RUNS;
    }

    private void row(String what, double seconds, String rate) {
        out.accept(String.format(Locale.ROOT, "| %s | %.3f ms | %s |", what, seconds * 1e3, rate));
    }

    private void bandwidth(Kernels k) {
        Tensor x = k.allocate(DType.F32, Shape.of(LARGE));
        Tensor y = k.allocate(DType.F32, Shape.of(LARGE));
        Tensor z = k.allocate(DType.F32, Shape.of(LARGE));
        for (Tensor t : List.of(x, y, z)) {
            k.fill(t, 0.5);
        }
        copyBandwidth = bytes("copy", seconds(k, () -> k.copy(x, y)), 2);
        bytes("activation", seconds(k, () -> k.activation(x, Activation.RELU, y)), 2);
        bytes("a + b", seconds(k, () -> k.binary(Kernels.Binary.ADD, x, y, z)), 3);
        bytes("dropout", seconds(k, () -> k.dropout(x, 0.1, 1, 2, y)), 2);
        bytes("sgd", seconds(k, () -> k.sgd(x, y, z, 1e-3, 0.9, false, 1e-4, false)), 5);
        Shape images = Shape.of(LARGE / (64 * 1024), 64, 32, 32);
        Tensor c = k.allocate(DType.F32, Shape.of(64));
        Tensor v = k.allocate(DType.F32, Shape.of(64));
        bytes("batch norm statistics", seconds(k, () -> k.batchNormStatistics(x.reshape(images), c, v)), 1);
        bytes(
                "batch norm",
                seconds(
                        k,
                        () -> k.batchNorm(
                                x.reshape(images), c, v, 1e-5, v, c, null, Activation.RELU, y.reshape(images))),
                2);
        for (Tensor t : List.of(x, y, z, c, v)) {
            t.release();
        }
    }

    /** Returns bytes a second. */
    private double bytes(String what, double seconds, int passes) {
        double rate = 4.0 * LARGE * passes / seconds;
        String share = copyBandwidth == 0
                ? ""
                : String.format(Locale.ROOT, ", %.0f %% of the copy's", 100 * rate / copyBandwidth);
        row(what + " of 2^26 floats", seconds, String.format(Locale.ROOT, "%.0f GB/s%s", rate * NANO, share));
        return rate;
    }

    private static String flops(double flops, double seconds) {
        return String.format(Locale.ROOT, "%.2f TFLOP/s", flops / seconds * 1e-12);
    }

    private void products(Kernels k, String precision) {
        int n = 4096;
        Tensor a = filled(k, n, n);
        Tensor b = filled(k, n, n);
        Tensor c = filled(k, n, n);
        double seconds = seconds(k, () -> k.gemm(false, false, 1, a, b, 0, c));
        row("product of 4096^3, " + precision, seconds, flops(2.0 * n * n * n, seconds));
        for (Tensor t : List.of(a, b, c)) {
            t.release();
        }
    }

    private static Tensor filled(Kernels k, int... sizes) {
        Tensor tensor = k.allocate(DType.F32, Shape.of(sizes));
        k.fill(tensor, 0.01);
        return tensor;
    }

    /** In, out, side of the input, kernel, stride of ResNet18's convolutions. */
    private static final int[][] LAYERS = {
        {3, 64, 224, 7, 2},
        {64, 64, 56, 3, 1},
        {64, 128, 56, 3, 2},
        {64, 128, 56, 1, 2},
        {128, 128, 28, 3, 1},
        {128, 256, 28, 3, 2},
        {256, 256, 14, 3, 1},
        {256, 512, 14, 3, 2},
        {512, 512, 7, 3, 1}
    };

    private void convolutions(Kernels k, String precision) {
        int batch = 128;
        for (int[] layer : LAYERS) {
            int kernel = layer[3];
            ConvGeometry geometry = ConvGeometry.of(layer[4], kernel / 2);
            int side = geometry.outHeight(layer[2], kernel);
            Tensor x = filled(k, batch, layer[0], layer[2], layer[2]);
            Tensor w = filled(k, layer[1], layer[0], kernel, kernel);
            Tensor y = filled(k, batch, layer[1], side, side);
            double flops = 2.0 * batch * side * side * layer[1] * layer[0] * kernel * kernel;
            String name = String.format(
                    Locale.ROOT,
                    "conv %dx%d %d to %d, %d pixels, stride %d, batch %d, %s: ",
                    kernel,
                    kernel,
                    layer[0],
                    layer[1],
                    layer[2],
                    layer[4],
                    batch,
                    precision);
            double forward = seconds(k, () -> k.conv2d(x, w, null, null, Activation.NONE, geometry, y));
            row(name + "forward", forward, flops(flops, forward));
            double dx = seconds(k, () -> k.conv2dInputGrad(y, w, geometry, x));
            row(name + "input gradient", dx, flops(flops, dx));
            double dw = seconds(k, () -> k.conv2dWeightGrad(x, y, geometry, w));
            row(name + "weight gradient", dw, flops(flops, dw));
            for (Tensor t : List.of(x, w, y)) {
                t.release();
            }
        }
    }

    /** A whole step of ResNet18 with momentum, without loading images. */
    private void step(String precision, int batch) {
        Network network = ResNet.resnet18(1000);
        State state = Init.state(network, 1);
        Shape input = Shape.of(batch, 3, 224, 224);
        Plan plan = network.prepare(Card.backend(), Mode.TRAIN, input);
        try (Kernels k = Card.backend().open()) {
            ((CudaKernels) k).allowTf32(precision.equals("tf32"));
            FlatParameters flat = state.flatten();
            flat.moveTo(k);
            state.moveTo(k, name -> !flat.has(name));
            Tensor gradient = flat.newBuffer();
            FlatOptimizer optimizer = new FlatOptimizer(new Sgd(0.9, false, 1e-4), List.of(), flat);
            Tensor x = filled(k, batch, 3, 224, 224);
            Tensor labels = k.upload(Tensor.of(new int[batch], batch));
            long[] step = new long[1];
            double seconds = seconds(k, () -> {
                try (Tape tape = Tape.recording(k)) {
                    Var logits = plan.forward(tape, state, flat, gradient, tape.constant(x), 0, step[0]++);
                    Var loss = tape.apply(new SoftmaxCrossEntropy(0, batch), logits, tape.constant(labels));
                    tape.backward(loss);
                    plan.updates(tape).forEach(state::update);
                    optimizer.step(k, gradient, 0.01);
                }
            });
            row(
                    "ResNet18 training step, batch " + batch + ", " + precision,
                    seconds,
                    String.format(
                            Locale.ROOT, "%.0f images/s, %.1f GB at most", batch / seconds, k.highestBytes() * NANO));
        }
    }
}

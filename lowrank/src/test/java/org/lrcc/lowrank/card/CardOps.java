package org.lrcc.lowrank.card;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.kernels.cuda.CudaKernels;

/** Times each kernel that memory limits, on much more than caches hold, and what a launch takes of the host. */
final class CardOps {
    private static final int CHANNELS = 64;
    private static final int SIDE = 32;
    private static final int LAUNCHES = 2000;

    private final Kernels k;
    private final Meter meter;
    private final List<Tensor> own = new ArrayList<>();
    private final int images;

    private CardOps(Kernels k, Meter meter) {
        this.k = k;
        this.meter = meter;
        this.images = Card.isReal() ? 1024 : 1;
    }

    static void run(Kernels k, Meter meter) {
        CardOps ops = new CardOps(k, meter);
        ops.launches();
        ops.pointwise();
        ops.channels();
        ops.pixels();
        ops.pools();
        ops.sums();
        ops.own.forEach(Tensor::release);
    }

    private Tensor filled(int... sizes) {
        Tensor tensor = Meter.filled(k, sizes);
        own.add(tensor);
        return tensor;
    }

    private Tensor like(DType dtype, Shape shape) {
        Tensor tensor = k.allocate(dtype, shape);
        k.fill(tensor, 0);
        own.add(tensor);
        return tensor;
    }

    /** Work too small to keep the device busy: what is left is the host's. */
    private void launches() {
        Tensor small = filled(32);
        Tensor other = filled(32);
        k.axpy(1, small, other);
        ((CudaKernels) k).synchronize();
        int count = Card.isReal() ? LAUNCHES : 2;
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            k.axpy(1, small, other);
        }
        double given = (System.nanoTime() - start) * 1e-9 / count;
        ((CudaKernels) k).synchronize();
        double done = (System.nanoTime() - start) * 1e-9 / count;
        meter.row(
                "launch, until the host goes on", given, "of " + count + " one after another; at most 8 us is the aim");
        meter.row("launch, until the device is done", done, "of " + count + " one after another");
    }

    private void time(String what, Tensor of, double passes, Runnable work) {
        meter.bytes(what + " of " + of.elements() + " floats", Meter.seconds(k, work), 4.0 * of.elements() * passes);
    }

    private void pointwise() {
        int floats = images * CHANNELS * SIDE * SIDE;
        Tensor x = filled(floats);
        Tensor y = filled(floats);
        Tensor z = filled(floats);
        Tensor mask = like(DType.U8, x.shape());
        time("fill", y, 1, () -> k.fill(y, 0.5));
        time("activation", x, 2, () -> k.activation(x, Activation.RELU, y));
        time("activation's gradient", x, 3, () -> k.activationGrad(x, y, Activation.RELU, z));
        time("a + b", x, 3, () -> k.binary(Kernels.Binary.ADD, x, y, z));
        time("y += a x", x, 3, () -> k.axpy(0.5, x, y));
        time("y *= a", x, 2, () -> k.scale(0.5, y));
        time("dropout", x, 2, () -> k.dropout(x, 0.1, 1, 2, y));
        time("composed sparse weight", x, 3.25, () -> k.composeSparse(x, y, mask, null, z));
        time("masked gradient", x, 2.25, () -> k.maskedGrad(x, mask, z));
        Tensor tenth = filled(floats / 10);
        int[] places = IntStream.range(0, floats / 10).map(i -> 10 * i).toArray();
        Tensor indices = k.upload(Tensor.of(places, places.length));
        time("entries added, every tenth", tenth, 4, () -> k.scatterAdd(tenth, indices, x));
        time("entries gathered, every tenth", tenth, 3, () -> k.gather(x, indices, tenth));
        time("sgd with momentum", x, 5, () -> k.sgd(x, y, z, 1e-3, 0.9, false, 1e-4, false));
        Tensor v = filled(floats);
        time("adamW", x, 7, () -> k.adamW(x, y, z, v, 1e-3, 0.9, 0.999, 1e-8, 0.01, 3));
        Tensor rows = x.reshape(Shape.of(images * CHANNELS, SIDE * SIDE));
        Tensor turned = y.reshape(Shape.of(SIDE * SIDE, images * CHANNELS));
        time("transposition", x, 2, () -> k.permute(rows, new int[] {1, 0}, turned));
        int half = SIDE * SIDE / 2;
        time(
                "copy of half the columns",
                x,
                1,
                () -> k.copyBlock(x, 0, SIDE * SIDE, y, half, SIDE * SIDE, images * CHANNELS, half));
        Tensor bias = filled(1, CHANNELS, 1, 1);
        Shape shape = Shape.of(images, CHANNELS, SIDE, SIDE);
        time("a + bias", x, 2, () -> k.binary(Kernels.Binary.ADD, x.reshape(shape), bias, y.reshape(shape)));
    }

    private void pixels() {
        Tensor x = like(DType.U8, Shape.of(images, SIDE, SIDE, 3));
        Tensor y = filled(images, 3, SIDE, SIDE);
        float[] mean = {0.485f, 0.456f, 0.406f};
        float[] std = {0.229f, 0.224f, 0.225f};
        time("normalisation of pixels", y, 1.25, () -> k.normalizeImages(x, mean, std, y));
    }

    private void channels() {
        Tensor x = filled(images, CHANNELS, SIDE, SIDE);
        Tensor y = filled(images, CHANNELS, SIDE, SIDE);
        Tensor z = filled(images, CHANNELS, SIDE, SIDE);
        Tensor a = filled(CHANNELS);
        Tensor b = filled(CHANNELS);
        Tensor c = filled(CHANNELS);
        Tensor d = filled(CHANNELS);
        time("sum per channel", x, 1, () -> k.channelSum(x, a));
        time("batch norm's statistics", x, 2, () -> k.batchNormStatistics(x, a, b));
        time("batch norm + ReLU", x, 2, () -> k.batchNorm(x, a, b, 1e-5, c, d, null, Activation.RELU, y));
        time("batch norm + add + ReLU", x, 3, () -> k.batchNorm(x, a, b, 1e-5, c, d, y, Activation.RELU, z));
        Tensor dx = filled(images, CHANNELS, SIDE, SIDE);
        Tensor e = filled(CHANNELS);
        Tensor f = filled(CHANNELS);
        time(
                "batch norm + ReLU, gradients",
                x,
                7,
                () -> k.batchNormGrad(true, x, a, b, 1e-5, c, y, Activation.RELU, z, dx, e, f, null));
    }

    private void pools() {
        Tensor x = filled(images, CHANNELS, SIDE, SIDE);
        PoolGeometry geometry = PoolGeometry.of(3, 2, 1);
        Shape half = Shape.of(images, CHANNELS, SIDE / 2, SIDE / 2);
        Tensor y = like(DType.F32, half);
        Tensor positions = like(DType.U8, half);
        double out = (double) y.elements() / x.elements();
        time("max-pool 3x3/2", x, 1 + 1.25 * out, () -> k.maxPool2d(x, geometry, y, positions));
        time("max-pool's gradient", x, 1 + 1.25 * out, () -> k.maxPool2dGrad(y, positions, geometry, x));
        time("average pool 3x3/2", x, 1 + out, () -> k.avgPool2d(x, geometry, y));
        time("average pool's gradient", x, 1 + out, () -> k.avgPool2dGrad(y, geometry, x));
    }

    private void sums() {
        int rows = images * CHANNELS;
        Tensor x = filled(rows, SIDE * SIDE);
        Tensor y = filled(rows, SIDE * SIDE);
        Tensor one = filled();
        Tensor labels = like(DType.I32, Shape.of(rows));
        time("softmax", x, 2, () -> k.softmax(x, y));
        time("cross entropy with gradient", x, 2, () -> k.softmaxCrossEntropy(x, labels, 0, null, rows, one, y));
        time("sum of |x|", x, 1, () -> k.absSum(x, one));
        time("sum of squares, read by the host", x, 1, () -> k.sumOfSquares(x));
        Tensor columns = filled(1, SIDE * SIDE);
        time("sum of columns", x, 1, () -> k.sumTo(x, columns));
    }
}

package org.lrcc.lowrank.card;

import java.util.List;
import java.util.Locale;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Tensor;

/** Times each convolution of ResNet18, forward and both gradients. */
final class CardLayers {
    /** In, out, side of the input, kernel, stride. */
    private static final int[][] LAYERS = {
        {3, 64, 224, 7, 2},
        {64, 64, 56, 3, 1},
        {64, 128, 56, 3, 2},
        {64, 128, 56, 1, 2},
        {128, 128, 28, 3, 1},
        {128, 256, 28, 3, 2},
        {128, 256, 28, 1, 2},
        {256, 256, 14, 3, 1},
        {256, 512, 14, 3, 2},
        {256, 512, 14, 1, 2},
        {512, 512, 7, 3, 1}
    };

    private CardLayers() {}

    static void run(Kernels k, Meter meter) {
        for (int[] layer : LAYERS) {
            if (Card.isReal()) {
                measure(k, meter, 128, layer[0], layer[1], layer[2], layer[3], layer[4]);
            } else {
                measure(k, meter, 1, Math.min(layer[0], 4), 4, 8, layer[3], layer[4]);
            }
        }
    }

    private static void measure(Kernels k, Meter meter, int batch, int in, int out, int side, int kernel, int stride) {
        ConvGeometry geometry = ConvGeometry.of(stride, kernel / 2);
        Tensor x = Meter.filled(k, batch, in, side, side);
        Tensor w = Meter.filled(k, out, in, kernel, kernel);
        Tensor y = k.allocate(x.dtype(), geometry.infer(x.shape(), w.shape()));
        double flops = 2.0 * y.elements() * in * kernel * kernel;
        String name = String.format(
                Locale.ROOT,
                "conv %dx%d, %d to %d channels, %d pixels, stride %d, batch %d: ",
                kernel,
                kernel,
                in,
                out,
                side,
                stride,
                batch);
        meter.flops(
                name + "forward",
                Meter.seconds(k, () -> k.conv2d(x, w, null, null, Activation.NONE, geometry, y)),
                flops);
        meter.flops(name + "input gradient", Meter.seconds(k, () -> k.conv2dInputGrad(y, w, geometry, x)), flops);
        meter.flops(name + "weight gradient", Meter.seconds(k, () -> k.conv2dWeightGrad(x, y, geometry, w)), flops);
        List.of(x, w, y).forEach(Tensor::release);
    }
}

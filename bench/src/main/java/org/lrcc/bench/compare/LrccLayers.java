package org.lrcc.bench.compare;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lrcc.bench.compare.ResNetLayers.Geometry;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Times every distinct convolution of ResNet18, forward and both gradients. Arguments: batch, runs, seconds of warm-up for each pass. */
public final class LrccLayers {
    private static final int SWEEPS = 2;

    private LrccLayers() {}

    /** Prints a {@link Report}. */
    public static void main(String[] args) {
        int batch = Integer.parseInt(args[0]);
        int runs = Integer.parseInt(args[1]);
        double seconds = Double.parseDouble(args[2]);
        Map<String, Runnable> passes = new LinkedHashMap<>();
        try (Kernels kernels = Backends.get().open()) {
            ResNetLayers.counts().keySet().forEach(layer -> add(passes, kernels, layer, batch));
            // In sweeps: passes share their loops, and the JVM compiles meanwhile.
            for (int sweep = 0; sweep < SWEEPS; sweep++) {
                passes.values().forEach(pass -> warmUp(pass, seconds));
            }
            Map<String, Double> rows = new LinkedHashMap<>();
            passes.forEach((name, pass) ->
                    rows.put(name, Report.measure(name, 1, runs, pass).median()));
            Report.ofRows("lrcc", rows).print();
        }
    }

    private static void warmUp(Runnable pass, double seconds) {
        long until = System.nanoTime() + (long) (seconds * 1e9);
        do {
            pass.run();
        } while (System.nanoTime() < until);
    }

    private static void add(Map<String, Runnable> passes, Kernels k, String layer, int batch) {
        Geometry shapes = Geometry.of(layer, batch);
        Tensor x = k.upload(random(shapes.x()));
        Tensor w = k.upload(random(shapes.weight()));
        Tensor y = k.upload(random(shapes.geometry().infer(shapes.x(), shapes.weight())));
        passes.put(
                layer + " " + ResNetLayers.PASSES.get(0),
                () -> k.conv2d(x, w, null, null, Activation.NONE, shapes.geometry(), y));
        Tensor dx = k.allocate(x.dtype(), x.shape());
        passes.put(layer + " " + ResNetLayers.PASSES.get(1), () -> k.conv2dInputGrad(y, w, shapes.geometry(), dx));
        Tensor dw = k.allocate(w.dtype(), w.shape());
        passes.put(layer + " " + ResNetLayers.PASSES.get(2), () -> k.conv2dWeightGrad(x, y, shapes.geometry(), dw));
    }

    private static Tensor random(Shape shape) {
        Philox random = new Philox(7, 1);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return Tensor.of(values, shape.sizes());
    }
}

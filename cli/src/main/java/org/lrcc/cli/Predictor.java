package org.lrcc.cli;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Plan;

/** Runs a model on inputs of one size. */
final class Predictor implements AutoCloseable {
    private final Model model;
    private final Kernels kernels;
    private final Plan plan;

    /**
     * Prepares a model.
     *
     * @param images how many will be run in all, over any number of runs
     * @param size their [1, C, H, W]
     */
    Predictor(Model model, int images, Shape size) {
        this.model = model;
        Backend backend = Backends.get().forShortRun(macs(model.network(), images, size));
        kernels = backend.open();
        plan = model.network().prepare(backend, Mode.EVAL, size);
    }

    /** Multiplications with accumulation that a network takes for so many images of [1, C, H, W], if they grow with the area. */
    static long macs(Network network, int images, Shape size) {
        double larger = (double) size.elements(1, 4) / network.inputShape().elements(1, 4);
        return (long) (larger * network.macs() * images);
    }

    /** The outputs for x [N, C, H, W], on the heap, as a tensor on the heap. */
    Tensor run(Tensor x) {
        Tensor in = kernels.upload(x);
        Tensor out = plan.run(kernels, model.state(), in);
        Tensor copy = out.copy();
        out.release();
        in.release();
        return copy;
    }

    @Override
    public void close() {
        kernels.close();
    }

    /** Softmax of a row of outputs. */
    static double[] softmax(float[] outputs, int at, int count) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, outputs[at + i]);
        }
        double[] shares = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            shares[i] = Math.exp(outputs[at + i] - largest);
            sum += shares[i];
        }
        double total = sum;
        return Arrays.stream(shares).map(share -> share / total).toArray();
    }

    /** Positions of the largest values, largest first, the first of equals first. */
    static List<Integer> top(double[] values, int count) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -values[i]))
                .limit(count)
                .toList();
    }
}

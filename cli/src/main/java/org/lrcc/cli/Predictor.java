package org.lrcc.cli;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;

/** Runs a model on inputs of one size. */
final class Predictor implements AutoCloseable {
    private final Model model;
    private final Kernels kernels = Backends.get().open();
    private final Plan plan;

    /**
     * Prepares a model.
     *
     * @param input [N, C, H, W]; N may differ from run to run
     */
    Predictor(Model model, Shape input) {
        this.model = model;
        this.plan = model.network().prepare(Backends.get(), Mode.EVAL, input);
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

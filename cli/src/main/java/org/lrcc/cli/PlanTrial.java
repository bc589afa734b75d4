package org.lrcc.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.lrcc.engine.cpu.ConvolutionCandidate;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.ConvPass;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** One pass of a convolution by every algorithm that fits it. */
final class PlanTrial {
    /** A pick counts as right within this of the best. */
    private static final double CLOSE = 1.1;

    /** A convolution; layers of one shape are one. */
    record Layer(Shape x, Shape weight, ConvGeometry geometry) {
        /** For a table. */
        String text() {
            return String.format(
                    "%s by %s%s%s",
                    x,
                    weight,
                    geometry.strideHeight() == 1 ? "" : ", stride " + geometry.strideHeight(),
                    geometry.groups() == 1 ? "" : ", groups " + geometry.groups());
        }
    }

    /** What an algorithm was predicted to take, and took. */
    record Measured(ConvolutionCandidate candidate, double milliseconds) {
        String algorithm() {
            return candidate.algorithm();
        }

        /** On one core; NaN where nothing was to choose. */
        double predictedMilliseconds() {
            return candidate.predictedNanos() / 1e6;
        }
    }

    private final List<String> names;
    private final Layer layer;
    private final ConvPass pass;
    private final List<ConvolutionCandidate> candidates;
    private final List<Runnable> runs = new ArrayList<>();
    private List<Measured> measured = List.of();

    /**
     * Prepares a pass.
     *
     * @param names the network's layers of this shape
     * @param sessions by algorithm; opened here where one is missing, closed by the caller
     */
    PlanTrial(
            CpuBackend cpu,
            List<String> names,
            Layer layer,
            ConvPass pass,
            Map<String, Kernels> sessions,
            BenchOptions options) {
        this.names = names;
        this.layer = layer;
        this.pass = pass;
        this.candidates = cpu.candidates(layer.x(), layer.weight(), layer.geometry(), pass);
        Tensor x = options.random(layer.x(), 1);
        Tensor w = options.random(layer.weight(), 2);
        Tensor y = options.random(layer.geometry().infer(layer.x(), layer.weight()), 3);
        for (ConvolutionCandidate candidate : candidates) {
            Kernels k = sessions.computeIfAbsent(candidate.algorithm(), cpu::open);
            runs.add(
                    switch (pass) {
                        case FORWARD -> () -> k.conv2d(x, w, null, null, Activation.NONE, layer.geometry(), y);
                        case INPUT_GRADIENT -> () -> k.conv2dInputGrad(y, w, layer.geometry(), x);
                        case WEIGHT_GRADIENT -> () -> k.conv2dWeightGrad(x, y, layer.geometry(), w);
                    });
        }
    }

    /** Runs each algorithm for a while. */
    void warmUp(double seconds) {
        for (Runnable run : runs) {
            long until = System.nanoTime() + (long) (seconds * 1e9);
            do {
                run.run();
            } while (System.nanoTime() < until);
        }
    }

    /** Takes medians of {@code count} runs; algorithms take turns, so that a change of the machine's speed meets all alike. */
    void measure(int count) {
        double[][] times = new double[runs.size()][count];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < times.length; j++) {
                times[j][i] = Timing.time(runs.get(j));
            }
        }
        measured = new ArrayList<>();
        for (int j = 0; j < times.length; j++) {
            measured.add(new Measured(candidates.get(j), Quantiles.median(times[j])));
        }
    }

    List<String> names() {
        return names;
    }

    Layer layer() {
        return layer;
    }

    ConvPass pass() {
        return pass;
    }

    /** All that fit, once measured. */
    List<Measured> measured() {
        return measured;
    }

    /** What the cost model picks. */
    Measured pick() {
        return measured.stream().filter(m -> m.candidate().chosen()).findFirst().orElseThrow();
    }

    private Measured best() {
        return measured.stream()
                .min(Comparator.comparingDouble(Measured::milliseconds))
                .orElseThrow();
    }

    /** The pick's time over the best one's. */
    double loss() {
        return pick().milliseconds() / best().milliseconds();
    }

    /** Whether the pick is within 10 % of the best. */
    boolean right() {
        return loss() <= CLOSE;
    }
}

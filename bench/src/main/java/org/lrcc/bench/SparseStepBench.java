package org.lrcc.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.lrcc.cli.Quantiles;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.Density;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.LowRankConv2d;
import org.lrcc.lowrank.SparseForm;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.State;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.train.RepeatedStep;
import org.lrcc.nn.train.TrainConfig;

/**
 * Training steps of one network whose S lies whole beside those where it is a list, in alternation. Arguments: {@code MODEL.onnx CACHE MODE BATCH PAIRS DENSITY...}, where
 * CACHE is the folder that keeps decompositions; {@code PAIRS} 0 decomposes only.
 */
public final class SparseStepBench {
    private static final int WARMUP = 4;

    private final Backend backend = Backends.get();
    private final Model base;
    private final int batch;

    private SparseStepBench(Model base, int batch) {
        this.base = base;
        this.batch = batch;
    }

    /** Measures and prints a row a density. */
    public static void main(String[] args) throws IOException {
        if (args.length < 6) {
            System.err.println("usage: SparseStepBench MODEL.onnx CACHE MODE BATCH PAIRS DENSITY...");
            System.exit(2);
        }
        SparseStepBench bench = new SparseStepBench(Onnx.load(Path.of(args[0])), Integer.parseInt(args[3]));
        for (String density : Arrays.asList(args).subList(5, args.length)) {
            LowRankConfig config = LowRankConfig.of(TuneMode.parse(args[2]))
                    .method("svd")
                    .cache(Path.of(args[1]))
                    .density(new Density(Double.parseDouble(density), false));
            System.out.print(bench.row(config, Integer.parseInt(args[4])));
        }
    }

    private String row(LowRankConfig config, int pairs) {
        Model dense = LowRank.convert(base, config.sparse(SparseForm.DENSE));
        Model compact = LowRank.convert(base, config.sparse(SparseForm.COMPACT));
        if (pairs == 0) {
            return "";
        }
        List<Double> denseTimes = new ArrayList<>();
        List<Double> compactTimes = new ArrayList<>();
        try (RepeatedStep denseStep = step(dense);
                RepeatedStep compactStep = step(compact)) {
            for (int i = -WARMUP; i < pairs; i++) {
                double a = timed(denseStep, i < 0 ? new ArrayList<>() : denseTimes);
                double b = timed(compactStep, i < 0 ? new ArrayList<>() : compactTimes);
                if (a != b) {
                    throw new IllegalStateException("losses differ at step " + i + ": " + a + " and " + b);
                }
            }
        }
        double whole = median(denseTimes);
        double list = median(compactTimes);
        return String.format(
                Locale.ROOT,
                "| %s | %.2f | %.1f | %.1f | %.3f | %.1f | %.1f | %.1f | %.1f |%n",
                config.mode(),
                config.density() == null ? 0 : config.density().value(),
                whole,
                list,
                list / whole,
                megabytes(sparse(dense)),
                megabytes(sparse(compact)),
                megabytes(4 * dense.state().trainableElements()),
                megabytes(4 * compact.state().trainableElements()));
    }

    /** Bytes of S in a run of SGD with momentum: values, where they stand, gradient, velocity. */
    private static long sparse(Model model) {
        State state = model.state();
        long bytes = 0;
        for (String name : state.names()) {
            long elements = state.get(name).elements();
            if (name.endsWith("." + LowRankConv2d.SPARSE)) {
                bytes += elements * (state.trainable(name) ? 12 : 4);
            } else if (name.endsWith("." + LowRankConv2d.MASK)) {
                bytes += elements;
            } else if (name.endsWith("." + LowRankConv2d.INDICES)) {
                bytes += 4 * elements;
            }
        }
        return bytes;
    }

    private RepeatedStep step(Model model) {
        Shape shape = model.network().inputShape().with(0, batch);
        Philox random = new Philox(1, 2);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 3 * random.nextFloat() - 1.5f;
        }
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = random.nextInt(model.network().outputShape().size(-1));
        }
        TrainConfig config = TrainConfig.defaults().batch(batch).rate(1e-4);
        return new RepeatedStep(backend, model, config, Tensor.of(values, shape.sizes()), labels);
    }

    private static double timed(RepeatedStep step, List<Double> into) {
        long begin = System.nanoTime();
        double loss = step.run();
        into.add((System.nanoTime() - begin) / 1e6);
        return loss;
    }

    private static double median(List<Double> times) {
        return Quantiles.median(times.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static double megabytes(long bytes) {
        return bytes / 1e6;
    }
}

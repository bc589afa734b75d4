package org.lrcc.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.train.RepeatedStep;
import org.lrcc.nn.train.TrainConfig;
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

/** Whole training steps of ResNet18 at 224x224, batch 8, as {@code lrcc bench step} takes them; weights, images and labels are random. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class StepBenchmark {
    private static final int BATCH = 8;
    private static final int CLASSES = 1000;

    /** Small enough that random labels lead nowhere bad. */
    private static final double RATE = 1e-4;

    /** What trains, and in which rank: a mode, then {@code ratio} or {@code rank} and its value where it converts, {@code convert} and {@code freeze} and their layers. */
    @Param({"full", "lora_mode ratio 0.25", "lora_mode rank 8"})
    public String mode = "";

    private RepeatedStep step;

    /** Makes the network and the batch. */
    @Setup(Level.Trial)
    public void setUp() {
        step = repeated(mode);
    }

    /** A step of ResNet18 on a random batch. */
    static RepeatedStep repeated(String mode) {
        Model model = model(mode);
        Shape shape = model.network().inputShape().with(0, BATCH);
        Philox random = new Philox(1, 2);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 3 * random.nextFloat() - 1.5f;
        }
        int[] labels = new int[BATCH];
        for (int i = 0; i < BATCH; i++) {
            labels[i] = random.nextInt(CLASSES);
        }
        TrainConfig config = TrainConfig.defaults().batch(BATCH).rate(RATE);
        return new RepeatedStep(Backends.get(), model, config, Tensor.of(values, shape.sizes()), labels);
    }

    static Model model(String mode) {
        Network network = ResNet.resnet18(CLASSES);
        ModelInfo info = new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of());
        return LowRank.convert(new Model(network, Init.state(network, 1), info), config(mode));
    }

    /** What converts a network for a {@link #mode}. */
    static LowRankConfig config(String mode) {
        String[] words = mode.split(" ");
        LowRankConfig config = LowRankConfig.of(TuneMode.parse(words[0]));
        if (words.length % 2 == 0) {
            throw new InputException("benchmark: mode '" + mode + "' has an option without a value");
        }
        for (int i = 1; i < words.length; i += 2) {
            String value = words[i + 1];
            config = switch (words[i]) {
                case "ratio" -> config.rankRatio(Double.parseDouble(value));
                case "rank" -> config.rank(Integer.parseInt(value));
                case "convert" -> config.convert(value.split(","));
                case "freeze" -> config.freeze(value.split(","));
                default ->
                    throw new InputException("benchmark: mode '" + mode
                            + "' is not MODE [ratio R | rank N] [convert LAYERS] [freeze LAYERS]");
            };
        }
        return config;
    }

    /** Forward, loss, backward, SGD with momentum. */
    @Benchmark
    public double step() {
        return step.run();
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        step.close();
    }
}

package org.lrcc.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.Sum;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.layer.Conv2d;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Node;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One 3x3 convolution of ResNet18 in each form: dense, and low-rank in the modes that differ in work; forward as inference runs it, and a training step's forward and
 * backward with the input's gradient. Batch 8.
 */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LowRankConvBenchmark {
    private static final int BATCH = 8;

    /** channels@size. */
    @Param({"64@56", "128@28", "256@14", "512@7"})
    public String layer = "";

    /** Mode of the original, or full for the dense convolution. */
    @Param({"full", "lora_mode", "tune_U_S", "fix_sparse"})
    public String mode = "";

    /** r{@code N} for a rank, otherwise the ratio. */
    @Param({"0.25", "r8"})
    public String rank = "";

    private Kernels kernels;
    private Model model;
    private Plan training;
    private Plan inference;
    private FlatParameters flat;
    private Tensor gradient;
    private Tensor x;

    /** Converts the layer. */
    @Setup(Level.Trial)
    public void setUp() {
        String[] fields = layer.split("@");
        int channels = Integer.parseInt(fields[0]);
        int size = Integer.parseInt(fields[1]);
        Shape shape = Shape.of(BATCH, channels, size, size);
        Conv2d conv = new Conv2d(channels, channels, 3, 3, ConvGeometry.of(1, 1), false);
        Network network = Network.of("x", shape, List.of(new Node("conv", conv, List.of("x"))), "conv");
        Model dense = new Model(
                network, Init.state(network, 1), new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of()));
        LowRankConfig config = LowRankConfig.of(TuneMode.parse(mode)).steps(1);
        config = rank.startsWith("r")
                ? config.rank(Integer.parseInt(rank.substring(1)))
                : config.rankRatio(Double.parseDouble(rank));
        model = LowRank.convert(dense, config);
        Backend backend = Backends.get();
        kernels = backend.open();
        training = model.network().prepare(backend, Mode.TRAIN, shape);
        inference = model.network().prepare(backend, Mode.EVAL, shape);
        flat = model.state().flatten();
        gradient = flat.newBuffer();
        float[] values = new float[shape.elements()];
        Philox random = new Philox(1, 1);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        x = kernels.upload(Tensor.of(values, shape.sizes()));
    }

    /** Inference. */
    @Benchmark
    public void forward() {
        inference.run(kernels, model.state(), x).release();
    }

    /** Forward and backward of a training step. */
    @Benchmark
    public void forwardAndBackward() {
        try (Tape tape = Tape.recording(kernels)) {
            Parameters parameters = Parameters.of(tape, model.state(), flat, gradient);
            Var y = training.forward(parameters, tape.variable(x), 1, 1);
            tape.backward(tape.apply(new Sum(), y));
            flat.touched();
        }
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        kernels.close();
    }
}

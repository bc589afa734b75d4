package org.lrcc.bench;

import java.util.concurrent.TimeUnit;
import org.lrcc.bench.compare.ResNetLayers.Geometry;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
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

/** The convolutions of ResNet18 at 224x224, batch 8: forward, input gradient, weight gradient. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ConvBenchmark {
    private static final int BATCH = 8;

    /** in-out-kernel-stride-size. */
    @Param({
        "3-64-7-2-224",
        "64-64-3-1-56",
        "64-128-3-2-56",
        "64-128-1-2-56",
        "128-128-3-1-28",
        "128-256-3-2-28",
        "128-256-1-2-28",
        "256-256-3-1-14",
        "256-512-3-2-14",
        "256-512-1-2-14",
        "512-512-3-1-7"
    })
    public String layer = "";

    private Kernels kernels;
    private ConvGeometry geometry;
    private Tensor x;
    private Tensor weight;
    private Tensor y;
    private Tensor dy;
    private Tensor dx;
    private Tensor dWeight;

    /** Makes the layer's tensors. */
    @Setup(Level.Trial)
    public void setUp() {
        Geometry shapes = Geometry.of(layer, BATCH);
        geometry = shapes.geometry();
        kernels = Backends.get().open();
        x = random(1, shapes.x().sizes());
        weight = random(2, shapes.weight().sizes());
        Shape shape = geometry.infer(x.shape(), weight.shape());
        y = kernels.allocate(x.dtype(), shape);
        dy = random(3, shape.sizes());
        dx = kernels.allocate(x.dtype(), x.shape());
        dWeight = kernels.allocate(x.dtype(), weight.shape());
    }

    private Tensor random(int stream, int... sizes) {
        Philox random = new Philox(7, stream);
        float[] values = new float[Shape.of(sizes).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return kernels.upload(Tensor.of(values, sizes));
    }

    /** y = conv2d(x, weight). */
    @Benchmark
    public void forward() {
        kernels.conv2d(x, weight, null, null, Activation.NONE, geometry, y);
    }

    /** Gradient of the input. */
    @Benchmark
    public void inputGradient() {
        kernels.conv2dInputGrad(dy, weight, geometry, dx);
    }

    /** Gradient of the weight. */
    @Benchmark
    public void weightGradient() {
        kernels.conv2dWeightGrad(x, dy, geometry, dWeight);
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void tearDown() {
        kernels.close();
    }
}

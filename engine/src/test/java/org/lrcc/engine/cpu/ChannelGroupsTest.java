package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.cpu.simd.VectorDepthwise;
import org.lrcc.engine.cpu.simd.VectorGroups;
import org.lrcc.engine.cpu.simd.VectorTiles;
import org.lrcc.engine.cpu.simd.VectorWinograd;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.ChannelGroups;
import org.lrcc.engine.spi.ConvGeometry;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.spi.PoolGeometry;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Inference on channels in groups against the definition in double and against the kernels on planes; bits against the number of threads. */
class ChannelGroupsTest {
    private static final int NR = new VectorGroups().columns();

    /** Winograd with tiles of 2x2 pixels wherever it fits: by a model for which weights take for ever to read. */
    private static final String SMALL = "winograd, small tiles";

    private static AlgorithmModel model(String algorithm) {
        AlgorithmModel m = AlgorithmModel.of(NR / 2);
        return algorithm.equals(SMALL)
                ? new AlgorithmModel(
                        m.rows(),
                        m.columns(),
                        m.direct(),
                        m.directWeights(),
                        m.strided(),
                        m.product(),
                        m.call(),
                        m.move(),
                        m.input(),
                        m.output(),
                        m.weight(),
                        1e-9,
                        m.distance(),
                        true)
                : m;
    }

    private static ChannelGroups groups(ThreadPool pool, String algorithm) {
        ConvolutionChoice choice = new ConvolutionChoice(
                new PackedConvolution(pool, new VectorTiles()),
                new WinogradConvolution(pool, new VectorTiles(), new VectorWinograd()),
                model(algorithm),
                algorithm.equals(SMALL) ? "winograd" : algorithm);
        return new CpuChannelGroups(pool, new VectorGroups(), new VectorDepthwise(), new VectorWinograd(), choice);
    }

    private static float[] toGroups(float[] x, int batch, int channels, int plane) {
        int groups = (channels + NR - 1) / NR;
        float[] y = new float[batch * groups * plane * NR];
        for (int n = 0; n < batch; n++) {
            for (int c = 0; c < channels; c++) {
                for (int p = 0; p < plane; p++) {
                    y[((n * groups + c / NR) * plane + p) * NR + c % NR] = x[(n * channels + c) * plane + p];
                }
            }
        }
        return y;
    }

    private static Tensor grouped(ChannelGroups g, float[] x, Shape planes) {
        float[] y = toGroups(x, planes.size(0), planes.size(1), planes.size(2) * planes.size(3));
        return Tensor.of(y, g.grouped(planes).sizes());
    }

    private static Tensor empty(Shape shape) {
        Tensor y = Tensor.of(new float[shape.elements()], shape.sizes());
        java.util.Arrays.fill(Floats.of(y).array(), Float.NaN);
        return y;
    }

    private static float[] run(ChannelGroups g, ConvShape s, boolean in, float[] x, float[] w, float[] b, float[] r) {
        ConvGeometry geometry = new ConvGeometry(
                s.strideH(),
                s.strideW(),
                s.top(),
                s.left(),
                s.bottom(),
                s.right(),
                s.dilationH(),
                s.dilationW(),
                s.groups());
        Tensor weight = Tensor.of(w, s.outputs(), s.groupInputs(), s.kernelH(), s.kernelW());
        assertThat(g.covers(weight.shape(), geometry, in)).isTrue();
        Activation activation = s.batch() % 2 == 0 ? Activation.RELU : Activation.leakyRelu(0.25);
        ChannelGroups.Convolution c = g.convolution(weight, Tensor.of(b, s.outputs()), activation, geometry, in);
        Shape xs = Shape.of(s.batch(), s.inputs(), s.height(), s.width());
        Shape ys = Shape.of(s.batch(), s.outputs(), s.outHeight(), s.outWidth());
        Tensor y = empty(g.grouped(ys));
        Tensor source = in ? grouped(g, x, xs) : Tensor.of(x, xs.sizes());
        c.run(source, s.inputs() % 3 == 0 ? null : grouped(g, r, ys), y);
        Tensor planes = empty(ys);
        g.toPlanes(y, planes);
        float[] got = planes.toFloats();
        assertThat(y.toFloats())
                .as("zeros behind the channels of %s", s)
                .isEqualTo(toGroups(got, s.batch(), s.outputs(), s.outPlane()));
        return got;
    }

    private static void check(ConvShape s, boolean in, String algorithm, double tolerance, int seed) {
        float[] x = NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), seed);
        float[] w = NaiveConv.random(s.outputs() * s.groupInputs() * s.kernel(), seed + 1);
        float[] b = NaiveConv.random(s.outputs(), seed + 2);
        float[] r = NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), seed + 3);
        float[] y = run(groups(new ThreadPool(2), algorithm), s, in, x, w, b, r);
        for (int threads : new int[] {1, 3, 8}) {
            assertThat(run(groups(new ThreadPool(threads), algorithm), s, in, x, w, b, r))
                    .as("bits of %s on %d threads", s, threads)
                    .isEqualTo(y);
        }
        double[] expected = new NaiveConv(s, x, w, r).y;
        double most = 0;
        double error = 0;
        for (int i = 0; i < y.length; i++) {
            double v = expected[i] + b[i / s.outPlane() % s.outputs()] + (s.inputs() % 3 == 0 ? 0 : r[i]);
            most = Math.max(most, Math.abs(v));
            v = v >= 0 ? v : s.batch() % 2 == 0 ? 0 : 0.25 * v;
            error = Math.max(error, Math.abs(v - y[i]));
        }
        assertThat(error / most).as("error of %s, %s", s, algorithm).isLessThan(tolerance);
    }

    @ParameterizedTest
    @CsvSource({
        "3, 1, 1, 1",
        "3, 2, 1, 1",
        "3, 1, 2, 2",
        "3, 2, 2, 0",
        "5, 1, 1, 2",
        "5, 2, 1, 2",
        "5, 1, 2, 4",
        "5, 3, 1, 0",
        "1, 1, 1, 0",
        "1, 2, 1, 0",
        "1, 1, 1, 1",
        "2, 1, 1, 1",
        "7, 1, 1, 3"
    })
    void depthwiseConvolutionAgreesWithTheDefinition(int kernel, int stride, int dilation, int padding) {
        int[][] images = {{1, 9, 9}, {2, 13, 10}, {3, 10, 31}, {1, 75, 67}, {2, 75, 67}};
        int[] channels = {NR, 2 * NR, 8, 40, 24, 3 * NR - 1, 33};
        for (int i = 0; i < channels.length; i++) {
            int[] image = images[i % images.length];
            int c = channels[i];
            // Padding at the right is one more than at the left where the image is large.
            int right = padding + (image[1] > 50 ? 1 : 0);
            ConvShape s = new ConvShape(
                    image[0],
                    c,
                    image[1],
                    image[2],
                    c,
                    kernel,
                    Math.max(1, kernel - i % 2),
                    stride,
                    1 + (stride + i) % 3,
                    padding,
                    padding,
                    right,
                    right,
                    dilation,
                    dilation,
                    c);
            check(s, true, "auto", 2e-6, 10 * i + kernel);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "winograd", SMALL, "auto"})
    void channelsNeedNotFillTheLastGroup(String algorithm) {
        int[][] channels = {{8, 24}, {24, 40}, {NR, 8}, {40, 2 * NR}, {NR + 1, NR - 1}, {3, 24}};
        for (int i = 0; i < channels.length; i++) {
            int in = channels[i][0];
            int out = channels[i][1];
            ConvShape three = new ConvShape(1 + i % 2, in, 15, 17, out, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            check(three, in > 3, algorithm, 1e-5, i);
            ConvShape point = new ConvShape(1 + i % 2, in, 15, 17, out, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1);
            check(point, in > 3, algorithm, 2e-6, i);
        }
    }

    /** Infinite numbers and NaN of one channel stay in it, and out of the channels that fill up the group. */
    @Test
    void depthwiseChannelsDoNotMeet() {
        ConvShape s = new ConvShape(2, 24, 9, 11, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 24);
        float[] x = NaiveConv.random(2 * 24 * 99, 1);
        float[] w = NaiveConv.random(24 * 9, 2);
        float[] b = NaiveConv.random(24, 3);
        float[] r = new float[x.length];
        ChannelGroups g = groups(new ThreadPool(2), "auto");
        float[] before = run(g, s, true, x, w, b, r);
        int channel = 18;
        x[channel * 99 + 50] = Float.NaN;
        x[channel * 99 + 20] = Float.POSITIVE_INFINITY;
        float[] after = run(g, s, true, x, w, b, r);
        assertThat(after[channel * 99 + 50]).isNaN();
        for (int i = 0; i < after.length; i++) {
            if (i / 99 != channel) {
                assertThat(after[i]).as("value %d", i).isEqualTo(before[i]);
            }
        }
    }

    /** The channels that fill up a group are zeros whatever the others are: {@code run} checks that. */
    @Test
    void infinitePixelsLeaveTheLastGroupsRestZero() {
        ConvShape s = new ConvShape(2, 24, 9, 11, 24, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1);
        float[] x = NaiveConv.random(2 * 24 * 99, 1);
        x[50] = Float.POSITIVE_INFINITY;
        float[] w = NaiveConv.random(24 * 24, 2);
        float[] y = run(groups(new ThreadPool(2), "auto"), s, true, x, w, new float[24], new float[x.length]);
        for (int c = 0; c < 24; c++) {
            assertThat(y[c * 99 + 50]).isEqualTo(w[c * 24] > 0 ? Float.POSITIVE_INFINITY : 0);
        }
    }

    @Test
    void directConvolutionAgreesWithTheDefinition() {
        Random random = new Random(5);
        for (int i = 0; i < 60; i++) {
            boolean in = i % 4 != 0;
            int kernelH = 1 + random.nextInt(3);
            int kernelW = 1 + random.nextInt(3);
            int dilation = 1 + random.nextInt(2);
            ConvShape s = new ConvShape(
                    1 + random.nextInt(6),
                    in ? NR * (1 + random.nextInt(2)) : 1 + random.nextInt(4),
                    5 + random.nextInt(14),
                    5 + random.nextInt(22),
                    NR * (1 + random.nextInt(2)),
                    kernelH,
                    kernelW,
                    1 + random.nextInt(3),
                    1 + random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    dilation,
                    dilation,
                    1);
            check(s, in, "direct", 2e-6, i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"winograd", SMALL})
    void winogradAgreesWithTheDefinition(String algorithm) {
        Random random = new Random(6);
        for (int i = 0; i < 40; i++) {
            ConvShape s = new ConvShape(
                    1 + random.nextInt(4),
                    NR * (1 + random.nextInt(3)),
                    3 + random.nextInt(14),
                    3 + random.nextInt(22),
                    NR * (1 + random.nextInt(3)),
                    3,
                    3,
                    1,
                    1,
                    random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    1,
                    1,
                    1);
            check(s, true, algorithm, 1e-5, i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "winograd", SMALL, "auto"})
    void errorIsBoundedAt512Channels(String algorithm) {
        ConvShape one = new ConvShape(1, 512, 7, 7, 96 / NR * NR, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        check(one, true, algorithm, algorithm.equals("direct") ? 2e-6 : 1e-5, 1);
        ConvShape many = new ConvShape(4, 256, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        check(many, true, algorithm, algorithm.equals("direct") ? 2e-6 : 1e-5, 2);
        // Chunks that end within an image, groups side by side, tiles that are all short.
        int[][] images = {
            {7, 256, 13, 13, 64},
            {5, 256, 9, 9, 64},
            {5, 48, 9, 9, 352},
            {3, 256, 1, 1, 64},
            {2, 256, 5, 5, 64},
            {2, 256, 1, 15, 64}
        };
        for (int[] i : images) {
            int in = (i[1] + NR - 1) / NR * NR;
            ConvShape s = new ConvShape(i[0], in, i[2], i[3], i[4] / NR * NR, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            check(s, true, algorithm, algorithm.equals("direct") ? 2e-6 : 1e-5, 3);
        }
    }

    @Test
    void oneConvolutionTakesImagesOfAnySize() {
        ChannelGroups g = groups(new ThreadPool(2), "auto");
        float[] w = NaiveConv.random(NR * NR * 9, 1);
        ChannelGroups.Convolution c = g.convolution(
                Tensor.of(w, NR, NR, 3, 3), Tensor.of(new float[NR], NR), Activation.NONE, ConvGeometry.of(1, 1), true);
        for (int size : new int[] {3, 30, 7}) {
            ConvShape s = new ConvShape(1, NR, size, size, NR, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            float[] x = NaiveConv.random(NR * size * size, size);
            Shape shape = Shape.of(1, NR, size, size);
            Tensor y = empty(g.grouped(shape));
            c.run(grouped(g, x, shape), null, y);
            double[] expected = new NaiveConv(s, x, w, new float[x.length]).y;
            float[] got = y.toFloats();
            for (int i = 0; i < got.length; i++) {
                int p = i / NR;
                assertThat((double) got[i])
                        .isCloseTo(expected[i % NR * size * size + p], org.assertj.core.data.Offset.offset(1e-4));
            }
        }
    }

    @Test
    void poolsAgreeWithPlanes() {
        ThreadPool pool = new ThreadPool(2);
        ChannelGroups g = groups(pool, "auto");
        int channels = 2 * NR - 3;
        Shape shape = Shape.of(2, channels, 13, 18);
        float[] x = NaiveConv.random(shape.elements(), 9);
        x[77] = Float.NaN;
        x[500] = Float.NEGATIVE_INFINITY;
        try (Kernels kernels = new CpuBackend(pool).open()) {
            for (PoolGeometry p : new PoolGeometry[] {
                PoolGeometry.of(3, 2, 1),
                PoolGeometry.of(2, 2, 0),
                new PoolGeometry(3, 2, 1, 3, 1, 0, 2, 1, 2, 2, true, false)
            }) {
                Shape out = p.infer(shape);
                Tensor expected = kernels.allocate(DType.F32, out);
                kernels.maxPool2d(Tensor.of(x, shape.sizes()), p, expected, null);
                Tensor y = empty(g.grouped(out));
                g.maxPool2d(grouped(g, x, shape), p, y);
                Tensor planes = empty(out);
                g.toPlanes(y, planes);
                assertThat(planes.toFloats()).as("%s", p).isEqualTo(expected.toFloats());
            }
            x[77] = 0;
            x[500] = 0;
            Tensor expected = kernels.allocate(DType.F32, Shape.of(2, channels, 1, 1));
            kernels.avgPool2d(Tensor.of(x, shape.sizes()), PoolGeometry.global(13, 18), expected);
            Tensor y = empty(Shape.of(2, channels));
            g.globalAverage(grouped(g, x, shape), y);
            assertThat(y.toFloats()).usingComparatorWithPrecision(1e-6f).containsExactly(expected.toFloats());
        }
    }
}

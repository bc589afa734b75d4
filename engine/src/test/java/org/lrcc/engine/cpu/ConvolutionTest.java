package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.cpu.simd.VectorGroups;
import org.lrcc.engine.cpu.simd.VectorTiles;
import org.lrcc.engine.cpu.simd.VectorWinograd;

/** The three passes against their definition in double, on random geometries; bits against the number of threads. */
class ConvolutionTest {
    private static final double TOLERANCE = 2e-6;
    private static final int OFFSET = 5;

    private final Convolution convolution = direct(new ThreadPool(2));
    private final Convolution packedStrides = packedStrides(new ThreadPool(2));

    private static StridedConvolution direct(ThreadPool pool) {
        Tiles tiles = new VectorTiles();
        Convolution packed = new PackedConvolution(pool, tiles);
        return new StridedConvolution(pool, tiles, new VectorWinograd(), new VectorGroups(), packed);
    }

    /** Those of 256 bits; at other widths its passes are {@link #convolution}'s. */
    private static Convolution packedStrides(ThreadPool pool) {
        GroupLoops loops = new VectorGroups();
        Convolution others = direct(pool);
        return PackedStrides.pays(loops)
                ? new PackedStrides(pool, new VectorTiles(), new VectorWinograd(), loops, others)
                : others;
    }

    @Test
    void passesAgreeWithTheDefinitionOnOddGeometries() {
        Random r = new Random(5);
        for (int i = 0; i < 250; i++) {
            check(NaiveConv.randomShape(r), i);
        }
    }

    @Test
    void passesAgreeWithTheDefinitionOnNetworkGeometries() {
        check(square(2, 3, 33, 16, 7, 2, 3), 1);
        check(square(2, 64, 14, 40, 3, 1, 1), 2);
        check(square(3, 40, 7, 65, 3, 1, 1), 3);
        check(square(2, 64, 9, 64, 3, 2, 1), 4);
        check(square(2, 64, 9, 128, 1, 2, 0), 5);
        check(square(2, 300, 5, 256, 3, 1, 1), 6);
        check(square(1, 1, 1, 1, 3, 1, 1), 7);
        check(square(1, 512, 7, 96, 3, 1, 1), 9);
        check(square(1, 96, 7, 512, 3, 2, 1), 10);
        check(square(8, 512, 1, 70, 3, 1, 1), 11);
        check(square(2, 128, 15, 256, 3, 2, 1), 12);
        check(square(3, 512, 7, 512, 3, 1, 1), 14);
        check(square(16, 64, 56, 64, 1, 1, 0), 15);
        check(square(8, 3, 224, 16, 7, 2, 3), 16);
        check(square(1, 16, 9, 700, 7, 1, 3), 17);
        check(square(4, 160, 28, 208, 1, 2, 0), 18);
        check(square(2, 17, 21, 32, 1, 3, 0), 19);
        check(square(2, 16, 9, 32, 1, 2, 1), 20);
        check(square(2, 9, 12, 48, 3, 2, 1), 22);
        check(new ConvShape(2, 32, 13, 9, 48, 1, 5, 1, 2, 0, 2, 0, 2, 1, 1, 1), 23);
        check(new ConvShape(2, 48, 13, 9, 16, 3, 3, 3, 2, 2, 0, 1, 3, 2, 1, 1), 24);
        check(new ConvShape(3, 96, 9, 11, 80, 3, 3, 2, 1, 1, 0, 1, 2, 1, 2, 2), 13);
        check(new ConvShape(2, 20, 9, 17, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 20), 8);
    }

    @Test
    void passesAgreeWithTheDefinitionOnStridesOfTwoAndWholeGroupsOfChannels() {
        ConvShape[] shapes = {
            square(1, 32, 56, 64, 3, 2, 1),
            square(9, 32, 14, 64, 3, 2, 1),
            square(40, 64, 6, 32, 3, 2, 1),
            square(2, 32, 1, 32, 3, 2, 1),
            square(2, 32, 2, 32, 2, 2, 0),
            square(2, 32, 13, 32, 5, 2, 2),
            square(1, 64, 10, 32, 3, 2, 5),
            new ConvShape(2, 32, 41, 70, 64, 3, 3, 2, 2, 1, 0, 0, 1, 1, 1, 1),
            new ConvShape(3, 64, 9, 26, 32, 2, 5, 2, 2, 0, 3, 1, 0, 1, 1, 1),
            new ConvShape(1, 32, 90, 10, 32, 4, 3, 2, 2, 3, 1, 0, 0, 1, 1, 1)
        };
        for (int i = 0; i < shapes.length; i++) {
            assertThat(direct(new ThreadPool(1)).fits(shapes[i])).isTrue();
            check(shapes[i], i);
        }
    }

    /** With 512 channels in: the longest sums that the tolerance is stated for. */
    @Test
    void stridedPassesAgreeWithTheDefinitionOnLongSums() {
        ConvShape s = square(1, 512, 14, 512, 3, 2, 1);
        float[] x = NaiveConv.random(512 * 196, 1);
        float[] w = NaiveConv.random(512 * 512 * 9, 2);
        float[] dy = NaiveConv.random(512 * 49, 3);
        Convolution c = new PackedConvolution(new ThreadPool(2), new VectorTiles());
        NaiveConv naive = new NaiveConv(s, x, w, dy);
        check(c, naive, s, x, w, dy);
        check(convolution, naive, s, x, w, dy);
        GroupLoops loops = new VectorGroups();
        if (PackedStrides.pays(loops)) {
            c = new PackedStrides(new ThreadPool(2), new VectorTiles(), new VectorWinograd(), loops, c);
            check(c, naive, s, x, w, dy);
        }
    }

    /** Input gradients whose parities are summed together, where the width has them. */
    @Test
    void passesAgreeWithTheDefinitionOnStridesOfTwoAndEvenSizes() {
        ConvShape[] shapes = {
            square(2, 3, 24, 16, 7, 2, 3),
            square(2, 20, 10, 36, 3, 2, 1),
            square(1, 5, 12, 130, 11, 2, 5),
            square(1, 6, 10, 12, 3, 2, 5),
            square(3, 140, 6, 330, 3, 2, 1),
            square(5, 4, 2, 7, 2, 2, 0),
            square(1, 7, 10, 9, 4, 2, 0),
            new ConvShape(2, 9, 12, 10, 20, 3, 4, 2, 2, 1, 0, 0, 1, 1, 1, 1),
            new ConvShape(1, 11, 8, 42, 6, 2, 5, 2, 2, 0, 4, 3, 2, 1, 1, 1)
        };
        for (int i = 0; i < shapes.length; i++) {
            assertThat(ParityPlan.fits(shapes[i], 8)).isTrue();
            check(shapes[i], i);
        }
    }

    /** Forward passes that sum rows of the output by pairs, where the width has them. */
    @Test
    void pairsOfRowsAgreeWithTheDefinition() {
        ConvShape[] shapes = {
            square(2, 160, 28, 32, 3, 2, 1),
            square(3, 32, 31, 16, 3, 2, 1),
            square(1, 16, 77, 48, 3, 2, 0),
            new ConvShape(1, 16, 43, 70, 48, 3, 5, 2, 3, 1, 2, 2, 1, 1, 1, 1),
            new ConvShape(2, 32, 24, 21, 32, 3, 1, 2, 1, 2, 0, 0, 1, 1, 1, 1),
            new ConvShape(1, 16, 337, 1, 16, 3, 1, 2, 3, 0, 2, 0, 0, 1, 1, 1)
        };
        for (int i = 0; i < shapes.length; i++) {
            assertThat(RowPairConvolution.fits(shapes[i], 160, 16))
                    .as("%s", shapes[i])
                    .isTrue();
            check(shapes[i], i);
        }
    }

    /** Weight gradients that sum rows of the output by pairs, where the width has them. */
    @Test
    void weightGradientsOfFewChannelsAgreeWithTheDefinition() {
        ConvShape[] shapes = {
            square(2, 3, 64, 20, 7, 2, 3),
            square(3, 1, 44, 7, 3, 2, 1),
            square(1, 5, 100, 33, 5, 2, 2),
            new ConvShape(2, 3, 61, 90, 18, 4, 6, 2, 3, 1, 2, 0, 1, 1, 2, 1)
        };
        for (int i = 0; i < shapes.length; i++) {
            assertThat(RowPairGradient.fits(shapes[i], 160, 8))
                    .as("%s", shapes[i])
                    .isTrue();
            check(shapes[i], i);
        }
    }

    /** Kernels as large as images: weight gradients copy a row for each weight of an output, so there is a most. */
    @Test
    void pairsOfRowsLeaveHugeKernelsToOthers() {
        ConvShape most = square(1, 1, 90, 2, 64, 2, 0);
        ConvShape more = square(1, 1, 91, 2, 65, 2, 0);
        assertThat(RowPairGradient.fits(most, 160, 8)).isTrue();
        assertThat(RowPairGradient.fits(more, 160, 8)).isFalse();
        check(most, 1);
        check(more, 2);
        ConvShape wide = new ConvShape(1, 16, 29, 43, 16, 3, 32, 2, 1, 0, 0, 0, 0, 1, 1, 1);
        ConvShape wider = new ConvShape(1, 16, 29, 44, 16, 3, 33, 2, 1, 0, 0, 0, 0, 1, 1, 1);
        assertThat(RowPairConvolution.fits(wide, 160, 16)).isTrue();
        assertThat(RowPairConvolution.fits(wider, 160, 16)).isFalse();
        check(wide, 3);
        check(wider, 4);
    }

    @Test
    void stridedOutputsTakeTheEpilogue() {
        Convolution packed = new PackedConvolution(new ThreadPool(2), new VectorTiles());
        for (Convolution c : new Convolution[] {convolution, packed, packedStrides}) {
            takesTheEpilogue(c, square(2, 32, 11, 64, 3, 2, 1), 121, 36);
            takesTheEpilogue(c, square(2, 32, 12, 64, 3, 2, 1), 144, 36);
            takesTheEpilogue(c, square(2, 32, 28, 64, 3, 2, 1), 784, 196);
        }
    }

    private static void takesTheEpilogue(Convolution convolution, ConvShape s, int plane, int outPlane) {
        float[] x = NaiveConv.random(2 * 32 * plane, 1);
        float[] w = NaiveConv.random(64 * 32 * 9, 2);
        float[] dy = NaiveConv.random(2 * 64 * outPlane, 3);
        float[] bias = NaiveConv.random(64, 4);
        NaiveConv naive = new NaiveConv(s, x, w, dy);
        double[] y = naive.y.clone();
        for (int i = 0; i < y.length; i++) {
            y[i] = Math.max(0, y[i] + bias[i / outPlane % 64] + dy[i]);
        }
        Convolution.Epilogue epilogue = new Convolution.Epilogue(bias, 0, dy, 0, 0f, Float.POSITIVE_INFINITY);
        float[] result = new float[dy.length];
        convolution.forward(s, x, 0, w, 0, epilogue, result, 0);
        assertThat(NaiveConv.error(result, 0, y)).isLessThan(TOLERANCE);
    }

    @Test
    void passesAgreeWithTheDefinitionOnGroupsOfFewChannels() {
        check(groups(3, 24, 1, 1, 7, 3, 1, 1), 1);
        check(groups(2, 20, 1, 1, 15, 3, 2, 1), 2);
        check(groups(2, 6, 1, 3, 14, 5, 1, 2), 3);
        check(groups(2, 5, 4, 4, 19, 3, 2, 1), 4);
        check(groups(1, 3, 8, 8, 16, 1, 1, 0), 5);
        check(groups(4, 2, 1, 2, 61, 3, 1, 1), 6);
        check(groups(2, 3, 2, 1, 9, 2, 3, 0), 7);
        check(new ConvShape(2, 6, 9, 33, 12, 3, 2, 2, 1, 1, 0, 2, 1, 2, 3, 6), 8);
    }

    private static ConvShape groups(
            int batch, int groups, int inputs, int outputs, int size, int kernel, int stride, int pad) {
        return new ConvShape(
                batch,
                groups * inputs,
                size,
                size,
                groups * outputs,
                kernel,
                kernel,
                stride,
                stride,
                pad,
                pad,
                pad,
                pad,
                1,
                1,
                groups);
    }

    private static ConvShape square(int batch, int in, int size, int out, int kernel, int stride, int pad) {
        return new ConvShape(batch, in, size, size, out, kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1, 1);
    }

    private void check(ConvShape s, int seed) {
        float[] x = NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), seed);
        float[] w = NaiveConv.random(s.outputs() * s.groupInputs() * s.kernel(), seed + 1);
        float[] dy = NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), seed + 2);
        NaiveConv naive = new NaiveConv(s, x, w, dy);
        check(convolution, naive, s, x, w, dy);
        if (s.strideH() * s.strideW() > 1) {
            check(packedStrides, naive, s, x, w, dy);
        }
    }

    private static void check(Convolution convolution, NaiveConv naive, ConvShape s, float[] x, float[] w, float[] dy) {
        float[] y = filled(dy.length);
        convolution.forward(s, shifted(x), OFFSET, shifted(w), OFFSET, Convolution.Epilogue.NONE, y, OFFSET);
        assertThat(NaiveConv.error(y, OFFSET, naive.y)).as("output of %s", s).isLessThan(TOLERANCE);
        float[] dx = filled(x.length);
        convolution.inputGradient(s, shifted(dy), OFFSET, shifted(w), OFFSET, dx, OFFSET);
        assertThat(NaiveConv.error(dx, OFFSET, naive.dx))
                .as("input gradient of %s", s)
                .isLessThan(TOLERANCE);
        float[] dw = filled(w.length);
        convolution.weightGradient(s, shifted(x), OFFSET, shifted(dy), OFFSET, dw, OFFSET);
        assertThat(NaiveConv.error(dw, OFFSET, naive.dw))
                .as("weight gradient of %s", s)
                .isLessThan(TOLERANCE);
        for (float[] out : new float[][] {y, dx, dw}) {
            assertThat(out[OFFSET - 1]).as("floats before the output of %s", s).isNaN();
            assertThat(out[out.length - 1])
                    .as("floats after the output of %s", s)
                    .isNaN();
        }
    }

    private static float[] shifted(float[] a) {
        float[] out = new float[a.length + OFFSET];
        System.arraycopy(a, 0, out, OFFSET, a.length);
        return out;
    }

    private static float[] filled(int n) {
        float[] out = new float[n + 2 * OFFSET];
        Arrays.fill(out, Float.NaN);
        return out;
    }

    @Test
    void epilogueAddsBiasAndResidualThenClamps() {
        ConvShape s = new ConvShape(2, 5, 9, 8, 11, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        float[] x = NaiveConv.random(2 * 5 * 72, 1);
        float[] w = NaiveConv.random(11 * 45, 2);
        float[] residual = NaiveConv.random(2 * 11 * 72, 3);
        float[] bias = NaiveConv.random(11, 4);
        double[] expected = new NaiveConv(s, x, w, residual).y;
        for (int i = 0; i < expected.length; i++) {
            expected[i] = Math.min(1, Math.max(0, expected[i] + bias[i / 72 % 11] + residual[i]));
        }
        float[] y = new float[expected.length];
        convolution.forward(s, x, 0, w, 0, new Convolution.Epilogue(bias, 0, residual, 0, 0f, 1f), y, 0);
        assertThat(NaiveConv.error(y, 0, expected)).isLessThan(TOLERANCE);
    }

    @Test
    void bitsDoNotDependOnTheNumberOfThreads() {
        ConvShape[] shapes = {
            square(8, 16, 28, 32, 3, 1, 1),
            square(4, 64, 14, 256, 3, 1, 1),
            square(2, 3, 56, 64, 7, 2, 3),
            square(8, 32, 28, 64, 3, 2, 1),
            square(4, 64, 14, 128, 3, 2, 1),
            // Over 200,000 weights, which weight gradients do not sum by parts of the batch: rows of im2col, then
            // vectors of channels.
            square(3, 450, 7, 460, 1, 1, 0),
            square(3, 150, 15, 152, 3, 2, 1),
            square(2, 160, 9, 150, 3, 1, 1),
            square(8, 64, 14, 128, 1, 2, 0),
            square(3, 160, 56, 64, 1, 2, 0),
            square(9, 128, 14, 80, 1, 2, 0)
        };
        for (ConvShape s : shapes) {
            float[][] one = passes(s, direct(new ThreadPool(1)));
            float[][] strided = passes(s, packedStrides(new ThreadPool(1)));
            for (int threads : new int[] {2, 3, 8}) {
                ThreadPool pool = new ThreadPool(threads);
                assertThat(passes(s, direct(pool)))
                        .as("%d threads, %s", threads, s)
                        .isDeepEqualTo(one);
                assertThat(passes(s, packedStrides(pool)))
                        .as("packed pixels, %d threads, %s", threads, s)
                        .isDeepEqualTo(strided);
            }
        }
    }

    private static float[][] passes(ConvShape s, Convolution c) {
        float[] x = NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), 1);
        float[] w = NaiveConv.random(s.outputs() * s.groupInputs() * s.kernel(), 2);
        float[] dy = NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), 3);
        float[][] out = {new float[dy.length], new float[x.length], new float[w.length]};
        c.forward(s, x, 0, w, 0, Convolution.Epilogue.NONE, out[0], 0);
        c.inputGradient(s, dy, 0, w, 0, out[1], 0);
        c.weightGradient(s, x, 0, dy, 0, out[2], 0);
        return out;
    }
}

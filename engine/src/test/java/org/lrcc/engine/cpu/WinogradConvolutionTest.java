package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.cpu.simd.VectorTiles;
import org.lrcc.engine.cpu.simd.VectorWinograd;

/** Winograd convolution against the definition in double, on random geometries and vector widths; bits against the number of threads. */
class WinogradConvolutionTest {
    private static final double TOLERANCE = 1e-5;
    private static final int OFFSET = 5;

    @Test
    void passesAgreeWithTheDefinitionOnOddGeometries() {
        oddGeometries(150, 1, new ThreadPool(2));
    }

    private static void oddGeometries(int count, long seed, ThreadPool pool) {
        Random r = new Random(seed);
        for (int i = 0; i < count; i++) {
            check(pool, randomShape(r), i);
        }
    }

    @Test
    void errorIsBoundedAt512Channels() {
        ThreadPool pool = new ThreadPool(2);
        check(pool, square(1, 512, 7, 96, 1), 1);
        check(pool, square(1, 96, 7, 512, 1), 2);
        check(pool, square(3, 300, 14, 33, 1), 3);
        check(pool, square(8, 65, 13, 64, 1), 4);
        check(pool, square(3, 512, 7, 512, 1), 5);
    }

    /** Chunks that end within an image, blocks of channels and of tiles, tiles that are all short, sums that are added to. */
    @Test
    void passesAgreeWithTheDefinitionWhereTilesAreShort() {
        ThreadPool pool = new ThreadPool(2);
        check(pool, square(7, 300, 13, 64, 1), 6);
        check(pool, square(3, 160, 3, 112, 1), 7);
        check(pool, square(3, 160, 5, 112, 1), 8);
        check(pool, square(8, 160, 3, 112, 0), 9);
        check(pool, square(8, 160, 1, 112, 2), 10);
        check(pool, square(8, 160, 1, 112, 1), 11);
        check(pool, square(3, 160, 2, 112, 1), 12);
        check(pool, square(3, 160, 15, 112, 1), 13);
        check(pool, image(2, 160, 1, 13, 112), 14);
        check(pool, image(2, 160, 13, 1, 112), 15);
        check(pool, image(5, 3, 5, 385, 4), 16);
        check(pool, image(5, 3, 385, 5, 4), 17);
    }

    /** What stands in the place of products that short tiles do without never reaches a pixel: not even NaN, left by a pass without short tiles. */
    @ParameterizedTest
    @CsvSource({"24, 40", "300, 64"})
    void whatIsLeftInWorkspacesIsNotRead(int in, int out) {
        ThreadPool pool = new ThreadPool(2);
        for (int size : new int[] {1, 2, 3, 5, 7, 13, 14}) {
            ConvShape s = square(8, in, 16, out, 1);
            float[] x = new float[s.batch() * s.inputs() * s.height() * s.width()];
            float[] w = new float[s.outputs() * s.inputs() * 9];
            float[] y = new float[s.batch() * s.outputs() * s.outPlane()];
            for (float[] a : new float[][] {x, w, y}) {
                Arrays.fill(a, Float.NaN);
            }
            Convolution c = winograd(pool);
            c.forward(s, x, 0, w, 0, Convolution.Epilogue.NONE, y, 0);
            c.inputGradient(s, y, 0, w, 0, x, 0);
            c.weightGradient(s, x, 0, y, 0, w, 0);
            assertThat(w).containsOnly(Float.NaN);
            check(pool, square(2, in, size, out, 1), size);
        }
    }

    private static ConvShape square(int batch, int in, int size, int out, int pad) {
        return new ConvShape(batch, in, size, size, out, 3, 3, 1, 1, pad, pad, pad, pad, 1, 1, 1);
    }

    private static ConvShape image(int batch, int in, int height, int width, int out) {
        return new ConvShape(batch, in, height, width, out, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    }

    private static ConvShape randomShape(Random r) {
        int top = r.nextInt(3);
        int left = r.nextInt(3);
        int bottom = r.nextInt(3);
        int right = r.nextInt(3);
        int h = Math.max(1, 3 - top - bottom) + r.nextInt(14);
        int w = Math.max(1, 3 - left - right) + r.nextInt(22);
        int channels = 1 + r.nextInt(70);
        int outputs = 1 + r.nextInt(70);
        int batch = 1 + r.nextInt(4);
        return new ConvShape(batch, channels, h, w, outputs, 3, 3, 1, 1, top, left, bottom, right, 1, 1, 1);
    }

    private static Convolution winograd(ThreadPool pool) {
        return new WinogradConvolution(pool, new VectorTiles(), new VectorWinograd());
    }

    private static void check(ThreadPool pool, ConvShape s, int seed) {
        Convolution convolution = winograd(pool);
        float[] x = NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), seed);
        float[] w = NaiveConv.random(s.outputs() * s.inputs() * 9, seed + 1);
        float[] dy = NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), seed + 2);
        NaiveConv naive = new NaiveConv(s, x, w, dy);
        float[] y = filled(dy.length);
        convolution.forward(s, shifted(x), OFFSET, shifted(w), OFFSET, Convolution.Epilogue.NONE, y, OFFSET);
        assertPass("output", s, y, naive.y);
        float[] dx = filled(x.length);
        convolution.inputGradient(s, shifted(dy), OFFSET, shifted(w), OFFSET, dx, OFFSET);
        assertPass("input gradient", s, dx, naive.dx);
        float[] dw = filled(w.length);
        convolution.weightGradient(s, shifted(x), OFFSET, shifted(dy), OFFSET, dw, OFFSET);
        assertPass("weight gradient", s, dw, naive.dw);
    }

    private static void assertPass(String name, ConvShape s, float[] actual, double[] expected) {
        assertThat(NaiveConv.error(actual, OFFSET, expected))
                .as("%s of %s", name, s)
                .isLessThan(TOLERANCE);
        assertThat(actual[OFFSET - 1]).as("floats before the %s of %s", name, s).isNaN();
        assertThat(actual[OFFSET + expected.length])
                .as("floats after the %s of %s", name, s)
                .isNaN();
    }

    /** The array moved by an offset, with NaN around it that must not be used. */
    private static float[] shifted(float[] a) {
        float[] out = filled(a.length);
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
        ConvShape s = new ConvShape(2, 5, 9, 8, 37, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        float[] x = NaiveConv.random(2 * 5 * 72, 1);
        float[] w = NaiveConv.random(37 * 45, 2);
        float[] residual = NaiveConv.random(2 * 37 * 72, 3);
        float[] bias = NaiveConv.random(37, 4);
        double[] biased = new NaiveConv(s, x, w, residual).y;
        double[] all = new double[biased.length];
        for (int i = 0; i < biased.length; i++) {
            biased[i] += bias[i / 72 % 37];
            all[i] = Math.min(1, Math.max(0, biased[i] + residual[i]));
        }
        float[] y = new float[biased.length];
        Convolution c = winograd(new ThreadPool(2));
        float low = Float.NEGATIVE_INFINITY;
        c.forward(s, x, 0, w, 0, new Convolution.Epilogue(bias, 0, null, 0, low, Float.POSITIVE_INFINITY), y, 0);
        assertThat(NaiveConv.error(y, 0, biased)).isLessThan(TOLERANCE);
        c.forward(s, x, 0, w, 0, new Convolution.Epilogue(bias, 0, residual, 0, 0f, 1f), y, 0);
        assertThat(NaiveConv.error(y, 0, all)).isLessThan(TOLERANCE);
    }

    @Test
    void bitsDoNotDependOnTheNumberOfThreads() {
        ConvShape[] shapes = {
            square(8, 16, 28, 32, 1),
            square(4, 130, 14, 140, 1),
            square(2, 64, 30, 64, 1),
            square(1, 300, 7, 70, 1),
            square(7, 300, 13, 64, 1)
        };
        for (ConvShape s : shapes) {
            float[][] one = passes(s, new ThreadPool(1));
            for (int threads : new int[] {2, 3, 8}) {
                assertThat(passes(s, new ThreadPool(threads)))
                        .as("%d threads, %s", threads, s)
                        .isDeepEqualTo(one);
            }
        }
    }

    private static float[][] passes(ConvShape s, ThreadPool pool) {
        Convolution c = winograd(pool);
        float[] x = NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), 1);
        float[] w = NaiveConv.random(s.outputs() * s.inputs() * 9, 2);
        float[] dy = NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), 3);
        float[][] out = {new float[dy.length], new float[x.length], new float[w.length]};
        c.forward(s, x, 0, w, 0, Convolution.Epilogue.NONE, out[0], 0);
        c.inputGradient(s, dy, 0, w, 0, out[1], 0);
        c.weightGradient(s, x, 0, dy, 0, out[2], 0);
        return out;
    }

    /** The vector width is fixed when classes load, so each forced one has a process of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"128", "256", "512"})
    void everyVectorWidthAgreesWithTheDefinition(String width) throws Exception {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        File out = File.createTempFile("winograd", ".txt");
        List<String> command = List.of(
                System.getProperty("java.home") + "/bin/java",
                "--add-modules",
                "jdk.incubator.vector",
                "-Dlrcc.cpu.vector=" + width,
                "-cp",
                path,
                WinogradConvolutionTest.class.getName());
        Process p = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out)
                .start();
        boolean ended = p.waitFor(300, TimeUnit.SECONDS);
        p.destroyForcibly();
        String text = java.nio.file.Files.readString(out.toPath(), StandardCharsets.UTF_8);
        assertThat(out.delete()).isTrue();
        assertThat(ended && p.exitValue() == 0).as(text).isTrue();
    }

    /** What a process with a forced width runs. */
    public static void main(String[] args) {
        oddGeometries(25, 7, new ThreadPool(1));
        check(new ThreadPool(1), square(1, 300, 7, 40, 1), 1);
        check(new ThreadPool(2), square(7, 300, 13, 64, 1), 6);
    }
}

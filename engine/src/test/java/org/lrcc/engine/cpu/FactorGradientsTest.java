package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.FactorGradients.Target;
import org.lrcc.engine.cpu.simd.VectorRankTiles;
import org.lrcc.engine.cpu.simd.VectorTiles;

/** The ways to the gradients of the factors against products with the weight's gradient in double, on shapes that they fit. */
class FactorGradientsTest {
    private static final int OFFSET = 3;
    private static final float SCALE = -0.5f;

    /** Of the largest value. */
    private static final double TOLERANCE = 2e-6;

    private static final List<ThreadPool> POOLS =
            List.of(new ThreadPool(1), new ThreadPool(2), new ThreadPool(3), new ThreadPool(8));

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 28, 33, 40})
    void everyRank(int rank) {
        for (int blocks : new int[] {1, 3}) {
            check(shape(2, 9, 12, 13, 14, 1, 1, 1, 1), rank, blocks);
        }
    }

    /** Paddings: top, left, bottom, right. */
    @ParameterizedTest
    @CsvSource({
        "0,0,0,0", "2,2,2,2", "2,0,0,2", "1,3,1,1", "0,4,2,3", "9,4,0,0", "0,3,7,1", "0,0,9,4", "1,5,1,5", "0,1,0,1",
        "2,1,0,0", "9,1,0,2", "1,1,7,9"
    })
    void everyPadding(int top, int left, int bottom, int right) {
        check(shape(1, 6, 11, 9, 5, top, left, bottom, right), 8, 3);
        check(shape(1, 6, 11, 9, 5, top, left, bottom, right), 19, 1);
    }

    /** Several chunks of an image, in parts that end with images and within them, rows that are whole tiles and rows that are not, more channels than a product takes at once, and thin images. */
    @ParameterizedTest
    @CsvSource({
        "1,5,41,32,7",
        "1,5,43,33,7",
        "3,5,43,33,7",
        "9,3,30,33,4",
        "3,64,8,8,64",
        "2,33,7,7,65",
        "1,2,1,200,3",
        "1,3,200,1,2",
        "2,6,2,4,3",
        "1,3,20,460,2"
    })
    void everySize(int batch, int inputs, int height, int width, int outputs) {
        for (int rank : new int[] {4, 11}) {
            check(shape(batch, inputs, height, width, outputs, 1, 1, 1, 1), rank, 3);
            check(shape(batch, inputs, height, width, outputs, 1, 1, 1, 1), rank, 1);
        }
    }

    /**
     * Strides: rows that halves of are just what is read, of whole vectors and not; other widths, paddings, strides and kernels; many small images, which share a chunk, also where one is left over.
     * Kernel, stride, padding (top and left, bottom and right), dilation.
     */
    @ParameterizedTest
    @CsvSource({
        "2,7,56,56,9,3,2,1,1,1", "2,5,28,28,64,3,2,1,1,1", "9,33,14,14,12,3,2,1,1,1", "2,5,16,14,3,1,2,0,0,1",
        "13,40,8,8,700,1,2,0,0,1", "1,3,40,40,8,7,2,3,3,1", "2,5,15,13,6,3,2,1,1,1", "2,5,16,16,6,3,2,0,1,1",
        "2,4,17,20,6,5,3,2,2,1", "2,3,19,22,5,3,2,2,2,2", "1,6,20,24,7,1,1,0,0,1", "1,6,21,23,7,1,3,0,0,1",
        "2,4,9,10,5,2,2,0,0,1", "1,2,4,4,3,3,2,4,4,1", "8,16,6,6,5,3,2,1,1,1", "1,3,12,300,4,3,2,1,1,1",
        "2,3,2,2,5,3,2,3,3,3", "1,2,4,4,3,3,2,5,5,5", "1,3,3,3,4,11,2,5,5,1"
    })
    void everyStride(
            int batch,
            int inputs,
            int height,
            int width,
            int outputs,
            int kernel,
            int stride,
            int before,
            int behind,
            int dilation) {
        ConvShape s = new ConvShape(
                batch, inputs, height, width, outputs, kernel, kernel, stride, stride, before, before, behind, behind,
                dilation, dilation, 1);
        for (int rank : new int[] {2, 8, 13, 24}) {
            check(s, rank, 1);
            check(s, rank, kernel);
        }
    }

    /**
     * Shapes of several chunks an image, cut into parts within images and where they end: what a chunk by rows leaves to the next must not depend on which parts a thread had before, nor on what its scratch memory held.
     */
    @ParameterizedTest
    @CsvSource({"1,5,131,33,7", "2,4,70,40,5", "3,5,43,33,7", "5,3,30,64,9", "9,3,30,33,4"})
    void anyNumberOfThreads(int batch, int inputs, int height, int width, int outputs) {
        ConvShape s = shape(batch, inputs, height, width, outputs, 1, 1, 1, 1);
        int lanes = new VectorRankTiles().lanes();
        for (int rank : new int[] {3, 8, 17}) {
            for (int blocks : new int[] {1, 3}) {
                RankLayout layout = new RankLayout(s, rank, blocks, lanes, true, true);
                assertThat(layout.chunksPerImage).isGreaterThan(1);
                assertThat(layout.chunks).isGreaterThan(layout.parts);
                sameByThreads(layout);
            }
        }
    }

    private static void sameByThreads(RankLayout layout) {
        ConvShape s = layout.s;
        int rank = layout.rank;
        int blocks = layout.blocks;
        Operands in = new Operands(
                NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), 1),
                0,
                NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), 2),
                0,
                NaiveConv.random(s.outputs() * blocks * rank, 3),
                0,
                NaiveConv.random(rank * s.inputs() * s.kernel() / blocks, 4),
                0,
                SCALE);
        Target wantU = target(in.u().length);
        Target wantV = target(in.v().length);
        new RowWinogradFactors(new ThreadPool(1), new VectorTiles(), new VectorRankTiles())
                .run(layout, in, wantU, wantV);
        for (ThreadPool pool : POOLS) {
            Target du = target(in.u().length);
            Target dv = target(in.v().length);
            new RowWinogradFactors(pool, new VectorTiles(), new VectorRankTiles()).run(layout, in, du, dv);
            String name = pool.threads() + " threads, rank " + rank + ", " + blocks + " blocks, " + s;
            assertThat(du.values()).as(name + ", U").containsExactly(wantU.values());
            assertThat(dv.values()).as(name + ", V").containsExactly(wantV.values());
        }
    }

    private static ConvShape shape(
            int batch, int inputs, int height, int width, int outputs, int top, int left, int bottom, int right) {
        return new ConvShape(batch, inputs, height, width, outputs, 3, 3, 1, 1, top, left, bottom, right, 1, 1, 1);
    }

    private static void check(ConvShape s, int rank, int blocks) {
        ThreadPool pool = new ThreadPool(2);
        float[] x = NaiveConv.random(s.batch() * s.inputs() * s.height() * s.width(), 1);
        float[] dy = NaiveConv.random(s.batch() * s.outputs() * s.outPlane(), 2);
        int rows = s.outputs() * blocks;
        int columns = s.inputs() * s.kernel() / blocks;
        float[] u = NaiveConv.random(rows * rank, 3);
        float[] v = NaiveConv.random(rank * columns, 4);
        double[] dw = new NaiveConv(s, x, new float[rows * columns], dy).dw;
        double[] du = new double[u.length];
        double[] dv = new double[v.length];
        for (int i = 0; i < rows; i++) {
            for (int r = 0; r < rank; r++) {
                for (int j = 0; j < columns; j++) {
                    du[i * rank + r] += SCALE * dw[i * columns + j] * v[r * columns + j];
                    dv[r * columns + j] += SCALE * dw[i * columns + j] * u[i * rank + r];
                }
            }
        }
        Operands in =
                new Operands(shifted(x), OFFSET, shifted(dy), OFFSET, shifted(u), OFFSET, shifted(v), OFFSET, SCALE);
        assertThat(FactorGradients.fits(s, rank, blocks)).isTrue();
        FactorGradients direct = new FactorGradients(pool, new VectorTiles());
        agree("direct", s, rank, du, dv, (toU, toV) -> direct.run(s, rank, blocks, in, toU, toV));
        if (new VectorTiles().lanes() <= StripFactors.MOST_LANES) {
            StripFactors strips = new StripFactors(pool, new VectorTiles(), new VectorRankTiles());
            agree("strips", s, rank, du, dv, (toU, toV) -> {
                StripLayout layout = new StripLayout(s, rank, blocks, toU != null, toV != null);
                strips.run(layout, in, toU, toV);
            });
        }
        if (RowWinogradFactors.fits(s)) {
            RankTiles ranks = new VectorRankTiles();
            RowWinogradFactors byRows = new RowWinogradFactors(pool, new VectorTiles(), ranks);
            agree("by rows", s, rank, du, dv, (toU, toV) -> {
                RankLayout layout = new RankLayout(s, rank, blocks, ranks.lanes(), toU != null, toV != null);
                byRows.run(layout, in, toU, toV);
            });
        }
    }

    private interface Run {
        void into(Target du, Target dv);
    }

    private static void agree(String way, ConvShape s, int rank, double[] du, double[] dv, Run run) {
        Target toU = target(du.length);
        Target toV = target(dv.length);
        run.into(toU, toV);
        String name = way + ", rank " + rank + ", " + s;
        close(name + ", U", toU, du);
        close(name + ", V", toV, dv);
        Target onlyU = target(du.length);
        run.into(onlyU, null);
        assertThat(onlyU.values()).as(name + ", U alone").containsExactly(toU.values());
        Target onlyV = target(dv.length);
        run.into(null, onlyV);
        assertThat(onlyV.values()).as(name + ", V alone").containsExactly(toV.values());
    }

    private static void close(String name, Target target, double[] want) {
        assertThat(NaiveConv.error(target.values(), OFFSET, want)).as(name).isLessThan(TOLERANCE);
        assertThat(target.values()[OFFSET - 1]).as("before " + name).isNaN();
        assertThat(target.values()[OFFSET + want.length]).as("behind " + name).isNaN();
    }

    private static Target target(int n) {
        return new Target(shifted(new float[n]), OFFSET);
    }

    /** With NaN around it, which nobody may use. */
    private static float[] shifted(float[] a) {
        float[] out = new float[a.length + 2 * OFFSET];
        Arrays.fill(out, Float.NaN);
        System.arraycopy(a, 0, out, OFFSET, a.length);
        return out;
    }
}

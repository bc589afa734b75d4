package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.SmallWinograd;
import org.lrcc.engine.cpu.WinogradTiles;

/**
 * Winograd transforms with the Vector API, for the interpolation points 0, 1, -1, 1/2, -2 and infinity.
 *
 * <p>A two-dimensional transform is the one-dimensional one on columns, then on rows, with the values in between in a scratch array that stays in L1: 36 of
 * them do not fit the registers. Several tiles take the second step together, row by row: their results then go to 6 places at a time and in order, not to 36
 * pages in turn, which costs twice as long. Factors are shared between B (input) and G (weights) so that B needs 16 operations for 6 values.
 */
public final class VectorWinograd implements WinogradTiles {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    private static final SmallWinograd SMALL = new VectorSmallWinograd();
    private static final int MR = WinogradRowProducts.MR;
    /** Where a product begins that adds to nothing: reading these costs less than loading what a fill has just stored. */
    private static final float[] ZEROS = new float[MR * NR];

    private static final boolean OLD_JDK = Runtime.version().feature() < 21;

    @Override
    public SmallWinograd small() {
        return SMALL;
    }

    @Override
    public int rows() {
        return MR;
    }

    @Override
    public int columns() {
        return NR;
    }

    @Override
    public int lanes() {
        return VL;
    }

    @Override
    public int depthBlock() {
        return 256;
    }

    @Override
    public void multiplyRows(int height, int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        if (MR == 8) {
            if (height == 8) {
                WinogradRowProducts.eight(depth, a, ao, b, bo, ZEROS, 0, c, co);
            } else {
                WinogradRowProducts.four(depth, a, ao, b, bo, ZEROS, 0, c, co);
            }
        } else if (OLD_JDK) {
            WinogradRowProducts.fourUnrolled(depth, a, ao, b, bo, ZEROS, 0, c, co);
            if ((depth & 1) != 0) {
                int last = depth - 1;
                int at = ao + last + (last & -VL) * (MR - 1);
                WinogradRowProducts.fourFenced(1, a, at, b, bo + last * NR, c, co, c, co);
            }
        } else {
            WinogradRowProducts.fourFenced(depth, a, ao, b, bo, ZEROS, 0, c, co);
        }
    }

    @Override
    public void gather(
            float[] x, int xo, int plane, int channels, int rows, int width, float[] y, int yo, int rowPixels) {
        VectorPlanes.gather(x, xo, plane, channels, rows, width, y, yo, rowPixels);
    }

    @Override
    public void scatter(float[] x, int xo, int channels, int pixels, float[] y, int yo, int plane) {
        VectorPlanes.scatter(x, xo, channels, pixels, y, yo, plane);
    }

    @Override
    public void transformInput(
            float[] x,
            int[] at,
            int tiles,
            int rowPixels,
            float[] v,
            int vo,
            int apart,
            int next,
            int slab,
            float[] scratch,
            int so) {
        // One call of inputColumn for both passes. Two of them are more nodes than C2 parses (18000) before it puts off
        // calls that it must inline; then a third of all processes made objects of vectors, 5.9 MB for one image
        // through ResNet18.
        for (int pass = 0; pass < 4; pass++) {
            int h = pass >> 1;
            boolean down = (pass & 1) == 0;
            float[] from = down ? x : scratch;
            float[] to = down ? scratch : v;
            int tileStep = down ? 36 * VL : VL == 8 ? apart : VL;
            int step = down ? rowPixels * NR : VL;
            int between = down ? 6 * VL : slab;
            for (int i = 0; i < 6; i++) {
                int s = down ? h * VL + i * NR : so + 6 * i * VL;
                int d = down ? so + i * VL : vo + h * next + 6 * i * slab;
                for (int t = 0; t < tiles; t++) {
                    int tile = 36 * t * VL;
                    inputColumn(from, down ? s + at[t] : s + tile, step, to, d + t * tileStep, between);
                }
            }
        }
    }

    /** B^T on six vectors. */
    private static void inputColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector d0 = FloatVector.fromArray(S, x, s);
        FloatVector d1 = FloatVector.fromArray(S, x, s + step);
        FloatVector d2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, x, s + 3 * step);
        FloatVector d4 = FloatVector.fromArray(S, x, s + 4 * step);
        FloatVector d5 = FloatVector.fromArray(S, x, s + 5 * step);
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector minusTwo = FloatVector.broadcast(S, -2f);
        FloatVector three = FloatVector.broadcast(S, 3f);
        FloatVector half = FloatVector.broadcast(S, 1.5f);
        FloatVector a = d3.sub(d1);
        FloatVector b = d4.sub(d2);
        a.fma(half, d2.fma(minusTwo, d0.add(d4))).intoArray(y, to);
        FloatVector p = a.fma(two, d2.mul(three));
        FloatVector q = b.fma(two, d3.mul(three));
        p.add(q).intoArray(y, to + next);
        p.sub(q).intoArray(y, to + 2 * next);
        a.fma(two, b).intoArray(y, to + 3 * next);
        // Not a.neg(): in three processes of four C2 left it a call and boxed a, b, p and q, which made the convolution
        // take twice the time.
        b.fma(two, d1.sub(d3)).intoArray(y, to + 4 * next);
        b.fma(half, d3.fma(minusTwo, d1.add(d5))).intoArray(y, to + 5 * next);
    }

    @Override
    public void transformGradient(
            float[] x, int[] at, int tiles, int rowPixels, float[] v, int vo, int slab, float[] scratch, int so) {
        // One call of gradientColumn for both passes, as in transformInput: with two, 64 vector operations, every
        // compilation on JDK 17 passed C2's limit, and some inlined an operation too late and made objects of vectors:
        // 3.2 and 3.8 MB a step of ResNet18 with four images of 64 x 64 in two processes of seventeen.
        for (int pass = 0; pass < 4; pass++) {
            int h = (pass >> 1) * VL;
            boolean down = (pass & 1) == 0;
            float[] from = down ? x : scratch;
            float[] to = down ? scratch : v;
            int count = down ? 4 : 6;
            int tileStep = down ? 24 * VL : NR;
            int step = down ? rowPixels * NR : VL;
            int between = down ? 4 * VL : slab;
            for (int i = 0; i < count; i++) {
                int s = down ? h + i * NR : so + 4 * i * VL;
                int d = down ? so + i * VL : vo + h + 6 * i * slab;
                for (int t = 0; t < tiles; t++) {
                    int tile = 24 * t * VL;
                    gradientColumn(from, down ? s + at[t] : s + tile, step, to, d + t * tileStep, between);
                }
            }
        }
    }

    /** G for kernels of four. */
    static void gradientColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector d0 = FloatVector.fromArray(S, x, s);
        FloatVector d1 = FloatVector.fromArray(S, x, s + step);
        FloatVector d2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, x, s + 3 * step);
        FloatVector sixth = FloatVector.broadcast(S, 1f / 6);
        FloatVector even = d0.add(d2).mul(sixth);
        FloatVector odd = d1.add(d3).mul(sixth);
        d0.intoArray(y, to);
        even.add(odd).intoArray(y, to + next);
        even.sub(odd).intoArray(y, to + 2 * next);
        FloatVector h = d1.fma(FloatVector.broadcast(S, 0.5f), d0);
        FloatVector g = d3.fma(FloatVector.broadcast(S, 0.5f), d2);
        h = g.fma(FloatVector.broadcast(S, 0.25f), h);
        h.mul(FloatVector.broadcast(S, -16f / 15)).intoArray(y, to + 3 * next);
        FloatVector minusTwo = FloatVector.broadcast(S, -2f);
        FloatVector k = d1.fma(minusTwo, d0);
        k = d3.fma(minusTwo, d2).fma(FloatVector.broadcast(S, 4f), k);
        k.mul(FloatVector.broadcast(S, 1f / 30)).intoArray(y, to + 4 * next);
        d3.intoArray(y, to + 5 * next);
    }

    @Override
    public void transformWeights(
            float[] w, int wo, int count, boolean rotated, float[] u, int uo, int slab, float[] scratch, int so) {
        int step = rotated ? -NR : NR;
        int first = wo + (rotated ? 8 * NR : 0);
        for (int c = 0; c < count; c += BATCH) {
            int n = Math.min(BATCH, count - c);
            for (int h = 0; h < NR; h += VL) {
                weights(w, first + c * 9 * NR + h, step, n, u, uo + c * NR + h, slab, scratch, so);
            }
        }
    }

    private static void weights(float[] w, int wo, int step, int n, float[] u, int uo, int slab, float[] t, int so) {
        for (int c = 0; c < n; c++) {
            for (int j = 0; j < 3; j++) {
                weightColumn(w, wo + c * 9 * NR + j * step, 3 * step, t, so + (c * 18 + j) * VL, 3 * VL);
            }
        }
        for (int i = 0; i < 6; i++) {
            for (int c = 0; c < n; c++) {
                weightColumn(t, so + (c * 18 + i * 3) * VL, VL, u, uo + c * NR + i * 6 * slab, slab);
            }
        }
    }

    /** G for kernels of three. */
    private static void weightColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector g0 = FloatVector.fromArray(S, x, s);
        FloatVector g1 = FloatVector.fromArray(S, x, s + step);
        FloatVector g2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector sixth = FloatVector.broadcast(S, 1f / 6);
        FloatVector even = g0.add(g2).mul(sixth);
        FloatVector odd = g1.mul(sixth);
        g0.intoArray(y, to);
        even.add(odd).intoArray(y, to + next);
        even.sub(odd).intoArray(y, to + 2 * next);
        FloatVector h = g1.fma(FloatVector.broadcast(S, 0.5f), g0);
        h = g2.fma(FloatVector.broadcast(S, 0.25f), h);
        h.mul(FloatVector.broadcast(S, -16f / 15)).intoArray(y, to + 3 * next);
        FloatVector k = g1.fma(FloatVector.broadcast(S, -2f), g0);
        k = g2.fma(FloatVector.broadcast(S, 4f), k);
        k.mul(FloatVector.broadcast(S, 1f / 30)).intoArray(y, to + 4 * next);
        g2.intoArray(y, to + 5 * next);
    }

    @Override
    public void transformOutput(float[] o, int oo, int slab, float[] y, int yo, int[] at, float[] scratch, int so) {
        for (int h = 0; h < NR; h += VL) {
            for (int j = 0; j < 6; j++) {
                outputColumn(o, oo + h + j * slab, 6 * slab, scratch, so + j * VL, 6 * VL);
            }
            for (int i = 0; i < 4; i++) {
                int to = yo + h;
                int k = 4 * i;
                outputRow(
                        scratch,
                        so + i * 6 * VL,
                        y,
                        to + at[k] * NR,
                        to + at[k + 1] * NR,
                        to + at[k + 2] * NR,
                        to + at[k + 3] * NR);
            }
        }
    }

    /** A^T to four values. */
    static void outputColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector m0 = FloatVector.fromArray(S, x, s);
        FloatVector m1 = FloatVector.fromArray(S, x, s + step);
        FloatVector m2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector m3 = FloatVector.fromArray(S, x, s + 3 * step);
        FloatVector m4 = FloatVector.fromArray(S, x, s + 4 * step);
        FloatVector m5 = FloatVector.fromArray(S, x, s + 5 * step);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        m0.add(sum).add(m3.add(m4)).intoArray(y, to);
        FloatVector v1 = m3.fma(FloatVector.broadcast(S, 0.5f), difference);
        m4.fma(FloatVector.broadcast(S, -2f), v1).intoArray(y, to + next);
        FloatVector v2 = m3.fma(FloatVector.broadcast(S, 0.25f), sum);
        m4.fma(FloatVector.broadcast(S, 4f), v2).intoArray(y, to + 2 * next);
        FloatVector v3 = m3.fma(FloatVector.broadcast(S, 0.125f), difference.add(m5));
        m4.fma(FloatVector.broadcast(S, -8f), v3).intoArray(y, to + 3 * next);
    }

    private static void outputRow(float[] x, int s, float[] y, int p0, int p1, int p2, int p3) {
        FloatVector m0 = FloatVector.fromArray(S, x, s);
        FloatVector m1 = FloatVector.fromArray(S, x, s + VL);
        FloatVector m2 = FloatVector.fromArray(S, x, s + 2 * VL);
        FloatVector m3 = FloatVector.fromArray(S, x, s + 3 * VL);
        FloatVector m4 = FloatVector.fromArray(S, x, s + 4 * VL);
        FloatVector m5 = FloatVector.fromArray(S, x, s + 5 * VL);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        m0.add(sum).add(m3.add(m4)).intoArray(y, p0);
        FloatVector v1 = m3.fma(FloatVector.broadcast(S, 0.5f), difference);
        m4.fma(FloatVector.broadcast(S, -2f), v1).intoArray(y, p1);
        FloatVector v2 = m3.fma(FloatVector.broadcast(S, 0.25f), sum);
        m4.fma(FloatVector.broadcast(S, 4f), v2).intoArray(y, p2);
        FloatVector v3 = m3.fma(FloatVector.broadcast(S, 0.125f), difference.add(m5));
        m4.fma(FloatVector.broadcast(S, -8f), v3).intoArray(y, p3);
    }

    @Override
    public void transformWeightGradient(
            float[] d, int offset, int slab, int count, float[] w, int wo, float[] scratch, int so) {
        // One call of tapColumn for both passes: where C2 inlines this method into the one around it, which JDK 17 does
        // in
        // some processes, two of them passed its limit.
        for (int c = 0; c < count; c++) {
            for (int pass = 0; pass < 4; pass++) {
                int h = (pass >> 1) * VL;
                boolean down = (pass & 1) == 0;
                float[] from = down ? d : scratch;
                float[] to = down ? scratch : w;
                int columns = down ? 6 : 3;
                int s = down ? offset + c * NR + h : so;
                int apart = down ? slab : 6 * VL;
                int t = down ? so : wo + c * 9 * NR + h;
                int tApart = down ? VL : 3 * NR;
                for (int i = 0; i < columns; i++) {
                    tapColumn(from, s + i * apart, down ? 6 * slab : VL, to, t + i * tApart, down ? 6 * VL : NR);
                }
            }
        }
    }

    /** A^T to three values. */
    private static void tapColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector m0 = FloatVector.fromArray(S, x, s);
        FloatVector m1 = FloatVector.fromArray(S, x, s + step);
        FloatVector m2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector m3 = FloatVector.fromArray(S, x, s + 3 * step);
        FloatVector m4 = FloatVector.fromArray(S, x, s + 4 * step);
        FloatVector m5 = FloatVector.fromArray(S, x, s + 5 * step);
        FloatVector sum = m1.add(m2);
        m0.add(sum).add(m3.add(m4)).intoArray(y, to);
        FloatVector v1 = m3.fma(FloatVector.broadcast(S, 0.5f), m1.sub(m2));
        m4.fma(FloatVector.broadcast(S, -2f), v1).intoArray(y, to + next);
        FloatVector v2 = m3.fma(FloatVector.broadcast(S, 0.25f), sum.add(m5));
        m4.fma(FloatVector.broadcast(S, 4f), v2).intoArray(y, to + 2 * next);
    }
}

package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Micro-kernels of products whose operands are not packed: see {@link TileKernels} for fences and for why loops look as they do. */
final class UnpackedTileKernels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private UnpackedTileKernels() {}

    /** See {@link org.lrcc.engine.cpu.Tiles#multiplyInPlace}. */
    static void four(
            int depth,
            float[] a,
            int ao,
            float[] b,
            int bo,
            int ldb,
            float[] d,
            int dOffset,
            int ldd,
            float[] c,
            int co,
            int ldc) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector c3 = FloatVector.zero(S);
        FloatVector d3 = FloatVector.zero(S);
        int r = bo;
        for (int p = 0; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, r);
            FloatVector e0 = FloatVector.fromArray(S, b, r + VL);
            r += ldb;
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * 4]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * 4 + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * 4 + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * 4 + 3]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
        }
        c0.add(FloatVector.fromArray(S, d, dOffset)).intoArray(c, co);
        d0.add(FloatVector.fromArray(S, d, dOffset + VL)).intoArray(c, co + VL);
        c1.add(FloatVector.fromArray(S, d, dOffset + ldd)).intoArray(c, co + ldc);
        d1.add(FloatVector.fromArray(S, d, dOffset + ldd + VL)).intoArray(c, co + ldc + VL);
        c2.add(FloatVector.fromArray(S, d, dOffset + 2 * ldd)).intoArray(c, co + 2 * ldc);
        d2.add(FloatVector.fromArray(S, d, dOffset + 2 * ldd + VL)).intoArray(c, co + 2 * ldc + VL);
        c3.add(FloatVector.fromArray(S, d, dOffset + 3 * ldd)).intoArray(c, co + 3 * ldc);
        d3.add(FloatVector.fromArray(S, d, dOffset + 3 * ldd + VL)).intoArray(c, co + 3 * ldc + VL);
    }

    /** See {@link org.lrcc.engine.cpu.Tiles#packFourRowVectors}. */
    static void packFourRowVectors(float[] x, int x0, int x1, int x2, int x3, int n, float[] y, int yo) {
        for (int p = 0; p < n; p += VL) {
            FloatVector.fromArray(S, x, x0 + p).intoArray(y, yo + 4 * p);
            FloatVector.fromArray(S, x, x1 + p).intoArray(y, yo + 4 * p + VL);
            FloatVector.fromArray(S, x, x2 + p).intoArray(y, yo + 4 * p + 2 * VL);
            FloatVector.fromArray(S, x, x3 + p).intoArray(y, yo + 4 * p + 3 * VL);
        }
    }

    /** See {@link org.lrcc.engine.cpu.Tiles#rowProducts}. */
    static void twoByFour(
            int depth, float[] x, int x0, int x1, float[] y, int y0, int y1, int y2, int y3, float[] sums, int so) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector c3 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector d3 = FloatVector.zero(S);
        for (int p = 0; p < depth; p += VL) {
            FloatVector a = FloatVector.fromArray(S, x, x0 + p);
            FloatVector e = FloatVector.fromArray(S, x, x1 + p);
            FloatVector b0 = FloatVector.fromArray(S, y, y0 + p);
            c0 = a.fma(b0, c0);
            d0 = e.fma(b0, d0);
            VarHandle.loadLoadFence();
            FloatVector b1 = FloatVector.fromArray(S, y, y1 + p);
            c1 = a.fma(b1, c1);
            d1 = e.fma(b1, d1);
            VarHandle.loadLoadFence();
            FloatVector b2 = FloatVector.fromArray(S, y, y2 + p);
            c2 = a.fma(b2, c2);
            d2 = e.fma(b2, d2);
            VarHandle.loadLoadFence();
            FloatVector b3 = FloatVector.fromArray(S, y, y3 + p);
            c3 = a.fma(b3, c3);
            d3 = e.fma(b3, d3);
        }
        c0.intoArray(sums, so);
        c1.intoArray(sums, so + VL);
        c2.intoArray(sums, so + 2 * VL);
        c3.intoArray(sums, so + 3 * VL);
        d0.intoArray(sums, so + 4 * VL);
        d1.intoArray(sums, so + 5 * VL);
        d2.intoArray(sums, so + 6 * VL);
        d3.intoArray(sums, so + 7 * VL);
    }

    /** See {@link org.lrcc.engine.cpu.Tiles#packedRowProducts}. With one address of y instead of four it takes 0.80 to 0.90 of the time of {@link #twoByFour} (JDK 17): the front end is what limits. */
    static void twoByFourPacked(int depth, float[] x, int x0, int x1, float[] y, int yo, float[] sums, int so) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector c3 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector d3 = FloatVector.zero(S);
        for (int p = 0; p < depth; p += VL) {
            FloatVector a = FloatVector.fromArray(S, x, x0 + p);
            FloatVector e = FloatVector.fromArray(S, x, x1 + p);
            FloatVector b0 = FloatVector.fromArray(S, y, yo + 4 * p);
            c0 = a.fma(b0, c0);
            d0 = e.fma(b0, d0);
            VarHandle.loadLoadFence();
            FloatVector b1 = FloatVector.fromArray(S, y, yo + 4 * p + VL);
            c1 = a.fma(b1, c1);
            d1 = e.fma(b1, d1);
            VarHandle.loadLoadFence();
            FloatVector b2 = FloatVector.fromArray(S, y, yo + 4 * p + 2 * VL);
            c2 = a.fma(b2, c2);
            d2 = e.fma(b2, d2);
            VarHandle.loadLoadFence();
            FloatVector b3 = FloatVector.fromArray(S, y, yo + 4 * p + 3 * VL);
            c3 = a.fma(b3, c3);
            d3 = e.fma(b3, d3);
        }
        c0.intoArray(sums, so);
        c1.intoArray(sums, so + VL);
        c2.intoArray(sums, so + 2 * VL);
        c3.intoArray(sums, so + 3 * VL);
        d0.intoArray(sums, so + 4 * VL);
        d1.intoArray(sums, so + 5 * VL);
        d2.intoArray(sums, so + 6 * VL);
        d3.intoArray(sums, so + 7 * VL);
    }
}

package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels for {@link org.lrcc.engine.cpu.RankTiles}. Each sets its tile.
 *
 * <p>Zen 3, 256 bits, JDK 17, GFLOP/s of one core where {@link TileKernels} ran at 99: three rows by three vectors 80 one step after the other (unrolled by two with fences 49), four rows of two vectors 89
 * unrolled by two with fences where rows lie anywhere, 70 one by one with them where the depth does, four ranks by two vectors of columns 82 unrolled without fences (78 with them). One vector wide,
 * eight rows, was never above 38: two broadcasts a multiplication pair are too many. So nothing is computed one vector wide.
 */
final class RankTileKernels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private RankTileKernels() {}

    /** Four rows of two slices, which lie side by side at each step. */
    static void twoColumns(
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            int bNext,
            float[] c,
            int co,
            int cNext) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector c3 = FloatVector.zero(S);
        FloatVector d3 = FloatVector.zero(S);
        int b1 = bo + bNext;
        for (int p = 0; p < depth; p++) {
            int at = ao + offsets[k + p];
            FloatVector x = FloatVector.fromArray(S, b, bo + p * VL);
            FloatVector y = FloatVector.fromArray(S, b, b1 + p * VL);
            FloatVector a0 = FloatVector.broadcast(S, a[at]);
            c0 = a0.fma(x, c0);
            d0 = a0.fma(y, d0);
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(S, a[at + 1]);
            c1 = a1.fma(x, c1);
            d1 = a1.fma(y, d1);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(S, a[at + 2]);
            c2 = a2.fma(x, c2);
            d2 = a2.fma(y, d2);
            VarHandle.loadLoadFence();
            FloatVector a3 = FloatVector.broadcast(S, a[at + 3]);
            c3 = a3.fma(x, c3);
            d3 = a3.fma(y, d3);
        }
        int second = co + cNext;
        c0.intoArray(c, co);
        d0.intoArray(c, second);
        c1.intoArray(c, co + VL);
        d1.intoArray(c, second + VL);
        c2.intoArray(c, co + 2 * VL);
        d2.intoArray(c, second + 2 * VL);
        c3.intoArray(c, co + 3 * VL);
        d3.intoArray(c, second + 3 * VL);
    }

    /** Three rows of three slices, which lie side by side at each step. */
    static void threeColumns(
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            int bNext,
            float[] c,
            int co,
            int cNext) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector e0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector e1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector e2 = FloatVector.zero(S);
        int b1 = bo + bNext;
        int b2 = b1 + bNext;
        for (int p = 0; p < depth; p++) {
            int at = ao + offsets[k + p];
            FloatVector x = FloatVector.fromArray(S, b, bo + p * VL);
            FloatVector y = FloatVector.fromArray(S, b, b1 + p * VL);
            FloatVector z = FloatVector.fromArray(S, b, b2 + p * VL);
            FloatVector a0 = FloatVector.broadcast(S, a[at]);
            c0 = a0.fma(x, c0);
            d0 = a0.fma(y, d0);
            e0 = a0.fma(z, e0);
            FloatVector a1 = FloatVector.broadcast(S, a[at + 1]);
            c1 = a1.fma(x, c1);
            d1 = a1.fma(y, d1);
            e1 = a1.fma(z, e1);
            FloatVector a2 = FloatVector.broadcast(S, a[at + 2]);
            c2 = a2.fma(x, c2);
            d2 = a2.fma(y, d2);
            e2 = a2.fma(z, e2);
        }
        int second = co + cNext;
        int third = second + cNext;
        c0.intoArray(c, co);
        d0.intoArray(c, second);
        e0.intoArray(c, third);
        c1.intoArray(c, co + VL);
        d1.intoArray(c, second + VL);
        e1.intoArray(c, third + VL);
        c2.intoArray(c, co + 2 * VL);
        d2.intoArray(c, second + 2 * VL);
        e2.intoArray(c, third + 2 * VL);
    }

    /** Four rows of two slices, which lie anywhere; for an even depth. */
    static void twoRows(
            int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, int bNext, float[] tile) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector c3 = FloatVector.zero(S);
        FloatVector d3 = FloatVector.zero(S);
        int r0 = ao + offsets[k];
        int r1 = ao + offsets[k + 1];
        int r2 = ao + offsets[k + 2];
        int r3 = ao + offsets[k + 3];
        int bd = bo + bNext;
        for (int p = 0; p < depth - 1; p += 2) {
            FloatVector x0 = FloatVector.fromArray(S, b, bo + p * VL);
            FloatVector y0 = FloatVector.fromArray(S, b, bd + p * VL);
            FloatVector x1 = FloatVector.fromArray(S, b, bo + p * VL + VL);
            FloatVector y1 = FloatVector.fromArray(S, b, bd + p * VL + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[r0 + p]);
            c0 = a00.fma(x0, c0);
            d0 = a00.fma(y0, d0);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[r0 + p + 1]);
            c0 = a10.fma(x1, c0);
            d0 = a10.fma(y1, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[r1 + p]);
            c1 = a01.fma(x0, c1);
            d1 = a01.fma(y0, d1);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[r1 + p + 1]);
            c1 = a11.fma(x1, c1);
            d1 = a11.fma(y1, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[r2 + p]);
            c2 = a02.fma(x0, c2);
            d2 = a02.fma(y0, d2);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[r2 + p + 1]);
            c2 = a12.fma(x1, c2);
            d2 = a12.fma(y1, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[r3 + p]);
            c3 = a03.fma(x0, c3);
            d3 = a03.fma(y0, d3);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[r3 + p + 1]);
            c3 = a13.fma(x1, c3);
            d3 = a13.fma(y1, d3);
        }
        c0.intoArray(tile, 0);
        d0.intoArray(tile, 4 * VL);
        c1.intoArray(tile, VL);
        d1.intoArray(tile, 5 * VL);
        c2.intoArray(tile, 2 * VL);
        d2.intoArray(tile, 6 * VL);
        c3.intoArray(tile, 3 * VL);
        d3.intoArray(tile, 7 * VL);
    }

    /** Three rows of three slices, which lie anywhere. */
    static void threeRows(
            int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, int bNext, float[] tile) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector e0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector e1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector e2 = FloatVector.zero(S);
        int r0 = ao + offsets[k];
        int r1 = ao + offsets[k + 1];
        int r2 = ao + offsets[k + 2];
        int b1 = bo + bNext;
        int b2 = b1 + bNext;
        for (int p = 0; p < depth; p++) {
            FloatVector x = FloatVector.fromArray(S, b, bo + p * VL);
            FloatVector y = FloatVector.fromArray(S, b, b1 + p * VL);
            FloatVector z = FloatVector.fromArray(S, b, b2 + p * VL);
            FloatVector a0 = FloatVector.broadcast(S, a[r0 + p]);
            c0 = a0.fma(x, c0);
            d0 = a0.fma(y, d0);
            e0 = a0.fma(z, e0);
            FloatVector a1 = FloatVector.broadcast(S, a[r1 + p]);
            c1 = a1.fma(x, c1);
            d1 = a1.fma(y, d1);
            e1 = a1.fma(z, e1);
            FloatVector a2 = FloatVector.broadcast(S, a[r2 + p]);
            c2 = a2.fma(x, c2);
            d2 = a2.fma(y, d2);
            e2 = a2.fma(z, e2);
        }
        c0.intoArray(tile, 0);
        c1.intoArray(tile, VL);
        c2.intoArray(tile, 2 * VL);
        d0.intoArray(tile, 3 * VL);
        d1.intoArray(tile, 4 * VL);
        d2.intoArray(tile, 5 * VL);
        e0.intoArray(tile, 6 * VL);
        e1.intoArray(tile, 7 * VL);
        e2.intoArray(tile, 8 * VL);
    }

    /** Four ranks of two vectors of columns; for an even depth. */
    static void twoSpread(
            int depth, float[] a, int ao, float[] b, int bo, int[] offsets, int k, float[] c, int co, int row) {
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        FloatVector c2 = FloatVector.zero(S);
        FloatVector d2 = FloatVector.zero(S);
        FloatVector c3 = FloatVector.zero(S);
        FloatVector d3 = FloatVector.zero(S);
        for (int p = 0; p < depth - 1; p += 2) {
            int at0 = bo + offsets[k + p];
            FloatVector x0 = FloatVector.fromArray(S, b, at0);
            FloatVector y0 = FloatVector.fromArray(S, b, at0 + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * 4]);
            c0 = a00.fma(x0, c0);
            d0 = a00.fma(y0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * 4 + 1]);
            c1 = a01.fma(x0, c1);
            d1 = a01.fma(y0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * 4 + 2]);
            c2 = a02.fma(x0, c2);
            d2 = a02.fma(y0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * 4 + 3]);
            c3 = a03.fma(x0, c3);
            d3 = a03.fma(y0, d3);
            int at1 = bo + offsets[k + p + 1];
            FloatVector x1 = FloatVector.fromArray(S, b, at1);
            FloatVector y1 = FloatVector.fromArray(S, b, at1 + VL);
            FloatVector a10 = FloatVector.broadcast(S, a[ao + p * 4 + 4]);
            c0 = a10.fma(x1, c0);
            d0 = a10.fma(y1, d0);
            FloatVector a11 = FloatVector.broadcast(S, a[ao + p * 4 + 5]);
            c1 = a11.fma(x1, c1);
            d1 = a11.fma(y1, d1);
            FloatVector a12 = FloatVector.broadcast(S, a[ao + p * 4 + 6]);
            c2 = a12.fma(x1, c2);
            d2 = a12.fma(y1, d2);
            FloatVector a13 = FloatVector.broadcast(S, a[ao + p * 4 + 7]);
            c3 = a13.fma(x1, c3);
            d3 = a13.fma(y1, d3);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
        c1.intoArray(c, co + row);
        d1.intoArray(c, co + row + VL);
        c2.intoArray(c, co + 2 * row);
        d2.intoArray(c, co + 2 * row + VL);
        c3.intoArray(c, co + 3 * row);
        d3.intoArray(c, co + 3 * row + VL);
    }
}

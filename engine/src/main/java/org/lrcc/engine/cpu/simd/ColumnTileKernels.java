package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels of weight gradients whose left operand is channels-last: {@code [steps][VL]}, pixels or Winograd tiles with a vector of channels each.
 *
 * <p>At 512 bits (peak 240) 168-180 GFLOP/s on JDK 17 and 174-184 on 25.
 * Fences, unrolling and why a kernel always adds to its tile: see {@link TileKernels}.
 */
final class ColumnTileKernels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    private ColumnTileKernels() {}

    static void eight(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
        FloatVector c4 = FloatVector.fromArray(S, c, co + 4 * NR);
        FloatVector d4 = FloatVector.fromArray(S, c, co + 4 * NR + VL);
        FloatVector c5 = FloatVector.fromArray(S, c, co + 5 * NR);
        FloatVector d5 = FloatVector.fromArray(S, c, co + 5 * NR + VL);
        FloatVector c6 = FloatVector.fromArray(S, c, co + 6 * NR);
        FloatVector d6 = FloatVector.fromArray(S, c, co + 6 * NR + VL);
        FloatVector c7 = FloatVector.fromArray(S, c, co + 7 * NR);
        FloatVector d7 = FloatVector.fromArray(S, c, co + 7 * NR + VL);
        for (int p = 0; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * VL]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * VL + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * VL + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * VL + 3]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[ao + p * VL + 4]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[ao + p * VL + 5]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[ao + p * VL + 6]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[ao + p * VL + 7]);
            c7 = a07.fma(b0, c7);
            d7 = a07.fma(e0, d7);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
        c1.intoArray(c, co + NR);
        d1.intoArray(c, co + NR + VL);
        c2.intoArray(c, co + 2 * NR);
        d2.intoArray(c, co + 2 * NR + VL);
        c3.intoArray(c, co + 3 * NR);
        d3.intoArray(c, co + 3 * NR + VL);
        c4.intoArray(c, co + 4 * NR);
        d4.intoArray(c, co + 4 * NR + VL);
        c5.intoArray(c, co + 5 * NR);
        d5.intoArray(c, co + 5 * NR + VL);
        c6.intoArray(c, co + 6 * NR);
        d6.intoArray(c, co + 6 * NR + VL);
        c7.intoArray(c, co + 7 * NR);
        d7.intoArray(c, co + 7 * NR + VL);
    }

    static void four(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
        for (int p = 0; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * VL]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * VL + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * VL + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * VL + 3]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
        c1.intoArray(c, co + NR);
        d1.intoArray(c, co + NR + VL);
        c2.intoArray(c, co + 2 * NR);
        d2.intoArray(c, co + 2 * NR + VL);
        c3.intoArray(c, co + 3 * NR);
        d3.intoArray(c, co + 3 * NR + VL);
    }

    static void fourFenced(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
        for (int p = 0; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * VL]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * VL + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * VL + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * VL + 3]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
        c1.intoArray(c, co + NR);
        d1.intoArray(c, co + NR + VL);
        c2.intoArray(c, co + 2 * NR);
        d2.intoArray(c, co + 2 * NR + VL);
        c3.intoArray(c, co + 3 * NR);
        d3.intoArray(c, co + 3 * NR + VL);
    }

    /** Sums {@code depth} steps, less the last if they are odd in number. */
    static void fourUnrolled(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
        for (int p = 0; p < depth - 1; p += 2) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * VL]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * VL + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * VL + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * VL + 3]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + (p + 1) * NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + (p + 1) * NR + VL);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[ao + (p + 1) * VL]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[ao + (p + 1) * VL + 1]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[ao + (p + 1) * VL + 2]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[ao + (p + 1) * VL + 3]);
            c3 = a13.fma(b1, c3);
            d3 = a13.fma(e1, d3);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
        c1.intoArray(c, co + NR);
        d1.intoArray(c, co + NR + VL);
        c2.intoArray(c, co + 2 * NR);
        d2.intoArray(c, co + 2 * NR + VL);
        c3.intoArray(c, co + 3 * NR);
        d3.intoArray(c, co + 3 * NR + VL);
    }
}

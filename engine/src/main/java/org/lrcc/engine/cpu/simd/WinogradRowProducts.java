package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels of Winograd convolution whose sums run over channels: as {@link TileKernels}, but the left operand is read where the input transform wrote it.
 *
 * <p>A group of {@link #MR} tiles is stored {@code [channels / VL][MR][VL]}, so that transforms store whole vectors, one
 * call reads memory in order, and an address is one register plus a displacement. The register takes three instructions a step and the bounds checks
 * stay, yet at 512 bits the kernel runs at 191-208 GFLOP/s (peak 236; the packed one 187-217) where eight rows of a matrix give 136-165: their eight
 * streams out of L2 are not prefetched. Two nested loops, which need no such arithmetic, make C2 box every vector.
 *
 * <p>Fences, unrolling and why a kernel always adds to its tile: see {@link TileKernels}.
 */
final class WinogradRowProducts {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    /** Tiles in a group. */
    static final int MR = VL == 8 ? 4 : 8;

    private WinogradRowProducts() {}

    static void eight(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, from, fo);
        FloatVector d0 = FloatVector.fromArray(S, from, fo + VL);
        FloatVector c1 = FloatVector.fromArray(S, from, fo + NR);
        FloatVector d1 = FloatVector.fromArray(S, from, fo + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, from, fo + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, from, fo + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, from, fo + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, from, fo + 3 * NR + VL);
        FloatVector c4 = FloatVector.fromArray(S, from, fo + 4 * NR);
        FloatVector d4 = FloatVector.fromArray(S, from, fo + 4 * NR + VL);
        FloatVector c5 = FloatVector.fromArray(S, from, fo + 5 * NR);
        FloatVector d5 = FloatVector.fromArray(S, from, fo + 5 * NR + VL);
        FloatVector c6 = FloatVector.fromArray(S, from, fo + 6 * NR);
        FloatVector d6 = FloatVector.fromArray(S, from, fo + 6 * NR + VL);
        FloatVector c7 = FloatVector.fromArray(S, from, fo + 7 * NR);
        FloatVector d7 = FloatVector.fromArray(S, from, fo + 7 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + p + (p & -VL) * (MR - 1);
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[q + VL]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[q + 2 * VL]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[q + 3 * VL]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[q + 4 * VL]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[q + 5 * VL]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[q + 6 * VL]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[q + 7 * VL]);
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

    static void four(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, from, fo);
        FloatVector d0 = FloatVector.fromArray(S, from, fo + VL);
        FloatVector c1 = FloatVector.fromArray(S, from, fo + NR);
        FloatVector d1 = FloatVector.fromArray(S, from, fo + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, from, fo + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, from, fo + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, from, fo + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, from, fo + 3 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + p + (p & -VL) * (MR - 1);
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[q + VL]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[q + 2 * VL]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[q + 3 * VL]);
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

    static void fourFenced(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, from, fo);
        FloatVector d0 = FloatVector.fromArray(S, from, fo + VL);
        FloatVector c1 = FloatVector.fromArray(S, from, fo + NR);
        FloatVector d1 = FloatVector.fromArray(S, from, fo + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, from, fo + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, from, fo + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, from, fo + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, from, fo + 3 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + p + (p & -VL) * (MR - 1);
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[q + VL]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[q + 2 * VL]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[q + 3 * VL]);
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
    static void fourUnrolled(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, from, fo);
        FloatVector d0 = FloatVector.fromArray(S, from, fo + VL);
        FloatVector c1 = FloatVector.fromArray(S, from, fo + NR);
        FloatVector d1 = FloatVector.fromArray(S, from, fo + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, from, fo + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, from, fo + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, from, fo + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, from, fo + 3 * NR + VL);
        for (int p = 0; p < depth - 1; p += 2) {
            int q = ao + p + (p & -VL) * (MR - 1);
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[q + VL]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[q + 2 * VL]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[q + 3 * VL]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            int q1 = ao + p + 1 + (p + 1 & -VL) * (MR - 1);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + (p + 1) * NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + (p + 1) * NR + VL);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[q1]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[q1 + VL]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[q1 + 2 * VL]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[q1 + 3 * VL]);
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

package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels of direct convolution on channels in groups: fourteen pixels by one group of outputs, for 32 registers. {@code c[r][j] = from[r][j] + sum of
 * a[ao + p + r*step] * b[bo + p*columns + j]}: a row of taps over a group's channels is one run of floats for each pixel, so nothing is packed and the image is read where it lies.
 *
 * <p>An address is one register plus a displacement and no bounds check stays in the loop. Sapphire Rapids (peak 240), runs of 96, one process: 194 GFLOP/s on JDK 17 and 189 on 25, eight
 * pixels 166 and 176; where each step looks its offset up in a table, eight pixels 176 and 148, in the engine 115: the table's arithmetic and C2's spills to vector registers take the
 * multipliers' ports. Without the fences 165 and 90: see {@link TileKernels}.
 */
final class FourteenPixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    private static final int NEXT = 2 * NR;

    private FourteenPixels() {}

    /** Pixels a group apart: stride 1. */
    static void apartGroup(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
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
        FloatVector c8 = FloatVector.fromArray(S, from, fo + 8 * NR);
        FloatVector d8 = FloatVector.fromArray(S, from, fo + 8 * NR + VL);
        FloatVector c9 = FloatVector.fromArray(S, from, fo + 9 * NR);
        FloatVector d9 = FloatVector.fromArray(S, from, fo + 9 * NR + VL);
        FloatVector c10 = FloatVector.fromArray(S, from, fo + 10 * NR);
        FloatVector d10 = FloatVector.fromArray(S, from, fo + 10 * NR + VL);
        FloatVector c11 = FloatVector.fromArray(S, from, fo + 11 * NR);
        FloatVector d11 = FloatVector.fromArray(S, from, fo + 11 * NR + VL);
        FloatVector c12 = FloatVector.fromArray(S, from, fo + 12 * NR);
        FloatVector d12 = FloatVector.fromArray(S, from, fo + 12 * NR + VL);
        FloatVector c13 = FloatVector.fromArray(S, from, fo + 13 * NR);
        FloatVector d13 = FloatVector.fromArray(S, from, fo + 13 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + p;
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(S, a[q + NR]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * NR]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            VarHandle.loadLoadFence();
            FloatVector a3 = FloatVector.broadcast(S, a[q + 3 * NR]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
            VarHandle.loadLoadFence();
            FloatVector a4 = FloatVector.broadcast(S, a[q + 4 * NR]);
            c4 = a4.fma(b0, c4);
            d4 = a4.fma(b1, d4);
            VarHandle.loadLoadFence();
            FloatVector a5 = FloatVector.broadcast(S, a[q + 5 * NR]);
            c5 = a5.fma(b0, c5);
            d5 = a5.fma(b1, d5);
            VarHandle.loadLoadFence();
            FloatVector a6 = FloatVector.broadcast(S, a[q + 6 * NR]);
            c6 = a6.fma(b0, c6);
            d6 = a6.fma(b1, d6);
            VarHandle.loadLoadFence();
            FloatVector a7 = FloatVector.broadcast(S, a[q + 7 * NR]);
            c7 = a7.fma(b0, c7);
            d7 = a7.fma(b1, d7);
            VarHandle.loadLoadFence();
            FloatVector a8 = FloatVector.broadcast(S, a[q + 8 * NR]);
            c8 = a8.fma(b0, c8);
            d8 = a8.fma(b1, d8);
            VarHandle.loadLoadFence();
            FloatVector a9 = FloatVector.broadcast(S, a[q + 9 * NR]);
            c9 = a9.fma(b0, c9);
            d9 = a9.fma(b1, d9);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[q + 10 * NR]);
            c10 = a10.fma(b0, c10);
            d10 = a10.fma(b1, d10);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[q + 11 * NR]);
            c11 = a11.fma(b0, c11);
            d11 = a11.fma(b1, d11);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[q + 12 * NR]);
            c12 = a12.fma(b0, c12);
            d12 = a12.fma(b1, d12);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[q + 13 * NR]);
            c13 = a13.fma(b0, c13);
            d13 = a13.fma(b1, d13);
            VarHandle.loadLoadFence();
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
        c8.intoArray(c, co + 8 * NR);
        d8.intoArray(c, co + 8 * NR + VL);
        c9.intoArray(c, co + 9 * NR);
        d9.intoArray(c, co + 9 * NR + VL);
        c10.intoArray(c, co + 10 * NR);
        d10.intoArray(c, co + 10 * NR + VL);
        c11.intoArray(c, co + 11 * NR);
        d11.intoArray(c, co + 11 * NR + VL);
        c12.intoArray(c, co + 12 * NR);
        d12.intoArray(c, co + 12 * NR + VL);
        c13.intoArray(c, co + 13 * NR);
        d13.intoArray(c, co + 13 * NR + VL);
    }

    /** Pixels two groups apart: stride 2. */
    static void apartTwoGroups(
            int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
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
        FloatVector c8 = FloatVector.fromArray(S, from, fo + 8 * NR);
        FloatVector d8 = FloatVector.fromArray(S, from, fo + 8 * NR + VL);
        FloatVector c9 = FloatVector.fromArray(S, from, fo + 9 * NR);
        FloatVector d9 = FloatVector.fromArray(S, from, fo + 9 * NR + VL);
        FloatVector c10 = FloatVector.fromArray(S, from, fo + 10 * NR);
        FloatVector d10 = FloatVector.fromArray(S, from, fo + 10 * NR + VL);
        FloatVector c11 = FloatVector.fromArray(S, from, fo + 11 * NR);
        FloatVector d11 = FloatVector.fromArray(S, from, fo + 11 * NR + VL);
        FloatVector c12 = FloatVector.fromArray(S, from, fo + 12 * NR);
        FloatVector d12 = FloatVector.fromArray(S, from, fo + 12 * NR + VL);
        FloatVector c13 = FloatVector.fromArray(S, from, fo + 13 * NR);
        FloatVector d13 = FloatVector.fromArray(S, from, fo + 13 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + p;
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(S, a[q + NEXT]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * NEXT]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            VarHandle.loadLoadFence();
            FloatVector a3 = FloatVector.broadcast(S, a[q + 3 * NEXT]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
            VarHandle.loadLoadFence();
            FloatVector a4 = FloatVector.broadcast(S, a[q + 4 * NEXT]);
            c4 = a4.fma(b0, c4);
            d4 = a4.fma(b1, d4);
            VarHandle.loadLoadFence();
            FloatVector a5 = FloatVector.broadcast(S, a[q + 5 * NEXT]);
            c5 = a5.fma(b0, c5);
            d5 = a5.fma(b1, d5);
            VarHandle.loadLoadFence();
            FloatVector a6 = FloatVector.broadcast(S, a[q + 6 * NEXT]);
            c6 = a6.fma(b0, c6);
            d6 = a6.fma(b1, d6);
            VarHandle.loadLoadFence();
            FloatVector a7 = FloatVector.broadcast(S, a[q + 7 * NEXT]);
            c7 = a7.fma(b0, c7);
            d7 = a7.fma(b1, d7);
            VarHandle.loadLoadFence();
            FloatVector a8 = FloatVector.broadcast(S, a[q + 8 * NEXT]);
            c8 = a8.fma(b0, c8);
            d8 = a8.fma(b1, d8);
            VarHandle.loadLoadFence();
            FloatVector a9 = FloatVector.broadcast(S, a[q + 9 * NEXT]);
            c9 = a9.fma(b0, c9);
            d9 = a9.fma(b1, d9);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[q + 10 * NEXT]);
            c10 = a10.fma(b0, c10);
            d10 = a10.fma(b1, d10);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[q + 11 * NEXT]);
            c11 = a11.fma(b0, c11);
            d11 = a11.fma(b1, d11);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[q + 12 * NEXT]);
            c12 = a12.fma(b0, c12);
            d12 = a12.fma(b1, d12);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[q + 13 * NEXT]);
            c13 = a13.fma(b0, c13);
            d13 = a13.fma(b1, d13);
            VarHandle.loadLoadFence();
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
        c8.intoArray(c, co + 8 * NR);
        d8.intoArray(c, co + 8 * NR + VL);
        c9.intoArray(c, co + 9 * NR);
        d9.intoArray(c, co + 9 * NR + VL);
        c10.intoArray(c, co + 10 * NR);
        d10.intoArray(c, co + 10 * NR + VL);
        c11.intoArray(c, co + 11 * NR);
        d11.intoArray(c, co + 11 * NR + VL);
        c12.intoArray(c, co + 12 * NR);
        d12.intoArray(c, co + 12 * NR + VL);
        c13.intoArray(c, co + 13 * NR);
        d13.intoArray(c, co + 13 * NR + VL);
    }
}

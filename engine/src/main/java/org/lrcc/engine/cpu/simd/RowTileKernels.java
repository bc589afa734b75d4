package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels as {@link TileKernels}, with a left operand that is not packed: row r of the tile starts at {@code a[ao + offsets[k + r]]}. For weight gradients, whose
 * left operand is the image as it lies there, and for products of a few panels.
 *
 * <p>Eight rows need eight addresses a step, each two instructions beside the load, and the front end, not the multipliers, becomes what limits: 137-168 GFLOP/s (Sapphire
 * Rapids, peak 240). Two steps at once share the addresses (178-186), but are too much for C2 in some runs: see {@link TileKernels}.
 *
 * <p>Four rows of 256 bits (Zen 3, peak 102) take two steps at once, row by row, with a fence before each broadcast: 87 on JDK 17, 61-72 on 25. One step after the other was 42 on either: with
 * sixteen registers C2 puts the multiplications off until two of the sums are kept in memory. The first layer's weight gradient takes 0.6 of the time it took so, those of 1x1 kernels 0.65.
 */
final class RowTileKernels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    private RowTileKernels() {}

    static void eight(int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
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
        int r0 = ao + offsets[k];
        int r1 = ao + offsets[k + 1];
        int r2 = ao + offsets[k + 2];
        int r3 = ao + offsets[k + 3];
        int r4 = ao + offsets[k + 4];
        int r5 = ao + offsets[k + 5];
        int r6 = ao + offsets[k + 6];
        int r7 = ao + offsets[k + 7];
        for (int p = 0; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[r0 + p]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[r1 + p]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[r2 + p]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[r3 + p]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[r4 + p]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[r5 + p]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[r6 + p]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[r7 + p]);
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

    /** Sums {@code depth} steps, less the last if they are odd in number: see {@link TileKernels}. */
    static void fourUnrolled(int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
        int r0 = ao + offsets[k];
        int r1 = ao + offsets[k + 1];
        int r2 = ao + offsets[k + 2];
        int r3 = ao + offsets[k + 3];
        for (int p = 0; p < depth - 1; p += 2) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + p * NR + NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[r0 + p]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[r0 + p + 1]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            VarHandle.loadLoadFence();
            FloatVector a01 = FloatVector.broadcast(S, a[r1 + p]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[r1 + p + 1]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            VarHandle.loadLoadFence();
            FloatVector a02 = FloatVector.broadcast(S, a[r2 + p]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[r2 + p + 1]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            VarHandle.loadLoadFence();
            FloatVector a03 = FloatVector.broadcast(S, a[r3 + p]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[r3 + p + 1]);
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

    /** Adds one step. */
    static void fourOnce(float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
        FloatVector b0 = FloatVector.fromArray(S, b, bo);
        FloatVector e0 = FloatVector.fromArray(S, b, bo + VL);
        for (int r = 0; r < 4; r++) {
            FloatVector a0 = FloatVector.broadcast(S, a[ao + offsets[k + r]]);
            a0.fma(b0, FloatVector.fromArray(S, c, co + r * NR)).intoArray(c, co + r * NR);
            a0.fma(e0, FloatVector.fromArray(S, c, co + r * NR + VL)).intoArray(c, co + r * NR + VL);
        }
    }
}

package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels: a tile of the result, two vectors wide, in registers; for each step of the sum two loads, one broadcast a row and
 * two fused multiply-adds a row.
 *
 * <p>Which kernel is best was measured (GFLOP/s of one core, peak in brackets):
 *
 * <ul>
 *   <li>512 bits, Sapphire Rapids [240]: 8 x 32 on JDK 17 179-205, on 25 199; 4 x 32 four fifths of it, 12 x 32 less than 8 x 32. Unrolled by two 207 on 17, 155-178 on 25;
 *       yet in one process of ten C2 then boxes every vector (15 times slower). Panels whose vectors cross no cache line give 10 % more. Zen 4 [117]: 8 x 32 115.6.
 *   <li>256 bits, Zen 3 [102]: 4 x 16; JDK 17 unrolled by two with a fence before each broadcast 97, JDK 25 with the fence 96-103. The
 *       fence costs no x86 instruction: it keeps C2 from hoisting the broadcasts, which needs 17 registers of 16.
 *   <li>128 bits: 8 x 8.
 * </ul>
 *
 * <p>Accumulators are named locals, the loop counts an int, indices have the form {@code base + p*constant + constant}: then no bounds check
 * remains in the loop. A kernel always adds to
 * its tile and calls nothing but vector operations: C2 stops inlining at a number of nodes, and where one vector operation stays a call, all are boxed
 * at every step (20 times slower). With a choice between setting and adding at the end that happened in one run of several.
 *
 * <p>A kernel unrolled by two takes an even number of steps and leaves an odd last one to a call of another: with a loop for it, 58 vector operations instead of 44, every compilation
 * on JDK 17 that had met an odd number passed that limit and inlined the last stores late.
 */
final class TileKernels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    private TileKernels() {}

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
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * 8]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * 8 + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * 8 + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * 8 + 3]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[ao + p * 8 + 4]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[ao + p * 8 + 5]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[ao + p * 8 + 6]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[ao + p * 8 + 7]);
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
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * 4]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * 4 + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[ao + p * 4 + 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[ao + p * 4 + 3]);
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
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + p * NR + NR + VL);
            VarHandle.loadLoadFence();
            FloatVector a10 = FloatVector.broadcast(S, a[ao + p * 4 + 4]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            VarHandle.loadLoadFence();
            FloatVector a11 = FloatVector.broadcast(S, a[ao + p * 4 + 5]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            VarHandle.loadLoadFence();
            FloatVector a12 = FloatVector.broadcast(S, a[ao + p * 4 + 6]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            VarHandle.loadLoadFence();
            FloatVector a13 = FloatVector.broadcast(S, a[ao + p * 4 + 7]);
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

    static void two(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        for (int p = 0; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p * 2]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[ao + p * 2 + 1]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
        c1.intoArray(c, co + NR);
        d1.intoArray(c, co + NR + VL);
    }

    static void one(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        int p = 0;
        for (; p < depth - 1; p += 2) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + p * NR + NR + VL);
            FloatVector a10 = FloatVector.broadcast(S, a[ao + p + 1]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
        }
        for (; p < depth; p++) {
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[ao + p]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
        }
        c0.intoArray(c, co);
        d0.intoArray(c, co + VL);
    }
}

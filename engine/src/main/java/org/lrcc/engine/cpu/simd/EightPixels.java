package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernels of direct convolution on channels in groups: eight pixels by one group of outputs. Step p of pixel r multiplies the row of weights {@code b[bo + p*columns]} by
 * {@code a[ao + offsets[k + p] + r*step]}: nothing is packed, the image is read where it lies.
 *
 * <p>With the distance between pixels a constant of the kernel one address serves eight loads. Sapphire Rapids (peak 240), two steps of the sum at once: 165-175 GFLOP/s
 * on JDK 17 and 25 (one step 149-158), with the distance in a variable 131-138. The packed kernels reach 207; packing, padding and storing to planes cost more than the difference.
 */
final class EightPixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    private static final int NEXT = 2 * NR;

    private EightPixels() {}

    /** Pixels two floats apart: a stride of 2 over planes. An even depth. */
    static void apartTwo(int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
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
        for (int p = 0; p < depth; p += 2) {
            int q0 = ao + offsets[k + p];
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q0]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[q0 + 2]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[q0 + 2 * 2]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[q0 + 3 * 2]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[q0 + 4 * 2]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[q0 + 5 * 2]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[q0 + 6 * 2]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[q0 + 7 * 2]);
            c7 = a07.fma(b0, c7);
            d7 = a07.fma(e0, d7);
            int q1 = ao + offsets[k + p + 1];
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + p * NR + NR + VL);
            FloatVector a10 = FloatVector.broadcast(S, a[q1]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            FloatVector a11 = FloatVector.broadcast(S, a[q1 + 2]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            FloatVector a12 = FloatVector.broadcast(S, a[q1 + 2 * 2]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            FloatVector a13 = FloatVector.broadcast(S, a[q1 + 3 * 2]);
            c3 = a13.fma(b1, c3);
            d3 = a13.fma(e1, d3);
            FloatVector a14 = FloatVector.broadcast(S, a[q1 + 4 * 2]);
            c4 = a14.fma(b1, c4);
            d4 = a14.fma(e1, d4);
            FloatVector a15 = FloatVector.broadcast(S, a[q1 + 5 * 2]);
            c5 = a15.fma(b1, c5);
            d5 = a15.fma(e1, d5);
            FloatVector a16 = FloatVector.broadcast(S, a[q1 + 6 * 2]);
            c6 = a16.fma(b1, c6);
            d6 = a16.fma(e1, d6);
            FloatVector a17 = FloatVector.broadcast(S, a[q1 + 7 * 2]);
            c7 = a17.fma(b1, c7);
            d7 = a17.fma(e1, d7);
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

    /** Pixels a group apart: stride 1. An even depth. */
    static void apartGroup(int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
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
        for (int p = 0; p < depth; p += 2) {
            int q0 = ao + offsets[k + p];
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q0]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[q0 + NR]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[q0 + 2 * NR]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[q0 + 3 * NR]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[q0 + 4 * NR]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[q0 + 5 * NR]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[q0 + 6 * NR]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[q0 + 7 * NR]);
            c7 = a07.fma(b0, c7);
            d7 = a07.fma(e0, d7);
            int q1 = ao + offsets[k + p + 1];
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + p * NR + NR + VL);
            FloatVector a10 = FloatVector.broadcast(S, a[q1]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            FloatVector a11 = FloatVector.broadcast(S, a[q1 + NR]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            FloatVector a12 = FloatVector.broadcast(S, a[q1 + 2 * NR]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            FloatVector a13 = FloatVector.broadcast(S, a[q1 + 3 * NR]);
            c3 = a13.fma(b1, c3);
            d3 = a13.fma(e1, d3);
            FloatVector a14 = FloatVector.broadcast(S, a[q1 + 4 * NR]);
            c4 = a14.fma(b1, c4);
            d4 = a14.fma(e1, d4);
            FloatVector a15 = FloatVector.broadcast(S, a[q1 + 5 * NR]);
            c5 = a15.fma(b1, c5);
            d5 = a15.fma(e1, d5);
            FloatVector a16 = FloatVector.broadcast(S, a[q1 + 6 * NR]);
            c6 = a16.fma(b1, c6);
            d6 = a16.fma(e1, d6);
            FloatVector a17 = FloatVector.broadcast(S, a[q1 + 7 * NR]);
            c7 = a17.fma(b1, c7);
            d7 = a17.fma(e1, d7);
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

    /** Pixels two groups apart: stride 2. An even depth. */
    static void apartTwoGroups(
            int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
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
        for (int p = 0; p < depth; p += 2) {
            int q0 = ao + offsets[k + p];
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q0]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[q0 + NEXT]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[q0 + 2 * NEXT]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[q0 + 3 * NEXT]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[q0 + 4 * NEXT]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[q0 + 5 * NEXT]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[q0 + 6 * NEXT]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[q0 + 7 * NEXT]);
            c7 = a07.fma(b0, c7);
            d7 = a07.fma(e0, d7);
            int q1 = ao + offsets[k + p + 1];
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + NR);
            FloatVector e1 = FloatVector.fromArray(S, b, bo + p * NR + NR + VL);
            FloatVector a10 = FloatVector.broadcast(S, a[q1]);
            c0 = a10.fma(b1, c0);
            d0 = a10.fma(e1, d0);
            FloatVector a11 = FloatVector.broadcast(S, a[q1 + NEXT]);
            c1 = a11.fma(b1, c1);
            d1 = a11.fma(e1, d1);
            FloatVector a12 = FloatVector.broadcast(S, a[q1 + 2 * NEXT]);
            c2 = a12.fma(b1, c2);
            d2 = a12.fma(e1, d2);
            FloatVector a13 = FloatVector.broadcast(S, a[q1 + 3 * NEXT]);
            c3 = a13.fma(b1, c3);
            d3 = a13.fma(e1, d3);
            FloatVector a14 = FloatVector.broadcast(S, a[q1 + 4 * NEXT]);
            c4 = a14.fma(b1, c4);
            d4 = a14.fma(e1, d4);
            FloatVector a15 = FloatVector.broadcast(S, a[q1 + 5 * NEXT]);
            c5 = a15.fma(b1, c5);
            d5 = a15.fma(e1, d5);
            FloatVector a16 = FloatVector.broadcast(S, a[q1 + 6 * NEXT]);
            c6 = a16.fma(b1, c6);
            d6 = a16.fma(e1, d6);
            FloatVector a17 = FloatVector.broadcast(S, a[q1 + 7 * NEXT]);
            c7 = a17.fma(b1, c7);
            d7 = a17.fma(e1, d7);
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

    /** Any distance, any depth. */
    static void any(
            int depth, float[] a, int ao, int step, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
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
            int q0 = ao + offsets[k + p];
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector e0 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a00 = FloatVector.broadcast(S, a[q0]);
            c0 = a00.fma(b0, c0);
            d0 = a00.fma(e0, d0);
            FloatVector a01 = FloatVector.broadcast(S, a[q0 + step]);
            c1 = a01.fma(b0, c1);
            d1 = a01.fma(e0, d1);
            FloatVector a02 = FloatVector.broadcast(S, a[q0 + 2 * step]);
            c2 = a02.fma(b0, c2);
            d2 = a02.fma(e0, d2);
            FloatVector a03 = FloatVector.broadcast(S, a[q0 + 3 * step]);
            c3 = a03.fma(b0, c3);
            d3 = a03.fma(e0, d3);
            FloatVector a04 = FloatVector.broadcast(S, a[q0 + 4 * step]);
            c4 = a04.fma(b0, c4);
            d4 = a04.fma(e0, d4);
            FloatVector a05 = FloatVector.broadcast(S, a[q0 + 5 * step]);
            c5 = a05.fma(b0, c5);
            d5 = a05.fma(e0, d5);
            FloatVector a06 = FloatVector.broadcast(S, a[q0 + 6 * step]);
            c6 = a06.fma(b0, c6);
            d6 = a06.fma(e0, d6);
            FloatVector a07 = FloatVector.broadcast(S, a[q0 + 7 * step]);
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
}

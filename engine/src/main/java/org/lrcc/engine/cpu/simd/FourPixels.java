package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** As {@link EightPixels} for four pixels: where vectors have 16 registers, and for the end of a row. */
final class FourPixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    private static final int NEXT = 2 * NR;

    private FourPixels() {}

    /** Pixels two floats apart. An even depth. */
    static void apartTwo(int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
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

    /** Pixels a group apart. An even depth. */
    static void apartGroup(int depth, float[] a, int ao, int[] offsets, int k, float[] b, int bo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, c, co);
        FloatVector d0 = FloatVector.fromArray(S, c, co + VL);
        FloatVector c1 = FloatVector.fromArray(S, c, co + NR);
        FloatVector d1 = FloatVector.fromArray(S, c, co + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, c, co + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, c, co + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, c, co + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, c, co + 3 * NR + VL);
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

    /** Pixels two groups apart. An even depth. */
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

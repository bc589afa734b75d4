package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link FourteenPixels} of four: for the end of a row; with 16 registers for planes whose kernels are too wide to be packed. */
final class FourPixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    private static final int NEXT = 2 * NR;

    private FourPixels() {}

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
        for (int p = 0; p < depth; p++) {
            int q = ao + p;
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            FloatVector a1 = FloatVector.broadcast(S, a[q + NR]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * NR]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            FloatVector a3 = FloatVector.broadcast(S, a[q + 3 * NR]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
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
        for (int p = 0; p < depth; p++) {
            int q = ao + p;
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            FloatVector a1 = FloatVector.broadcast(S, a[q + NEXT]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * NEXT]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            FloatVector a3 = FloatVector.broadcast(S, a[q + 3 * NEXT]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
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

    /** Any distance. */
    static void any(
            int depth, float[] a, int ao, int step, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        FloatVector c0 = FloatVector.fromArray(S, from, fo);
        FloatVector d0 = FloatVector.fromArray(S, from, fo + VL);
        FloatVector c1 = FloatVector.fromArray(S, from, fo + NR);
        FloatVector d1 = FloatVector.fromArray(S, from, fo + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, from, fo + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, from, fo + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, from, fo + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, from, fo + 3 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + p;
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            FloatVector a1 = FloatVector.broadcast(S, a[q + step]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * step]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            FloatVector a3 = FloatVector.broadcast(S, a[q + 3 * step]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
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

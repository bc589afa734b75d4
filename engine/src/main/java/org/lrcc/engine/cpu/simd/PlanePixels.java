package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link EightPixels} over planes, for the convolution that reads the image: a row of taps is too short a run, so each step looks up where its tap lies,
 * {@code a[ao + offsets[p] + r*step]}. Eight pixels 176 GFLOP/s on JDK 17 and 148 on 25; fences halve it.
 */
final class PlanePixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    private PlanePixels() {}

    /** Eight pixels, any distance. */
    static void eight(
            int depth,
            float[] a,
            int ao,
            int step,
            int[] offsets,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co) {
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
            int q = ao + offsets[p];
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
            FloatVector a4 = FloatVector.broadcast(S, a[q + 4 * step]);
            c4 = a4.fma(b0, c4);
            d4 = a4.fma(b1, d4);
            FloatVector a5 = FloatVector.broadcast(S, a[q + 5 * step]);
            c5 = a5.fma(b0, c5);
            d5 = a5.fma(b1, d5);
            FloatVector a6 = FloatVector.broadcast(S, a[q + 6 * step]);
            c6 = a6.fma(b0, c6);
            d6 = a6.fma(b1, d6);
            FloatVector a7 = FloatVector.broadcast(S, a[q + 7 * step]);
            c7 = a7.fma(b0, c7);
            d7 = a7.fma(b1, d7);
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

    /** Seven pixels, any distance. */
    static void seven(
            int depth,
            float[] a,
            int ao,
            int step,
            int[] offsets,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co) {
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
        for (int p = 0; p < depth; p++) {
            int q = ao + offsets[p];
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
            FloatVector a4 = FloatVector.broadcast(S, a[q + 4 * step]);
            c4 = a4.fma(b0, c4);
            d4 = a4.fma(b1, d4);
            FloatVector a5 = FloatVector.broadcast(S, a[q + 5 * step]);
            c5 = a5.fma(b0, c5);
            d5 = a5.fma(b1, d5);
            FloatVector a6 = FloatVector.broadcast(S, a[q + 6 * step]);
            c6 = a6.fma(b0, c6);
            d6 = a6.fma(b1, d6);
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
    }

    /** Four pixels, any distance. */
    static void four(
            int depth,
            float[] a,
            int ao,
            int step,
            int[] offsets,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co) {
        FloatVector c0 = FloatVector.fromArray(S, from, fo);
        FloatVector d0 = FloatVector.fromArray(S, from, fo + VL);
        FloatVector c1 = FloatVector.fromArray(S, from, fo + NR);
        FloatVector d1 = FloatVector.fromArray(S, from, fo + NR + VL);
        FloatVector c2 = FloatVector.fromArray(S, from, fo + 2 * NR);
        FloatVector d2 = FloatVector.fromArray(S, from, fo + 2 * NR + VL);
        FloatVector c3 = FloatVector.fromArray(S, from, fo + 3 * NR);
        FloatVector d3 = FloatVector.fromArray(S, from, fo + 3 * NR + VL);
        for (int p = 0; p < depth; p++) {
            int q = ao + offsets[p];
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

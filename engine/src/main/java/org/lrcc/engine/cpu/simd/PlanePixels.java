package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link FourteenPixels} over planes, for the convolution that reads the image: a row of taps is too short a run, so each step looks up where its tap lies,
 * {@code a[ao + offsets[p] + r*step]}. Fourteen pixels 186 GFLOP/s on JDK 17 and 160 on 25, eight 176 and 148; fences halve it.
 */
final class PlanePixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    private PlanePixels() {}

    /** Fourteen pixels two floats apart: stride 2. */
    static void fourteenApartTwo(
            int depth, float[] a, int ao, int[] offsets, float[] b, int bo, float[] from, int fo, float[] c, int co) {
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
            int q = ao + offsets[p];
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            FloatVector a1 = FloatVector.broadcast(S, a[q + 2]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            FloatVector a2 = FloatVector.broadcast(S, a[q + 4]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            FloatVector a3 = FloatVector.broadcast(S, a[q + 6]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
            FloatVector a4 = FloatVector.broadcast(S, a[q + 8]);
            c4 = a4.fma(b0, c4);
            d4 = a4.fma(b1, d4);
            FloatVector a5 = FloatVector.broadcast(S, a[q + 10]);
            c5 = a5.fma(b0, c5);
            d5 = a5.fma(b1, d5);
            FloatVector a6 = FloatVector.broadcast(S, a[q + 12]);
            c6 = a6.fma(b0, c6);
            d6 = a6.fma(b1, d6);
            FloatVector a7 = FloatVector.broadcast(S, a[q + 14]);
            c7 = a7.fma(b0, c7);
            d7 = a7.fma(b1, d7);
            FloatVector a8 = FloatVector.broadcast(S, a[q + 16]);
            c8 = a8.fma(b0, c8);
            d8 = a8.fma(b1, d8);
            FloatVector a9 = FloatVector.broadcast(S, a[q + 18]);
            c9 = a9.fma(b0, c9);
            d9 = a9.fma(b1, d9);
            FloatVector a10 = FloatVector.broadcast(S, a[q + 20]);
            c10 = a10.fma(b0, c10);
            d10 = a10.fma(b1, d10);
            FloatVector a11 = FloatVector.broadcast(S, a[q + 22]);
            c11 = a11.fma(b0, c11);
            d11 = a11.fma(b1, d11);
            FloatVector a12 = FloatVector.broadcast(S, a[q + 24]);
            c12 = a12.fma(b0, c12);
            d12 = a12.fma(b1, d12);
            FloatVector a13 = FloatVector.broadcast(S, a[q + 26]);
            c13 = a13.fma(b0, c13);
            d13 = a13.fma(b1, d13);
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

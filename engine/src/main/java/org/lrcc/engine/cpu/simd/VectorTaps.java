package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Sums over the taps of one plane of pixels, for {@link org.lrcc.engine.cpu.Tiles}: four vectors of pixels share a weight, three taps a gradient. */
final class VectorTaps {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private VectorTaps() {}

    /** See {@link org.lrcc.engine.cpu.Tiles#taps}. */
    static void sums(int taps, float[] x, int xo, int[] offsets, float[] w, int wo, int n, float[] y, int yo) {
        int i = 0;
        for (; i < n - 3 * VL; i += 4 * VL) {
            fourSums(taps, x, xo + i, offsets, w, wo, y, yo + i);
        }
        for (; i < n; i += VL) {
            sum(taps, x, xo + i, offsets, w, wo, y, yo + i);
        }
    }

    private static void fourSums(int taps, float[] x, int xo, int[] offsets, float[] w, int wo, float[] y, int yo) {
        FloatVector a = FloatVector.zero(S);
        FloatVector b = FloatVector.zero(S);
        FloatVector c = FloatVector.zero(S);
        FloatVector d = FloatVector.zero(S);
        for (int k = 0; k < taps; k++) {
            FloatVector weight = FloatVector.broadcast(S, w[wo + k]);
            int from = xo + offsets[k];
            a = FloatVector.fromArray(S, x, from).fma(weight, a);
            b = FloatVector.fromArray(S, x, from + VL).fma(weight, b);
            c = FloatVector.fromArray(S, x, from + 2 * VL).fma(weight, c);
            d = FloatVector.fromArray(S, x, from + 3 * VL).fma(weight, d);
        }
        a.intoArray(y, yo);
        b.intoArray(y, yo + VL);
        c.intoArray(y, yo + 2 * VL);
        d.intoArray(y, yo + 3 * VL);
    }

    private static void sum(int taps, float[] x, int xo, int[] offsets, float[] w, int wo, float[] y, int yo) {
        FloatVector a = FloatVector.zero(S);
        for (int k = 0; k < taps; k++) {
            a = FloatVector.fromArray(S, x, xo + offsets[k]).fma(FloatVector.broadcast(S, w[wo + k]), a);
        }
        a.intoArray(y, yo);
    }

    /** See {@link org.lrcc.engine.cpu.Tiles#tapProducts}. */
    static void products(int taps, float[] x, int xo, int[] offsets, float[] g, int go, int n, float[] sums, int so) {
        int k = 0;
        for (; k < taps - 2; k += 3) {
            threeProducts(x, xo + offsets[k], xo + offsets[k + 1], xo + offsets[k + 2], g, go, n, sums, so + k * VL);
        }
        for (; k < taps; k++) {
            product(x, xo + offsets[k], g, go, n, sums, so + k * VL);
        }
    }

    private static void threeProducts(
            float[] x, int first, int second, int third, float[] g, int go, int n, float[] sums, int so) {
        FloatVector a = FloatVector.fromArray(S, sums, so);
        FloatVector b = FloatVector.fromArray(S, sums, so + VL);
        FloatVector c = FloatVector.fromArray(S, sums, so + 2 * VL);
        for (int i = 0; i < n; i += VL) {
            FloatVector gradient = FloatVector.fromArray(S, g, go + i);
            a = FloatVector.fromArray(S, x, first + i).fma(gradient, a);
            b = FloatVector.fromArray(S, x, second + i).fma(gradient, b);
            c = FloatVector.fromArray(S, x, third + i).fma(gradient, c);
        }
        a.intoArray(sums, so);
        b.intoArray(sums, so + VL);
        c.intoArray(sums, so + 2 * VL);
    }

    private static void product(float[] x, int xo, float[] g, int go, int n, float[] sums, int so) {
        FloatVector a = FloatVector.fromArray(S, sums, so);
        for (int i = 0; i < n; i += VL) {
            a = FloatVector.fromArray(S, x, xo + i).fma(FloatVector.fromArray(S, g, go + i), a);
        }
        a.intoArray(sums, so);
    }
}

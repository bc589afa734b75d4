package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.DepthwiseLoops;

/**
 * Depthwise convolutions with the Vector API. Four pixels by two vectors are eight sums, as many as two multipliers with a latency of four cycles want, and leave of 16 registers what the tap's
 * weights and the pixels need. The last pixels of a row are a tile that starts early: it computes some of them again, with the same result.
 */
public final class VectorDepthwise implements DepthwiseLoops {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    @Override
    public void row(
            int[] offsets,
            float[] x,
            int xo,
            int step,
            int pixels,
            float[] w,
            int wo,
            float[] bias,
            int bo,
            float low,
            float high,
            float[] y,
            int yo) {
        if (pixels < TOGETHER) {
            for (int i = 0; i < pixels; i++) {
                one(offsets, x, xo + i * step, w, wo, bias, bo, low, high, y, yo + i * NR);
            }
            return;
        }
        for (int i = 0; i < pixels; i += TOGETHER) {
            int j = Math.min(i, pixels - TOGETHER);
            four(offsets, x, xo + j * step, step, w, wo, bias, bo, low, high, y, yo + j * NR);
        }
    }

    private static void four(
            int[] offsets,
            float[] x,
            int xo,
            int step,
            float[] w,
            int wo,
            float[] bias,
            int bo,
            float low,
            float high,
            float[] y,
            int yo) {
        FloatVector c0 = FloatVector.fromArray(S, bias, bo);
        FloatVector d0 = FloatVector.fromArray(S, bias, bo + VL);
        FloatVector c1 = c0;
        FloatVector d1 = d0;
        FloatVector c2 = c0;
        FloatVector d2 = d0;
        FloatVector c3 = c0;
        FloatVector d3 = d0;
        for (int t = 0; t < offsets.length; t++) {
            int q = xo + offsets[t];
            FloatVector b0 = FloatVector.fromArray(S, w, wo + t * NR);
            FloatVector b1 = FloatVector.fromArray(S, w, wo + t * NR + VL);
            c0 = FloatVector.fromArray(S, x, q).fma(b0, c0);
            d0 = FloatVector.fromArray(S, x, q + VL).fma(b1, d0);
            c1 = FloatVector.fromArray(S, x, q + step).fma(b0, c1);
            d1 = FloatVector.fromArray(S, x, q + step + VL).fma(b1, d1);
            c2 = FloatVector.fromArray(S, x, q + 2 * step).fma(b0, c2);
            d2 = FloatVector.fromArray(S, x, q + 2 * step + VL).fma(b1, d2);
            c3 = FloatVector.fromArray(S, x, q + 3 * step).fma(b0, c3);
            d3 = FloatVector.fromArray(S, x, q + 3 * step + VL).fma(b1, d3);
        }
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        c0.max(least).min(most).intoArray(y, yo);
        d0.max(least).min(most).intoArray(y, yo + VL);
        c1.max(least).min(most).intoArray(y, yo + NR);
        d1.max(least).min(most).intoArray(y, yo + NR + VL);
        c2.max(least).min(most).intoArray(y, yo + 2 * NR);
        d2.max(least).min(most).intoArray(y, yo + 2 * NR + VL);
        c3.max(least).min(most).intoArray(y, yo + 3 * NR);
        d3.max(least).min(most).intoArray(y, yo + 3 * NR + VL);
    }

    private static void one(
            int[] offsets,
            float[] x,
            int xo,
            float[] w,
            int wo,
            float[] bias,
            int bo,
            float low,
            float high,
            float[] y,
            int yo) {
        FloatVector c = FloatVector.fromArray(S, bias, bo);
        FloatVector d = FloatVector.fromArray(S, bias, bo + VL);
        for (int t = 0; t < offsets.length; t++) {
            int q = xo + offsets[t];
            c = FloatVector.fromArray(S, x, q).fma(FloatVector.fromArray(S, w, wo + t * NR), c);
            d = FloatVector.fromArray(S, x, q + VL).fma(FloatVector.fromArray(S, w, wo + t * NR + VL), d);
        }
        c.max(low).min(high).intoArray(y, yo);
        d.max(low).min(high).intoArray(y, yo + VL);
    }
}

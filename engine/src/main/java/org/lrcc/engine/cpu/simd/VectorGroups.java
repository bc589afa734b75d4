package org.lrcc.engine.cpu.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.GroupLoops;

/** Inference on channels in groups with the Vector API. Interpolation points of Winograd's tiles: see {@link VectorWinograd}. */
public final class VectorGroups implements GroupLoops {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    /** As {@link VectorTiles}: eight pixels where vectors have 32 registers. */
    private static final int MR = VL == 8 ? 4 : 8;

    @Override
    public int rows() {
        return MR;
    }

    @Override
    public int columns() {
        return NR;
    }

    @Override
    public void multiply(
            int height,
            int depth,
            float[] a,
            int ao,
            int step,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            float[] c,
            int co,
            boolean accumulate) {
        if (!accumulate) {
            Arrays.fill(c, co, co + height * NR, 0f);
        }
        boolean known = step == 2 || step == NR || step == 2 * NR;
        int even = known ? depth & -2 : 0;
        if (height == 8) {
            if (step == NR) {
                EightPixels.apartGroup(even, a, ao, offsets, k, b, bo, c, co);
            } else if (step == 2 * NR) {
                EightPixels.apartTwoGroups(even, a, ao, offsets, k, b, bo, c, co);
            } else if (step == 2) {
                EightPixels.apartTwo(even, a, ao, offsets, k, b, bo, c, co);
            }
            if (even < depth) {
                EightPixels.any(depth - even, a, ao, step, offsets, k + even, b, bo + even * NR, c, co);
            }
        } else {
            four(depth, even, a, ao, step, offsets, k, b, bo, c, co);
        }
    }

    private static void four(
            int depth,
            int even,
            float[] a,
            int ao,
            int step,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            float[] c,
            int co) {
        if (step == NR) {
            FourPixels.apartGroup(even, a, ao, offsets, k, b, bo, c, co);
        } else if (step == 2 * NR) {
            FourPixels.apartTwoGroups(even, a, ao, offsets, k, b, bo, c, co);
        } else if (step == 2) {
            FourPixels.apartTwo(even, a, ao, offsets, k, b, bo, c, co);
        }
        if (even < depth) {
            FourPixels.any(depth - even, a, ao, step, offsets, k + even, b, bo + even * NR, c, co);
        }
    }

    @Override
    public void finish(
            float[] c,
            int co,
            int pixels,
            float[] bias,
            int bo,
            float @Nullable [] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo) {
        if (residual == null) {
            finish(c, co, pixels, bias, bo, low, high, y, yo);
        } else {
            finishSum(c, co, pixels, bias, bo, residual, ro, low, high, y, yo);
        }
    }

    private static void finish(
            float[] c, int co, int pixels, float[] bias, int bo, float low, float high, float[] y, int yo) {
        FloatVector b0 = FloatVector.fromArray(S, bias, bo);
        FloatVector b1 = FloatVector.fromArray(S, bias, bo + VL);
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        for (int i = 0; i < pixels; i++) {
            int at = i * NR;
            FloatVector v = FloatVector.fromArray(S, c, co + at).add(b0);
            FloatVector w = FloatVector.fromArray(S, c, co + at + VL).add(b1);
            v.max(least).min(most).intoArray(y, yo + at);
            w.max(least).min(most).intoArray(y, yo + at + VL);
        }
    }

    private static void finishSum(
            float[] c,
            int co,
            int pixels,
            float[] bias,
            int bo,
            float[] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo) {
        FloatVector b0 = FloatVector.fromArray(S, bias, bo);
        FloatVector b1 = FloatVector.fromArray(S, bias, bo + VL);
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        for (int i = 0; i < pixels; i++) {
            int at = i * NR;
            FloatVector v =
                    FloatVector.fromArray(S, c, co + at).add(b0).add(FloatVector.fromArray(S, residual, ro + at));
            FloatVector w = FloatVector.fromArray(S, c, co + at + VL)
                    .add(b1)
                    .add(FloatVector.fromArray(S, residual, ro + at + VL));
            v.max(least).min(most).intoArray(y, yo + at);
            w.max(least).min(most).intoArray(y, yo + at + VL);
        }
    }

    @Override
    public void winogradOutput(
            float[] o,
            int oo,
            int slab,
            int height,
            int width,
            int rowPixels,
            float[] bias,
            int bo,
            float @Nullable [] residual,
            int ro,
            float low,
            float high,
            float[] y,
            int yo,
            float[] scratch,
            int so) {
        for (int h = 0; h < NR; h += VL) {
            for (int j = 0; j < 6; j++) {
                VectorWinograd.outputColumn(o, oo + h + j * slab, 6 * slab, scratch, so + j * VL, 6 * VL);
            }
            for (int i = 0; i < height; i++) {
                int at = i * rowPixels * NR + h;
                if (residual == null) {
                    row(scratch, so + i * 6 * VL, width, bias, bo + h, low, high, y, yo + at);
                } else {
                    rowSum(scratch, so + i * 6 * VL, width, bias, bo + h, residual, ro + at, low, high, y, yo + at);
                }
            }
        }
    }

    private static void row(
            float[] x, int s, int width, float[] bias, int bo, float low, float high, float[] y, int to) {
        FloatVector m0 = FloatVector.fromArray(S, x, s);
        FloatVector m1 = FloatVector.fromArray(S, x, s + VL);
        FloatVector m2 = FloatVector.fromArray(S, x, s + 2 * VL);
        FloatVector m3 = FloatVector.fromArray(S, x, s + 3 * VL);
        FloatVector m4 = FloatVector.fromArray(S, x, s + 4 * VL);
        FloatVector b = FloatVector.fromArray(S, bias, bo);
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        m0.add(sum).add(m3.add(m4)).add(b).max(least).min(most).intoArray(y, to);
        if (width > 1) {
            FloatVector v = m3.fma(FloatVector.broadcast(S, 0.5f), difference);
            v = m4.fma(FloatVector.broadcast(S, -2f), v).add(b);
            v.max(least).min(most).intoArray(y, to + NR);
        }
        if (width > 2) {
            FloatVector v = m3.fma(FloatVector.broadcast(S, 0.25f), sum);
            v = m4.fma(FloatVector.broadcast(S, 4f), v).add(b);
            v.max(least).min(most).intoArray(y, to + 2 * NR);
        }
        if (width > 3) {
            FloatVector m5 = FloatVector.fromArray(S, x, s + 5 * VL);
            FloatVector v = m3.fma(FloatVector.broadcast(S, 0.125f), difference.add(m5));
            v = m4.fma(FloatVector.broadcast(S, -8f), v).add(b);
            v.max(least).min(most).intoArray(y, to + 3 * NR);
        }
    }

    private static void rowSum(
            float[] x,
            int s,
            int width,
            float[] bias,
            int bo,
            float[] r,
            int ro,
            float low,
            float high,
            float[] y,
            int to) {
        FloatVector m0 = FloatVector.fromArray(S, x, s);
        FloatVector m1 = FloatVector.fromArray(S, x, s + VL);
        FloatVector m2 = FloatVector.fromArray(S, x, s + 2 * VL);
        FloatVector m3 = FloatVector.fromArray(S, x, s + 3 * VL);
        FloatVector m4 = FloatVector.fromArray(S, x, s + 4 * VL);
        FloatVector b = FloatVector.fromArray(S, bias, bo);
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        FloatVector sum = m1.add(m2);
        FloatVector difference = m1.sub(m2);
        FloatVector u = m0.add(sum).add(m3.add(m4)).add(b).add(FloatVector.fromArray(S, r, ro));
        u.max(least).min(most).intoArray(y, to);
        if (width > 1) {
            FloatVector v = m3.fma(FloatVector.broadcast(S, 0.5f), difference);
            v = m4.fma(FloatVector.broadcast(S, -2f), v).add(b).add(FloatVector.fromArray(S, r, ro + NR));
            v.max(least).min(most).intoArray(y, to + NR);
        }
        if (width > 2) {
            FloatVector v = m3.fma(FloatVector.broadcast(S, 0.25f), sum);
            v = m4.fma(FloatVector.broadcast(S, 4f), v).add(b).add(FloatVector.fromArray(S, r, ro + 2 * NR));
            v.max(least).min(most).intoArray(y, to + 2 * NR);
        }
        if (width > 3) {
            FloatVector m5 = FloatVector.fromArray(S, x, s + 5 * VL);
            FloatVector v = m3.fma(FloatVector.broadcast(S, 0.125f), difference.add(m5));
            v = m4.fma(FloatVector.broadcast(S, -8f), v).add(b).add(FloatVector.fromArray(S, r, ro + 3 * NR));
            v.max(least).min(most).intoArray(y, to + 3 * NR);
        }
    }

    @Override
    public void max(float[] x, int xo, int step, int pixels, float[] y, int yo) {
        for (int i = 0; i < pixels; i++) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i * NR);
            FloatVector w = FloatVector.fromArray(S, y, yo + i * NR + VL);
            v.max(FloatVector.fromArray(S, x, xo + i * step)).intoArray(y, yo + i * NR);
            w.max(FloatVector.fromArray(S, x, xo + i * step + VL)).intoArray(y, yo + i * NR + VL);
        }
    }

    @Override
    public void average(float[] x, int xo, int pixels, float scale, float[] y, int yo) {
        FloatVector v = FloatVector.zero(S);
        FloatVector w = FloatVector.zero(S);
        for (int i = 0; i < pixels; i++) {
            v = v.add(FloatVector.fromArray(S, x, xo + i * NR));
            w = w.add(FloatVector.fromArray(S, x, xo + i * NR + VL));
        }
        v.mul(scale).intoArray(y, yo);
        w.mul(scale).intoArray(y, yo + VL);
    }
}

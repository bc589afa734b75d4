package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.cpu.GroupLoops;

/** Inference on channels in groups with the Vector API. Interpolation points of Winograd's tiles: see {@link VectorWinograd}. */
public final class VectorGroups implements GroupLoops {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    /** Only 512 bits are sure to come with 32 registers; 128 bits as {@link VectorTiles}. */
    private static final int[] HEIGHTS = VL == 8 ? new int[] {4} : VL == 16 ? new int[] {14, 8, 7} : new int[] {8};

    @Override
    public int[] heights() {
        return HEIGHTS.clone();
    }

    @Override
    public int columns() {
        return NR;
    }

    @Override
    public float multiply(
            int height,
            int depth,
            float[] a,
            int ao,
            int step,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co,
            int ahead) {
        if (height == 14) {
            fourteen(depth, a, ao, step, b, bo, from, fo, c, co);
        } else if (height == 7) {
            return seven(depth, a, ao, step, b, bo, from, fo, c, co, ahead);
        } else if (height == 8) {
            eight(depth, a, ao, step, b, bo, from, fo, c, co);
        } else {
            four(depth, a, ao, step, b, bo, from, fo, c, co);
        }
        return 0;
    }

    private static void fourteen(
            int depth, float[] a, int ao, int step, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        if (step == NR) {
            FourteenPixels.apartGroup(depth, a, ao, b, bo, from, fo, c, co);
        } else if (step == 2 * NR) {
            FourteenPixels.apartTwoGroups(depth, a, ao, b, bo, from, fo, c, co);
        } else {
            SevenPixels.any(depth, a, ao, step, b, bo, from, fo, c, co);
            SevenPixels.any(depth, a, ao + 7 * step, step, b, bo, from, fo + 7 * NR, c, co + 7 * NR);
        }
    }

    private static void eight(
            int depth, float[] a, int ao, int step, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        if (step == NR) {
            EightPixels.apartGroup(depth, a, ao, b, bo, from, fo, c, co);
        } else if (step == 2 * NR) {
            EightPixels.apartTwoGroups(depth, a, ao, b, bo, from, fo, c, co);
        } else {
            EightPixels.any(depth, a, ao, step, b, bo, from, fo, c, co);
        }
    }

    private static float seven(
            int depth,
            float[] a,
            int ao,
            int step,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co,
            int ahead) {
        if (step == NR) {
            return SevenPixels.apartGroup(depth, a, ao, b, bo, from, fo, c, co, ahead);
        } else if (step == 2 * NR) {
            return SevenPixels.apartTwoGroups(depth, a, ao, b, bo, from, fo, c, co, ahead);
        }
        SevenPixels.any(depth, a, ao, step, b, bo, from, fo, c, co);
        return 0;
    }

    private static void four(
            int depth, float[] a, int ao, int step, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        if (step == NR) {
            FourPixels.apartGroup(depth, a, ao, b, bo, from, fo, c, co);
        } else if (step == 2 * NR) {
            FourPixels.apartTwoGroups(depth, a, ao, b, bo, from, fo, c, co);
        } else {
            FourPixels.any(depth, a, ao, step, b, bo, from, fo, c, co);
        }
    }

    @Override
    public void multiplyAt(
            int height,
            int[] offsets,
            float[] a,
            int ao,
            int step,
            float[] b,
            int bo,
            float[] from,
            int fo,
            float[] c,
            int co) {
        int depth = offsets.length;
        if (height == 8) {
            PlanePixels.eight(depth, a, ao, step, offsets, b, bo, from, fo, c, co);
        } else if (height == 4) {
            PlanePixels.four(depth, a, ao, step, offsets, b, bo, from, fo, c, co);
        } else {
            for (int r = 0; r < height; r += 7) {
                PlanePixels.seven(depth, a, ao + r * step, step, offsets, b, bo, from, fo + r * NR, c, co + r * NR);
            }
        }
    }

    @Override
    public int distance() {
        return VL == 8 ? PackedPixels.NEXT : 0;
    }

    @Override
    public int packedHeight() {
        return 6;
    }

    @Override
    public void multiplyPacked(
            int height, int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
        if (height == 6) {
            PackedPixels.six(depth, a, ao, b, bo, from, fo, c, co);
        } else {
            PackedPixels.four(depth, a, ao, b, bo, from, fo, c, co);
        }
    }

    @Override
    public void spread(float[] x, int xo, int step, int pixels, float[] y, int yo) {
        PackedPixels.spread(x, xo, step, pixels, y, yo);
    }

    @Override
    public void spreadDifference(float[] x, int xo, int less, int step, int pixels, float[] y, int yo) {
        PackedPixels.spreadDifference(x, xo, less, step, pixels, y, yo);
    }

    @Override
    public void spreadVector(float[] x, int xo, int step, int pixels, float[] y, int yo) {
        PackedPixels.spreadVector(x, xo, step, pixels, y, yo);
    }

    @Override
    public void spreadRows(
            float[] x, int xo, int[] at, int @Nullable [] less, int first, int end, int n, float[] y, int yo) {
        PackedPixels.spreadRows(x, xo, at, less, first, end, n, y, yo);
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
    public void maxOfThree(float[] x, int xo, int tap, int step, int pixels, float[] y, int yo) {
        maxOfThreeHalf(x, xo, tap, step, pixels, y, yo);
        maxOfThreeHalf(x, xo + VL, tap, step, pixels, y, yo + VL);
    }

    private static void maxOfThreeHalf(float[] x, int xo, int tap, int step, int pixels, float[] y, int yo) {
        for (int i = 0; i < pixels; i++) {
            int s = xo + i * step;
            FloatVector v = FloatVector.fromArray(S, y, yo + i * NR).max(FloatVector.fromArray(S, x, s));
            FloatVector w = FloatVector.fromArray(S, x, s + tap).max(FloatVector.fromArray(S, x, s + 2 * tap));
            v.max(w).intoArray(y, yo + i * NR);
        }
    }

    @Override
    public void maxOfNine(float[] x, int row0, int row1, int row2, int tap, int step, int pixels, float[] y, int yo) {
        maxOfNineHalf(x, row0, row1, row2, tap, step, pixels, y, yo);
        maxOfNineHalf(x, row0 + VL, row1 + VL, row2 + VL, tap, step, pixels, y, yo + VL);
    }

    private static void maxOfNineHalf(
            float[] x, int row0, int row1, int row2, int tap, int step, int pixels, float[] y, int yo) {
        for (int i = 0; i < pixels; i++) {
            int at = i * step;
            FloatVector u = FloatVector.fromArray(S, x, row0 + at);
            FloatVector v = FloatVector.fromArray(S, x, row1 + at);
            FloatVector w = FloatVector.fromArray(S, x, row2 + at);
            u = u.max(FloatVector.fromArray(S, x, row0 + at + tap));
            v = v.max(FloatVector.fromArray(S, x, row1 + at + tap));
            w = w.max(FloatVector.fromArray(S, x, row2 + at + tap));
            u = u.max(FloatVector.fromArray(S, x, row0 + at + 2 * tap));
            v = v.max(FloatVector.fromArray(S, x, row1 + at + 2 * tap));
            w = w.max(FloatVector.fromArray(S, x, row2 + at + 2 * tap));
            u.max(v).max(w).intoArray(y, yo + i * NR);
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

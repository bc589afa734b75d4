package org.lrcc.engine.cpu.simd;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Micro-kernels for 16 registers over pixels that lie {@link #NEXT} floats apart: the constant makes all addresses one register and displacements. One core of a Zen 3 with a peak of
 * 102 GFLOP/s, sums of 144 steps: six pixels 93 to 97 on JDK 17 and 97 on 25; four 84 and 91 to 94; four at distances that are no constant 62 to 73 and 86, six 39 and 42. The fences
 * keep C2 from hoisting broadcasts, for which there are no registers (see {@link TileKernels}).
 */
final class PackedPixels {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    /** Floats from a pixel to the next. */
    static final int NEXT = 10 * NR;

    private PackedPixels() {}

    static void six(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
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
        for (int p = 0; p < depth; p++) {
            int q = ao + p;
            FloatVector b0 = FloatVector.fromArray(S, b, bo + p * NR);
            FloatVector b1 = FloatVector.fromArray(S, b, bo + p * NR + VL);
            FloatVector a0 = FloatVector.broadcast(S, a[q]);
            c0 = a0.fma(b0, c0);
            d0 = a0.fma(b1, d0);
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(S, a[q + NEXT]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * NEXT]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            VarHandle.loadLoadFence();
            FloatVector a3 = FloatVector.broadcast(S, a[q + 3 * NEXT]);
            c3 = a3.fma(b0, c3);
            d3 = a3.fma(b1, d3);
            VarHandle.loadLoadFence();
            FloatVector a4 = FloatVector.broadcast(S, a[q + 4 * NEXT]);
            c4 = a4.fma(b0, c4);
            d4 = a4.fma(b1, d4);
            VarHandle.loadLoadFence();
            FloatVector a5 = FloatVector.broadcast(S, a[q + 5 * NEXT]);
            c5 = a5.fma(b0, c5);
            d5 = a5.fma(b1, d5);
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
    }

    static void four(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, float[] c, int co) {
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
            VarHandle.loadLoadFence();
            FloatVector a1 = FloatVector.broadcast(S, a[q + NEXT]);
            c1 = a1.fma(b0, c1);
            d1 = a1.fma(b1, d1);
            VarHandle.loadLoadFence();
            FloatVector a2 = FloatVector.broadcast(S, a[q + 2 * NEXT]);
            c2 = a2.fma(b0, c2);
            d2 = a2.fma(b1, d2);
            VarHandle.loadLoadFence();
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

    /** See {@link org.lrcc.engine.cpu.GroupLoops#spread}. */
    static void spread(float[] x, int xo, int step, int pixels, float[] y, int yo) {
        for (int i = 0; i < pixels; i++) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i * step);
            FloatVector w = FloatVector.fromArray(S, x, xo + i * step + VL);
            v.intoArray(y, yo + i * NEXT);
            w.intoArray(y, yo + i * NEXT + VL);
        }
    }

    static void spreadDifference(float[] x, int xo, int less, int step, int pixels, float[] y, int yo) {
        for (int i = 0; i < pixels; i++) {
            int at = i * step;
            FloatVector v = FloatVector.fromArray(S, x, xo + at).sub(FloatVector.fromArray(S, x, less + at));
            FloatVector w = FloatVector.fromArray(S, x, xo + at + VL).sub(FloatVector.fromArray(S, x, less + at + VL));
            v.intoArray(y, yo + i * NEXT);
            w.intoArray(y, yo + i * NEXT + VL);
        }
    }

    static void spreadVector(float[] x, int xo, int step, int pixels, float[] y, int yo) {
        for (int i = 0; i < pixels; i++) {
            FloatVector.fromArray(S, x, xo + i * step).intoArray(y, yo + i * NEXT);
        }
    }

    /** See {@link org.lrcc.engine.cpu.GroupLoops#spreadRows}. */
    static void spreadRows(
            float[] x, int xo, int[] at, int @Nullable [] less, int first, int end, int n, float[] y, int yo) {
        for (int k = first; k < end; k++) {
            if (less == null) {
                row(x, xo + at[k], n, y, yo + k * NEXT);
            } else {
                difference(x, xo + at[k], xo + less[k], n, y, yo + k * NEXT);
            }
        }
    }

    private static void row(float[] x, int xo, int n, float[] y, int yo) {
        for (int i = 0; i < n; i += VL) {
            FloatVector.fromArray(S, x, xo + i).intoArray(y, yo + i);
        }
    }

    private static void difference(float[] x, int xo, int less, int n, float[] y, int yo) {
        for (int i = 0; i < n; i += VL) {
            FloatVector.fromArray(S, x, xo + i)
                    .sub(FloatVector.fromArray(S, x, less + i))
                    .intoArray(y, yo + i);
        }
    }
}

package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.SmallWinograd;

/**
 * Transforms of F(2x2, 3x3) with the Vector API, for the points 0, 1, -1 and infinity: sums and differences only, but for a half in the weights'. As in {@link VectorWinograd} a transform is
 * the one-dimensional one on columns, then on rows, by one call of its kernel, so that compile units stay small.
 */
final class VectorSmallWinograd implements SmallWinograd {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    @Override
    public void transformInput(
            float[] x,
            int[] at,
            int tiles,
            int rowPixels,
            float[] v,
            int vo,
            int apart,
            int next,
            int slab,
            float[] scratch,
            int so) {
        for (int pass = 0; pass < 4; pass++) {
            int h = pass >> 1;
            boolean down = (pass & 1) == 0;
            float[] from = down ? x : scratch;
            float[] to = down ? scratch : v;
            int tileStep = down ? VALUES * VL : apart;
            int step = down ? rowPixels * NR : VL;
            int between = down ? 4 * VL : slab;
            for (int i = 0; i < 4; i++) {
                int s = down ? h * VL + i * NR : so + 4 * i * VL;
                int d = down ? so + i * VL : vo + h * next + 4 * i * slab;
                for (int t = 0; t < tiles; t++) {
                    int tile = VALUES * t * VL;
                    inputColumn(from, down ? s + at[t] : s + tile, step, to, d + t * tileStep, between);
                }
            }
        }
    }

    /** B^T on four vectors. */
    private static void inputColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector d0 = FloatVector.fromArray(S, x, s);
        FloatVector d1 = FloatVector.fromArray(S, x, s + step);
        FloatVector d2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector d3 = FloatVector.fromArray(S, x, s + 3 * step);
        d0.sub(d2).intoArray(y, to);
        d1.add(d2).intoArray(y, to + next);
        d2.sub(d1).intoArray(y, to + 2 * next);
        d1.sub(d3).intoArray(y, to + 3 * next);
    }

    @Override
    public void transformWeights(float[] w, int wo, int count, float[] u, int uo, int slab, float[] scratch, int so) {
        for (int c = 0; c < count; c++) {
            for (int pass = 0; pass < 4; pass++) {
                int h = (pass >> 1) * VL;
                boolean down = (pass & 1) == 0;
                float[] from = down ? w : scratch;
                float[] to = down ? scratch : u;
                int step = down ? 3 * NR : VL;
                int between = down ? 3 * VL : slab;
                for (int i = 0; i < (down ? 3 : 4); i++) {
                    int s = down ? wo + c * 9 * NR + i * NR + h : so + 3 * i * VL;
                    int d = down ? so + i * VL : uo + c * NR + h + 4 * i * slab;
                    weightColumn(from, s, step, to, d, between);
                }
            }
        }
    }

    /** G on three vectors. */
    private static void weightColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector g0 = FloatVector.fromArray(S, x, s);
        FloatVector g1 = FloatVector.fromArray(S, x, s + step);
        FloatVector g2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector half = FloatVector.broadcast(S, 0.5f);
        FloatVector even = g0.add(g2).mul(half);
        FloatVector odd = g1.mul(half);
        g0.intoArray(y, to);
        even.add(odd).intoArray(y, to + next);
        even.sub(odd).intoArray(y, to + 2 * next);
        g2.intoArray(y, to + 3 * next);
    }

    @Override
    public void transformOutput(float[] o, int oo, int slab, float[] y, int yo, float[] scratch, int so) {
        for (int pass = 0; pass < 4; pass++) {
            int h = (pass >> 1) * VL;
            boolean down = (pass & 1) == 0;
            float[] from = down ? o : scratch;
            float[] to = down ? scratch : y;
            int step = down ? 4 * slab : VL;
            int between = down ? 4 * VL : NR;
            for (int i = 0; i < (down ? 4 : 2); i++) {
                int s = down ? oo + h + i * slab : so + 4 * i * VL;
                int d = down ? so + i * VL : yo + 2 * i * NR + h;
                outputColumn(from, s, step, to, d, between);
            }
        }
    }

    /** A^T to two values. */
    private static void outputColumn(float[] x, int s, int step, float[] y, int to, int next) {
        FloatVector m0 = FloatVector.fromArray(S, x, s);
        FloatVector m1 = FloatVector.fromArray(S, x, s + step);
        FloatVector m2 = FloatVector.fromArray(S, x, s + 2 * step);
        FloatVector m3 = FloatVector.fromArray(S, x, s + 3 * step);
        m0.add(m1).add(m2).intoArray(y, to);
        m1.sub(m2).sub(m3).intoArray(y, to + next);
    }
}

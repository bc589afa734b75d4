package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Packs a panel of the right operand straight from an image: each row of the panel is a few runs of consecutive pixels, copied as whole vectors that
 * overlap to the right.
 *
 * <p>One method a number of runs, so that positions are locals; with positions read from arrays in the inner loop packing takes about twice as long.
 */
final class RunPacking {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;

    private RunPacking() {}

    private static void move(float[] x, int from, float[] b, int to) {
        FloatVector.fromArray(S, x, from).intoArray(b, to);
    }

    static void pack(
            float[] x,
            int base,
            int[] offsets,
            int k0,
            int depth,
            float[] b,
            int bo,
            int[] s,
            int[] d,
            int i,
            int count) {
        switch (count) {
            case 1 -> one(x, base + s[i], offsets, k0, depth, b, bo + d[i]);
            case 2 -> two(x, base + s[i], base + s[i + 1], offsets, k0, depth, b, bo + d[i], bo + d[i + 1]);
            case 3 -> three(x, base, offsets, k0, depth, b, bo, s, d, i);
            case 4 -> four(x, base, offsets, k0, depth, b, bo, s, d, i);
            case 5 -> five(x, base, offsets, k0, depth, b, bo, s, d, i);
            case 6 -> six(x, base, offsets, k0, depth, b, bo, s, d, i);
            default -> many(x, base, offsets, k0, depth, b, bo, s, d, i, count);
        }
    }

    private static void one(float[] x, int s0, int[] offsets, int k0, int depth, float[] b, int d0) {
        for (int p = 0; p < depth; p++) {
            move(x, s0 + offsets[k0 + p], b, d0 + p * NR);
        }
    }

    private static void two(float[] x, int s0, int s1, int[] offsets, int k0, int depth, float[] b, int d0, int d1) {
        for (int p = 0; p < depth; p++) {
            int o = offsets[k0 + p];
            move(x, s0 + o, b, d0 + p * NR);
            move(x, s1 + o, b, d1 + p * NR);
        }
    }

    private static void three(
            float[] x, int base, int[] offsets, int k0, int depth, float[] b, int bo, int[] s, int[] d, int i) {
        int s0 = base + s[i];
        int d0 = bo + d[i];
        int s1 = base + s[i + 1];
        int d1 = bo + d[i + 1];
        int s2 = base + s[i + 2];
        int d2 = bo + d[i + 2];
        for (int p = 0; p < depth; p++) {
            int o = offsets[k0 + p];
            int r = p * NR;
            move(x, s0 + o, b, d0 + r);
            move(x, s1 + o, b, d1 + r);
            move(x, s2 + o, b, d2 + r);
        }
    }

    private static void four(
            float[] x, int base, int[] offsets, int k0, int depth, float[] b, int bo, int[] s, int[] d, int i) {
        int s0 = base + s[i];
        int d0 = bo + d[i];
        int s1 = base + s[i + 1];
        int d1 = bo + d[i + 1];
        int s2 = base + s[i + 2];
        int d2 = bo + d[i + 2];
        int s3 = base + s[i + 3];
        int d3 = bo + d[i + 3];
        for (int p = 0; p < depth; p++) {
            int o = offsets[k0 + p];
            int r = p * NR;
            move(x, s0 + o, b, d0 + r);
            move(x, s1 + o, b, d1 + r);
            move(x, s2 + o, b, d2 + r);
            move(x, s3 + o, b, d3 + r);
        }
    }

    private static void five(
            float[] x, int base, int[] offsets, int k0, int depth, float[] b, int bo, int[] s, int[] d, int i) {
        int s0 = base + s[i];
        int d0 = bo + d[i];
        int s1 = base + s[i + 1];
        int d1 = bo + d[i + 1];
        int s2 = base + s[i + 2];
        int d2 = bo + d[i + 2];
        int s3 = base + s[i + 3];
        int d3 = bo + d[i + 3];
        int s4 = base + s[i + 4];
        int d4 = bo + d[i + 4];
        for (int p = 0; p < depth; p++) {
            int o = offsets[k0 + p];
            int r = p * NR;
            move(x, s0 + o, b, d0 + r);
            move(x, s1 + o, b, d1 + r);
            move(x, s2 + o, b, d2 + r);
            move(x, s3 + o, b, d3 + r);
            move(x, s4 + o, b, d4 + r);
        }
    }

    private static void six(
            float[] x, int base, int[] offsets, int k0, int depth, float[] b, int bo, int[] s, int[] d, int i) {
        int s0 = base + s[i];
        int d0 = bo + d[i];
        int s1 = base + s[i + 1];
        int d1 = bo + d[i + 1];
        int s2 = base + s[i + 2];
        int d2 = bo + d[i + 2];
        int s3 = base + s[i + 3];
        int d3 = bo + d[i + 3];
        int s4 = base + s[i + 4];
        int d4 = bo + d[i + 4];
        int s5 = base + s[i + 5];
        int d5 = bo + d[i + 5];
        for (int p = 0; p < depth; p++) {
            int o = offsets[k0 + p];
            int r = p * NR;
            move(x, s0 + o, b, d0 + r);
            move(x, s1 + o, b, d1 + r);
            move(x, s2 + o, b, d2 + r);
            move(x, s3 + o, b, d3 + r);
            move(x, s4 + o, b, d4 + r);
            move(x, s5 + o, b, d5 + r);
        }
    }

    private static void many(
            float[] x,
            int base,
            int[] offsets,
            int k0,
            int depth,
            float[] b,
            int bo,
            int[] s,
            int[] d,
            int i,
            int count) {
        for (int p = 0; p < depth; p++) {
            int o = base + offsets[k0 + p];
            int r = bo + p * NR;
            for (int q = i; q < i + count; q++) {
                move(x, s[q] + o, b, d[q] + r);
            }
        }
    }
}

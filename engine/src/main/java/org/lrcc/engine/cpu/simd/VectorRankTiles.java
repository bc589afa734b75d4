package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.RankTiles;

/** {@link RankTiles} with the Vector API, its transforms those of {@link VectorWinograd} in one dimension. */
public final class VectorRankTiles implements RankTiles {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    @Override
    public int lanes() {
        return VL;
    }

    @Override
    public void columns(
            int slices,
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            int bNext,
            float[] c,
            int co,
            int cNext) {
        if (slices == 3) {
            RankTileKernels.threeColumns(depth, a, ao, offsets, k, b, bo, bNext, c, co, cNext);
        } else {
            RankTileKernels.twoColumns(depth, a, ao, offsets, k, b, bo, bNext, c, co, cNext);
        }
    }

    @Override
    public void rows(
            int slices,
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            int bNext,
            float[] tile) {
        if (slices == 3) {
            RankTileKernels.threeRows(depth, a, ao, offsets, k, b, bo, bNext, tile);
            return;
        }
        int even = depth & ~1;
        RankTileKernels.twoRows(even, a, ao, offsets, k, b, bo, bNext, tile);
        for (int i = 0; even < depth && i < 4; i++) {
            float value = a[ao + offsets[k + i] + even];
            step(value, b, bo + even * VL, tile, i * VL);
            step(value, b, bo + bNext + even * VL, tile, (4 + i) * VL);
        }
    }

    @Override
    public void spread(
            int depth, float[] a, int ao, float[] b, int bo, int[] offsets, int k, float[] c, int co, int row) {
        int even = depth & ~1;
        RankTileKernels.twoSpread(even, a, ao, b, bo, offsets, k, c, co, row);
        for (int i = 0; even < depth && i < 4; i++) {
            int at = bo + offsets[k + even];
            step(a[ao + even * 4 + i], b, at, c, co + i * row);
            step(a[ao + even * 4 + i], b, at + VL, c, co + i * row + VL);
        }
    }

    private static void step(float value, float[] b, int bo, float[] c, int co) {
        FloatVector.broadcast(S, value)
                .fma(FloatVector.fromArray(S, b, bo), FloatVector.fromArray(S, c, co))
                .intoArray(c, co);
    }

    @Override
    public void put(float[] tile, int from, int rows, float[] c, int co, boolean add) {
        if (!add) {
            System.arraycopy(tile, from, c, co, rows * VL);
            return;
        }
        for (int i = 0; i < rows * VL; i += VL) {
            FloatVector.fromArray(S, c, co + i)
                    .add(FloatVector.fromArray(S, tile, from + i))
                    .intoArray(c, co + i);
        }
    }

    @Override
    public void turn(float[] x, int xo, int row, int n, float[] y, int yo, int pitch) {
        for (int j = 0; j < VL; j += 4) {
            int r = xo + j * row;
            LanePacking.four(x, r, r + row, r + 2 * row, r + 3 * row, 1, n, y, yo + j, pitch);
        }
    }

    @Override
    public void split(float[] x, int xo, int n, float[] y, int yo, int apart) {
        if (VL == 8 && n >= 8) {
            VectorSplit.split(x, xo, n, y, yo, apart);
            return;
        }
        for (int i = 0; i < n; i++) {
            y[yo + i] = x[xo + 4 * i];
            y[yo + apart + i] = x[xo + 4 * i + 1];
            y[yo + 2 * apart + i] = x[xo + 4 * i + 2];
            y[yo + 3 * apart + i] = x[xo + 4 * i + 3];
        }
    }

    @Override
    public void transformInput(float[] x, int[] at, int n, float[] y, int yo, int slab) {
        int s0 = at[0];
        int s1 = at[1];
        int s2 = at[2];
        int s3 = at[3];
        int s4 = at[4];
        int s5 = at[5];
        for (int i = 0; i < n; i += VL) {
            input(x, s0 + i, s1 + i, s2 + i, s3 + i, s4 + i, s5 + i, y, yo + i, slab);
        }
    }

    /** B^T of a vector of tiles. */
    private static void input(float[] x, int s0, int s1, int s2, int s3, int s4, int s5, float[] y, int to, int next) {
        FloatVector d0 = FloatVector.fromArray(S, x, s0);
        FloatVector d1 = FloatVector.fromArray(S, x, s1);
        FloatVector d2 = FloatVector.fromArray(S, x, s2);
        FloatVector d3 = FloatVector.fromArray(S, x, s3);
        FloatVector d4 = FloatVector.fromArray(S, x, s4);
        FloatVector d5 = FloatVector.fromArray(S, x, s5);
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector three = FloatVector.broadcast(S, 3f);
        FloatVector minusTwo = FloatVector.broadcast(S, -2f);
        FloatVector half = FloatVector.broadcast(S, 1.5f);
        FloatVector a = d3.sub(d1);
        FloatVector b = d4.sub(d2);
        a.fma(half, d2.fma(minusTwo, d0.add(d4))).intoArray(y, to);
        FloatVector p = a.fma(two, d2.mul(three));
        FloatVector q = b.fma(two, d3.mul(three));
        p.add(q).intoArray(y, to + next);
        p.sub(q).intoArray(y, to + 2 * next);
        a.fma(two, b).intoArray(y, to + 3 * next);
        b.fma(two, d1.sub(d3)).intoArray(y, to + 4 * next);
        b.fma(half, d3.fma(minusTwo, d1.add(d5))).intoArray(y, to + 5 * next);
    }

    @Override
    public void transformGradient(float[] x, int xo, int tiles, float[] y, int yo, int slab) {
        for (int t = 0; t < tiles; t++) {
            VectorWinograd.gradientColumn(x, xo + 4 * t * VL, VL, y, yo + t * VL, slab);
        }
    }

    @Override
    public void transformOutput(float[] x, int xo, int slab, int n, int step, float[] y, int yo, int next, int yStep) {
        for (int t = 0; t < n; t++) {
            VectorWinograd.outputColumn(x, xo + t * step, slab, y, yo + t * yStep, next);
        }
    }
}

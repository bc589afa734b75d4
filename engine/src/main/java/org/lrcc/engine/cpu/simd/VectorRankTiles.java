package org.lrcc.engine.cpu.simd;

import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.RankTiles;

/** {@link RankTiles} with the Vector API, its transforms those of {@link VectorWinograd} in one dimension. */
public final class VectorRankTiles implements RankTiles {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_MAX.withShape(S.vectorShape());

    /** Ones in every bit of a vector's floats, then zeros: what is kept of its first n floats begins {@code VL - n} floats in. */
    private static final int[] KEEP =
            IntStream.range(0, 2 * VL).map(i -> i < VL ? -1 : 0).toArray();

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
        int done = 0;
        if (VL == 8) {
            done = n & -VL;
            EightByEight.turn(x, xo, row, VL, n / VL, y, yo, pitch, VL * pitch);
        }
        for (int j = 0; j < VL; j += 4) {
            int r = xo + j * row + done;
            LanePacking.four(x, r, r + row, r + 2 * row, r + 3 * row, 1, n - done, y, yo + j + done * pitch, pitch);
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
    public void fillUp(float[] x, int xo, int width, int rows, float[] y, int yo, int pitch) {
        int whole = width & -VL;
        IntVector keep = IntVector.fromArray(INTS, KEEP, VL - (width - whole));
        int safe = rows;
        while (safe > 0 && xo + (safe - 1) * width + whole + VL > x.length) {
            safe--;
        }
        for (int r = 0; r < safe; r++) {
            int from = xo + r * width;
            int to = yo + r * pitch;
            for (int i = 0; i < whole; i += VL) {
                FloatVector.fromArray(S, x, from + i).intoArray(y, to + i);
            }
            FloatVector rest = FloatVector.fromArray(S, x, from + whole);
            rest.reinterpretAsInts().and(keep).reinterpretAsFloats().intoArray(y, to + whole);
            Arrays.fill(y, to + Math.min(pitch, whole + VL), to + pitch, 0f);
        }
        for (int r = safe; r < rows; r++) {
            System.arraycopy(x, xo + r * width, y, yo + r * pitch, width);
            Arrays.fill(y, yo + r * pitch + width, yo + (r + 1) * pitch, 0f);
        }
    }

    @Override
    public void transformInput(float[] x, int xo, int apart, int edges, int n, float[] y, int yo, int slab) {
        for (int i = 0; i < n; i += VL) {
            input(x, xo + i, apart, edges + i, y, yo + i, slab);
        }
    }

    /** B^T of a vector of tiles. */
    private static void input(float[] x, int s, int apart, int edges, float[] y, int to, int next) {
        FloatVector d1 = FloatVector.fromArray(S, x, s);
        FloatVector d2 = FloatVector.fromArray(S, x, s + apart);
        FloatVector d3 = FloatVector.fromArray(S, x, s + 2 * apart);
        FloatVector d4 = FloatVector.fromArray(S, x, s + 3 * apart);
        FloatVector two = FloatVector.broadcast(S, 2f);
        FloatVector three = FloatVector.broadcast(S, 3f);
        FloatVector minusTwo = FloatVector.broadcast(S, -2f);
        FloatVector half = FloatVector.broadcast(S, 1.5f);
        FloatVector a = d3.sub(d1);
        FloatVector b = d4.sub(d2);
        FloatVector left = FloatVector.fromArray(S, x, s + 3 * apart - 1).fma(FloatVector.fromArray(S, x, edges), d4);
        a.fma(half, d2.fma(minusTwo, left)).intoArray(y, to);
        FloatVector p = a.fma(two, d2.mul(three));
        FloatVector q = b.fma(two, d3.mul(three));
        p.add(q).intoArray(y, to + next);
        p.sub(q).intoArray(y, to + 2 * next);
        a.fma(two, b).intoArray(y, to + 3 * next);
        b.fma(two, d1.sub(d3)).intoArray(y, to + 4 * next);
        FloatVector right = FloatVector.fromArray(S, x, s + 1).fma(FloatVector.fromArray(S, x, edges + apart), d1);
        b.fma(half, d3.fma(minusTwo, right)).intoArray(y, to + 5 * next);
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

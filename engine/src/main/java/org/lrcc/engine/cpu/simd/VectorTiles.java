package org.lrcc.engine.cpu.simd;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.ShortSums;
import org.lrcc.engine.cpu.Tiles;

/** Tiles with the Vector API: chooses the kernel for the vector width and the JDK. */
public final class VectorTiles implements Tiles {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;
    private static final int NR = 2 * VL;
    /** 256 bits mean AVX2 with 16 registers: four rows. 512 bits and the 128 of Neon come with 32: eight. */
    private static final int MR = VL == 8 ? 4 : 8;

    private static final ShortSums SHORT_SUMS = new VectorShortSums();

    private static final boolean OLD_JDK = Runtime.version().feature() < 21;

    @Override
    public int rows() {
        return MR;
    }

    @Override
    public int columns() {
        return NR;
    }

    @Override
    public int lanes() {
        return VL;
    }

    @Override
    public int height(int rows) {
        int h = 1;
        while (h < rows) {
            h *= 2;
        }
        return h;
    }

    @Override
    public void multiply(
            int height, int depth, float[] a, int ao, float[] b, int bo, float[] c, int co, boolean accumulate) {
        if (!accumulate) {
            Arrays.fill(c, co, co + height * NR, 0f);
        }
        if (MR == 8 && height == 8) {
            TileKernels.eight(depth, a, ao, b, bo, c, co);
        } else if (height == 4) {
            four(depth, a, ao, b, bo, c, co);
        } else if (height == 2) {
            TileKernels.two(depth, a, ao, b, bo, c, co);
        } else {
            TileKernels.one(depth, a, ao, b, bo, c, co);
        }
    }

    private static void four(int depth, float[] a, int ao, float[] b, int bo, float[] c, int co) {
        if (MR == 8) {
            TileKernels.four(depth, a, ao, b, bo, c, co);
        } else if (OLD_JDK) {
            TileKernels.fourUnrolled(depth, a, ao, b, bo, c, co);
            if ((depth & 1) != 0) {
                int last = depth - 1;
                TileKernels.fourFenced(1, a, ao + last * 4, b, bo + last * NR, c, co);
            }
        } else {
            TileKernels.fourFenced(depth, a, ao, b, bo, c, co);
        }
    }

    @Override
    public void multiplyRows(
            int depth,
            float[] a,
            int ao,
            int[] offsets,
            int k,
            float[] b,
            int bo,
            float[] c,
            int co,
            boolean accumulate) {
        if (!accumulate) {
            Arrays.fill(c, co, co + MR * NR, 0f);
        }
        if (MR == 8) {
            RowTileKernels.eight(depth, a, ao, offsets, k, b, bo, c, co);
        } else {
            RowTileKernels.fourUnrolled(depth, a, ao, offsets, k, b, bo, c, co);
            if ((depth & 1) != 0) {
                int last = depth - 1;
                RowTileKernels.fourOnce(a, ao + last, offsets, k, b, bo + last * NR, c, co);
            }
        }
    }

    @Override
    public void multiplyColumns(
            int height, int depth, float[] a, int ao, float[] b, int bo, float[] c, int co, boolean accumulate) {
        if (!accumulate) {
            Arrays.fill(c, co, co + height * NR, 0f);
        }
        if (MR == 8) {
            if (height == 8) {
                ColumnTileKernels.eight(depth, a, ao, b, bo, c, co);
            } else {
                ColumnTileKernels.four(depth, a, ao, b, bo, c, co);
            }
        } else if (OLD_JDK) {
            ColumnTileKernels.fourUnrolled(depth, a, ao, b, bo, c, co);
            if ((depth & 1) != 0) {
                int last = depth - 1;
                ColumnTileKernels.fourFenced(1, a, ao + last * VL, b, bo + last * NR, c, co);
            }
        } else {
            ColumnTileKernels.fourFenced(depth, a, ao, b, bo, c, co);
        }
    }

    @Override
    public void multiplyInPlace(
            int depth,
            float[] a,
            int ao,
            float[] b,
            int bo,
            int ldb,
            float[] d,
            int dOffset,
            int ldd,
            float[] c,
            int co,
            int ldc) {
        UnpackedTileKernels.four(depth, a, ao, b, bo, ldb, d, dOffset, ldd, c, co, ldc);
    }

    @Override
    public ShortSums shortSums() {
        return SHORT_SUMS;
    }

    @Override
    public void packFourRowVectors(float[] x, int x0, int x1, int x2, int x3, int n, float[] y, int yo) {
        UnpackedTileKernels.packFourRowVectors(x, x0, x1, x2, x3, n, y, yo);
    }

    @Override
    public void packedRowProducts(int length, float[] x, int x0, int x1, float[] y, int yo, float[] sums, int so) {
        UnpackedTileKernels.twoByFourPacked(length, x, x0, x1, y, yo, sums, so);
    }

    @Override
    public void rowProducts(
            int length, float[] x, int x0, int x1, float[] y, int y0, int y1, int y2, int y3, float[] sums, int so) {
        UnpackedTileKernels.twoByFour(length, x, x0, x1, y, y0, y1, y2, y3, sums, so);
    }

    @Override
    public void addLanes(float[] sums, int so, int n, float[] y, int yo) {
        if (VL == 8) {
            for (int i = 0; i < n; i += VL) {
                RowPacking.addLanes(sums, so + i * VL, y, yo + i);
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            float sum = 0;
            for (int lane = 0; lane < VL; lane++) {
                sum += sums[so + i * VL + lane];
            }
            y[yo + i] = sum;
        }
    }

    @Override
    public void packLanes(float[] x, int xo, int[] channel, int count, int step, int n, float[] y, int yo) {
        LanePacking.pack(x, xo, channel, count, step, n, y, yo);
    }

    @Override
    public void packRuns(
            float[] x,
            int base,
            int[] offsets,
            int k0,
            int depth,
            float[] b,
            int bo,
            int[] source,
            int[] column,
            int first,
            int count) {
        RunPacking.pack(x, base, offsets, k0, depth, b, bo, source, column, first, count);
    }

    @Override
    public void packTransposed(float[] x, int base, int ldx, int width, int depth, float[] b, int bo) {
        LanePacking.packTransposed(x, base, ldx, width, depth, b, bo);
    }

    @Override
    public void packFourRows(float[] a, int ao, int lda, float alpha, int n, float[] o, int to) {
        int k = VL == 8 ? RowPacking.eightColumns(a, ao, lda, alpha, n, o, to) : 0;
        for (; k < n; k++) {
            int from = ao + k;
            int at = to + 4 * k;
            o[at] = alpha * a[from];
            o[at + 1] = alpha * a[from + lda];
            o[at + 2] = alpha * a[from + 2 * lda];
            o[at + 3] = alpha * a[from + 3 * lda];
        }
    }

    @Override
    public void copyRows(float[] x, int base, int ldx, float[] b, int bo, int depth) {
        for (int p = 0; p < depth; p++) {
            int from = base + p * ldx;
            FloatVector.fromArray(S, x, from).intoArray(b, bo + p * NR);
            FloatVector.fromArray(S, x, from + VL).intoArray(b, bo + p * NR + VL);
        }
    }

    @Override
    public void copyFourPanels(float[] x, int base, int ldx, float[] b, int bo, int depth) {
        int step = depth * NR;
        for (int p = 0; p < depth; p++) {
            int from = base + p * ldx;
            int to = bo + p * NR;
            copyColumns(x, from, b, to);
            copyColumns(x, from + NR, b, to + step);
            copyColumns(x, from + 2 * NR, b, to + 2 * step);
            copyColumns(x, from + 3 * NR, b, to + 3 * step);
        }
    }

    private static void copyColumns(float[] x, int from, float[] b, int to) {
        FloatVector.fromArray(S, x, from).intoArray(b, to);
        FloatVector.fromArray(S, x, from + VL).intoArray(b, to + VL);
    }

    @Override
    public void copyRuns(float[] x, int xo, int pitch, int rows, int length, float[] y, int yo) {
        if (length <= VL) {
            for (int r = 0; r < rows; r++) {
                FloatVector.fromArray(S, x, xo + r * pitch).intoArray(y, yo + r * length);
            }
        } else {
            for (int r = 0; r < rows; r++) {
                copyRun(x, xo + r * pitch, y, yo + r * length, length);
            }
        }
    }

    @Override
    public void copyColumns(float[] x, int xo, int n, int length, float[] y, int yo, int column, boolean more) {
        int i = 0;
        for (; more ? i < length && column + i + VL <= NR : i + VL <= length; i += VL) {
            copyColumn(x, xo + i, n, y, yo + column + i);
        }
        for (; i < length; i++) {
            for (int p = 0; p < n; p++) {
                y[yo + column + i + p * NR] = x[xo + i + p * NR];
            }
        }
    }

    private static void copyColumn(float[] x, int xo, int n, float[] y, int yo) {
        for (int p = 0; p < n; p++) {
            FloatVector.fromArray(S, x, xo + p * NR).intoArray(y, yo + p * NR);
        }
    }

    private static void copyRun(float[] x, int xo, float[] y, int yo, int length) {
        for (int i = 0; i < length; i += VL) {
            FloatVector.fromArray(S, x, xo + i).intoArray(y, yo + i);
        }
    }

    @Override
    public void every(float[] x, int xo, int step, int n, float[] y, int yo) {
        VectorStrides.every(x, xo, step, n, y, yo);
    }

    @Override
    public void splitRows(float[] x, int xo, int pitch, int rows, int n, float[] y, int even, int odd) {
        if (VL == 8 && n >= VectorHalves.LEAST) {
            VectorHalves.split(x, xo, pitch, rows, n, y, even, odd);
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                y[even + i * n + j] = x[xo + i * pitch + 2 * j];
                y[odd + i * n + j] = x[xo + i * pitch + 2 * j + 1];
            }
        }
    }

    @Override
    public void evenRows(float[] x, int xo, int pitch, int rows, int n, float[] y, int yo) {
        if (VL == 8 && n >= VectorHalves.LEAST) {
            VectorHalves.evens(x, xo, pitch, rows, n, y, yo);
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                y[yo + i * n + j] = x[xo + i * pitch + 2 * j];
            }
        }
    }

    @Override
    public void taps(int taps, float[] x, int xo, int[] offsets, float[] w, int wo, int n, float[] y, int yo) {
        VectorTaps.sums(taps, x, xo, offsets, w, wo, n, y, yo);
    }

    @Override
    public void tapProducts(
            int taps, float[] x, int xo, int[] offsets, float[] g, int go, int n, float[] sums, int so) {
        VectorTaps.products(taps, x, xo, offsets, g, go, n, sums, so);
    }

    @Override
    public void store(float[] tile, int to, float[] y, int yo, int n, float beta) {
        if (beta == 0f) {
            System.arraycopy(tile, to, y, yo, n);
        } else {
            blend(tile, to, y, yo, n, beta);
        }
    }

    private static void blend(float[] tile, int to, float[] y, int yo, int n, float beta) {
        int i = 0;
        FloatVector k = FloatVector.broadcast(S, beta);
        for (; i <= n - VL; i += VL) {
            FloatVector old = FloatVector.fromArray(S, y, yo + i);
            old.fma(k, FloatVector.fromArray(S, tile, to + i)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.fma(y[yo + i], beta, tile[to + i]);
        }
    }

    @Override
    public void storeBiased(float[] tile, int to, float[] y, int yo, int n, float bias, float low, float high) {
        int i = 0;
        FloatVector k = FloatVector.broadcast(S, bias);
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        for (; i <= n - VL; i += VL) {
            FloatVector.fromArray(S, tile, to + i).add(k).max(least).min(most).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.min(high, Math.max(low, tile[to + i] + bias));
        }
    }

    @Override
    public void storeSum(float[] tile, int to, float[] d, int from, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector.fromArray(S, tile, to + i)
                    .add(FloatVector.fromArray(S, d, from + i))
                    .intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = tile[to + i] + d[from + i];
        }
    }

    @Override
    public void storeResidual(
            float[] tile,
            int to,
            float[] y,
            int yo,
            int n,
            float bias,
            float[] residual,
            int ro,
            float low,
            float high) {
        int i = 0;
        FloatVector k = FloatVector.broadcast(S, bias);
        FloatVector least = FloatVector.broadcast(S, low);
        FloatVector most = FloatVector.broadcast(S, high);
        for (; i <= n - VL; i += VL) {
            FloatVector v =
                    FloatVector.fromArray(S, tile, to + i).add(k).add(FloatVector.fromArray(S, residual, ro + i));
            v.max(least).min(most).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = Math.min(high, Math.max(low, tile[to + i] + bias + residual[ro + i]));
        }
    }
}

package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.ShortSums;

/**
 * Micro-kernels of products of which one operand's part stays in registers while the other one's and the result go by, for {@code ShortSumProduct}: then nothing but the multiplications, a
 * load for one or two of them and the stores are left, and no inner loop of a few steps begins and ends for every tile.
 */
final class VectorShortSums implements ShortSums {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    @Override
    public void fourTerms(int n, float[] a, int a0, int a1, float[] b, int b0, int ldb, float[] c, int c0, int c1) {
        FloatVector p0 = FloatVector.broadcast(S, a[a0]);
        FloatVector p1 = FloatVector.broadcast(S, a[a0 + 1]);
        FloatVector p2 = FloatVector.broadcast(S, a[a0 + 2]);
        FloatVector p3 = FloatVector.broadcast(S, a[a0 + 3]);
        FloatVector q0 = FloatVector.broadcast(S, a[a1]);
        FloatVector q1 = FloatVector.broadcast(S, a[a1 + 1]);
        FloatVector q2 = FloatVector.broadcast(S, a[a1 + 2]);
        FloatVector q3 = FloatVector.broadcast(S, a[a1 + 3]);
        int b1 = b0 + ldb;
        int b2 = b1 + ldb;
        int b3 = b2 + ldb;
        for (int j = 0; j < n; j += VL) {
            FloatVector x0 = FloatVector.fromArray(S, b, b0 + j);
            FloatVector s = p0.mul(x0);
            FloatVector t = q0.mul(x0);
            FloatVector x1 = FloatVector.fromArray(S, b, b1 + j);
            s = p1.fma(x1, s);
            t = q1.fma(x1, t);
            FloatVector x2 = FloatVector.fromArray(S, b, b2 + j);
            s = p2.fma(x2, s);
            t = q2.fma(x2, t);
            FloatVector x3 = FloatVector.fromArray(S, b, b3 + j);
            p3.fma(x3, s).intoArray(c, c0 + j);
            q3.fma(x3, t).intoArray(c, c1 + j);
        }
    }

    @Override
    public void addFourTerms(
            int n,
            float[] a,
            int a0,
            int a1,
            float[] b,
            int b0,
            int ldb,
            float[] d,
            int d0,
            int d1,
            float[] c,
            int c0,
            int c1) {
        FloatVector p0 = FloatVector.broadcast(S, a[a0]);
        FloatVector p1 = FloatVector.broadcast(S, a[a0 + 1]);
        FloatVector p2 = FloatVector.broadcast(S, a[a0 + 2]);
        FloatVector p3 = FloatVector.broadcast(S, a[a0 + 3]);
        FloatVector q0 = FloatVector.broadcast(S, a[a1]);
        FloatVector q1 = FloatVector.broadcast(S, a[a1 + 1]);
        FloatVector q2 = FloatVector.broadcast(S, a[a1 + 2]);
        FloatVector q3 = FloatVector.broadcast(S, a[a1 + 3]);
        int b1 = b0 + ldb;
        int b2 = b1 + ldb;
        int b3 = b2 + ldb;
        for (int j = 0; j < n; j += VL) {
            FloatVector x0 = FloatVector.fromArray(S, b, b0 + j);
            FloatVector s = p0.fma(x0, FloatVector.fromArray(S, d, d0 + j));
            FloatVector t = q0.fma(x0, FloatVector.fromArray(S, d, d1 + j));
            FloatVector x1 = FloatVector.fromArray(S, b, b1 + j);
            s = p1.fma(x1, s);
            t = q1.fma(x1, t);
            FloatVector x2 = FloatVector.fromArray(S, b, b2 + j);
            s = p2.fma(x2, s);
            t = q2.fma(x2, t);
            FloatVector x3 = FloatVector.fromArray(S, b, b3 + j);
            p3.fma(x3, s).intoArray(c, c0 + j);
            q3.fma(x3, t).intoArray(c, c1 + j);
        }
    }

    @Override
    public void eightTerms(
            int rows, float[] a, int ao, int lda, float[] b, int bo, int ldb, float[] c, int co, int ldc) {
        FloatVector x0 = FloatVector.fromArray(S, b, bo);
        FloatVector x1 = FloatVector.fromArray(S, b, bo + ldb);
        FloatVector x2 = FloatVector.fromArray(S, b, bo + 2 * ldb);
        FloatVector x3 = FloatVector.fromArray(S, b, bo + 3 * ldb);
        FloatVector x4 = FloatVector.fromArray(S, b, bo + 4 * ldb);
        FloatVector x5 = FloatVector.fromArray(S, b, bo + 5 * ldb);
        FloatVector x6 = FloatVector.fromArray(S, b, bo + 6 * ldb);
        FloatVector x7 = FloatVector.fromArray(S, b, bo + 7 * ldb);
        int r = ao;
        int to = co;
        for (int i = 0; i < rows; i++) {
            FloatVector s = FloatVector.broadcast(S, a[r]).mul(x0);
            s = FloatVector.broadcast(S, a[r + 1]).fma(x1, s);
            s = FloatVector.broadcast(S, a[r + 2]).fma(x2, s);
            s = FloatVector.broadcast(S, a[r + 3]).fma(x3, s);
            s = FloatVector.broadcast(S, a[r + 4]).fma(x4, s);
            s = FloatVector.broadcast(S, a[r + 5]).fma(x5, s);
            s = FloatVector.broadcast(S, a[r + 6]).fma(x6, s);
            s = FloatVector.broadcast(S, a[r + 7]).fma(x7, s);
            s.intoArray(c, to);
            r += lda;
            to += ldc;
        }
    }

    @Override
    public void addEightTerms(
            int rows,
            float[] a,
            int ao,
            int lda,
            float[] b,
            int bo,
            int ldb,
            float[] d,
            int from,
            int ldd,
            float[] c,
            int co,
            int ldc) {
        FloatVector x0 = FloatVector.fromArray(S, b, bo);
        FloatVector x1 = FloatVector.fromArray(S, b, bo + ldb);
        FloatVector x2 = FloatVector.fromArray(S, b, bo + 2 * ldb);
        FloatVector x3 = FloatVector.fromArray(S, b, bo + 3 * ldb);
        FloatVector x4 = FloatVector.fromArray(S, b, bo + 4 * ldb);
        FloatVector x5 = FloatVector.fromArray(S, b, bo + 5 * ldb);
        FloatVector x6 = FloatVector.fromArray(S, b, bo + 6 * ldb);
        FloatVector x7 = FloatVector.fromArray(S, b, bo + 7 * ldb);
        int r = ao;
        int at = from;
        int to = co;
        for (int i = 0; i < rows; i++) {
            FloatVector s = FloatVector.broadcast(S, a[r]).fma(x0, FloatVector.fromArray(S, d, at));
            s = FloatVector.broadcast(S, a[r + 1]).fma(x1, s);
            s = FloatVector.broadcast(S, a[r + 2]).fma(x2, s);
            s = FloatVector.broadcast(S, a[r + 3]).fma(x3, s);
            s = FloatVector.broadcast(S, a[r + 4]).fma(x4, s);
            s = FloatVector.broadcast(S, a[r + 5]).fma(x5, s);
            s = FloatVector.broadcast(S, a[r + 6]).fma(x6, s);
            s = FloatVector.broadcast(S, a[r + 7]).fma(x7, s);
            s.intoArray(c, to);
            r += lda;
            at += ldd;
            to += ldc;
        }
    }
}

package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.FactorLoops;

/** The loops with the Vector API: tiles of four rows and two vectors, eight sums that hide the latency of the multiply-add. */
public final class VectorFactorLoops implements FactorLoops {
    private static final VectorSpecies<Float> F = Lanes.SPECIES;
    private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());
    private static final int VL = D.length();
    private static final int TILE = 2 * VL;

    @Override
    public void multiplyAdd(
            int rows,
            int columns,
            int depth,
            double sign,
            double[] a,
            int aOffset,
            int aStep,
            int aRow,
            double[] b,
            int bOffset,
            int ldb,
            double[] c,
            int cOffset,
            int ldc) {
        for (int j = 0; j < columns; j += TILE) {
            int i = 0;
            for (; i + 4 <= rows; i += 4) {
                four(
                        depth,
                        sign,
                        a,
                        aOffset + i * aRow,
                        aStep,
                        aRow,
                        b,
                        bOffset + j,
                        ldb,
                        c,
                        cOffset + i * ldc + j,
                        ldc);
            }
            for (; i < rows; i++) {
                one(depth, sign, a, aOffset + i * aRow, aStep, b, bOffset + j, ldb, c, cOffset + i * ldc + j);
            }
        }
    }

    private static DoubleVector load(double[] a, int i) {
        return DoubleVector.fromArray(D, a, i);
    }

    private static void add(DoubleVector sum, DoubleVector sign, double[] c, int i) {
        sum.fma(sign, load(c, i)).intoArray(c, i);
    }

    private static void four(
            int depth,
            double sign,
            double[] a,
            int ao,
            int aStep,
            int aRow,
            double[] b,
            int bo,
            int ldb,
            double[] c,
            int co,
            int ldc) {
        DoubleVector s00 = DoubleVector.zero(D);
        DoubleVector s01 = s00;
        DoubleVector s10 = s00;
        DoubleVector s11 = s00;
        DoubleVector s20 = s00;
        DoubleVector s21 = s00;
        DoubleVector s30 = s00;
        DoubleVector s31 = s00;
        for (int t = 0; t < depth; t++) {
            DoubleVector b0 = load(b, bo + t * ldb);
            DoubleVector b1 = load(b, bo + t * ldb + VL);
            int at = ao + t * aStep;
            DoubleVector a0 = DoubleVector.broadcast(D, a[at]);
            s00 = b0.fma(a0, s00);
            s01 = b1.fma(a0, s01);
            DoubleVector a1 = DoubleVector.broadcast(D, a[at + aRow]);
            s10 = b0.fma(a1, s10);
            s11 = b1.fma(a1, s11);
            DoubleVector a2 = DoubleVector.broadcast(D, a[at + 2 * aRow]);
            s20 = b0.fma(a2, s20);
            s21 = b1.fma(a2, s21);
            DoubleVector a3 = DoubleVector.broadcast(D, a[at + 3 * aRow]);
            s30 = b0.fma(a3, s30);
            s31 = b1.fma(a3, s31);
        }
        DoubleVector g = DoubleVector.broadcast(D, sign);
        add(s00, g, c, co);
        add(s01, g, c, co + VL);
        add(s10, g, c, co + ldc);
        add(s11, g, c, co + ldc + VL);
        add(s20, g, c, co + 2 * ldc);
        add(s21, g, c, co + 2 * ldc + VL);
        add(s30, g, c, co + 3 * ldc);
        add(s31, g, c, co + 3 * ldc + VL);
    }

    private static void one(
            int depth, double sign, double[] a, int ao, int aStep, double[] b, int bo, int ldb, double[] c, int co) {
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = s0;
        for (int t = 0; t < depth; t++) {
            DoubleVector a0 = DoubleVector.broadcast(D, a[ao + t * aStep]);
            s0 = load(b, bo + t * ldb).fma(a0, s0);
            s1 = load(b, bo + t * ldb + VL).fma(a0, s1);
        }
        DoubleVector g = DoubleVector.broadcast(D, sign);
        add(s0, g, c, co);
        add(s1, g, c, co + VL);
    }

    @Override
    public void nearest(float[] x, int xo, float[] y, int yo, int n, float distance, float[] out, int oo) {
        int i = 0;
        for (; i <= n - F.length(); i += F.length()) {
            FloatVector a = FloatVector.fromArray(F, x, xo + i);
            FloatVector b = FloatVector.fromArray(F, y, yo + i);
            b.blend(a, a.sub(b).abs().compare(VectorOperators.LT, distance)).intoArray(out, oo + i);
        }
        for (; i < n; i++) {
            out[oo + i] = Math.abs(x[xo + i] - y[yo + i]) < distance ? x[xo + i] : y[yo + i];
        }
    }
}

package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Activation;
import org.lrcc.engine.spi.Kernels.Binary;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Kernels that work element by element, and sums over everything. */
final class PointwiseKernels {
    private final ThreadPool pool;
    private final Loops loops;

    PointwiseKernels(ThreadPool pool, Loops loops) {
        this.pool = pool;
        this.loops = loops;
    }

    void activation(Tensor x, Activation activation, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        Activations.Clamp clamp = Activations.clamp(activation);
        Ranges.each(pool, x.elements(), (i, n) -> {
            if (clamp.leaks()) {
                Activations.leak(in.array(), in.offset() + i, n, clamp.slope(), out.array(), out.offset() + i);
            } else {
                loops.clamp(in.array(), in.offset() + i, n, clamp.low(), clamp.high(), out.array(), out.offset() + i);
            }
        });
    }

    void activationGrad(Tensor y, Tensor dy, Activation activation, Tensor dx) {
        Floats value = Floats.of(y);
        Floats in = Floats.of(dy);
        Floats out = Floats.of(dx);
        Loops.Bounds bounds = Activations.bounds(activation);
        Ranges.each(
                pool,
                y.elements(),
                (i, n) -> loops.bounded(
                        value.array(),
                        value.offset() + i,
                        in.array(),
                        in.offset() + i,
                        n,
                        bounds,
                        out.array(),
                        out.offset() + i));
    }

    void binary(Binary op, Tensor a, Tensor b, Tensor y) {
        if (a.shape().equals(b.shape())) {
            Floats left = Floats.of(a);
            Floats right = Floats.of(b);
            Floats out = Floats.of(y);
            Ranges.each(pool, y.elements(), (i, n) -> {
                int ao = left.offset() + i;
                int bo = right.offset() + i;
                if (op == Binary.MUL) {
                    loops.multiply(left.array(), ao, right.array(), bo, n, out.array(), out.offset() + i);
                } else {
                    float sign = op == Binary.ADD ? 1f : -1f;
                    loops.add(left.array(), ao, right.array(), bo, n, sign, out.array(), out.offset() + i);
                }
            });
        } else {
            broadcast(op, a, b, y);
        }
    }

    /** Rows of y along its last axis; along a row each operand either walks or stands. */
    private void broadcast(Binary op, Tensor a, Tensor b, Tensor y) {
        Broadcast left = new Broadcast(a.shape(), y.shape());
        Broadcast right = new Broadcast(b.shape(), y.shape());
        Floats fa = Floats.of(a);
        Floats fb = Floats.of(b);
        Floats out = Floats.of(y);
        int columns = left.columns;
        int rows = columns == 0 ? 0 : y.elements() / columns;
        int perChunk = Math.max(1, 16_384 / Math.max(1, columns));
        pool.run((rows + perChunk - 1) / perChunk, chunk -> {
            for (int r = chunk * perChunk; r < Math.min(rows, (chunk + 1) * perChunk); r++) {
                combine(
                        op,
                        fa.array(),
                        fa.offset() + left.row(r),
                        left.step,
                        fb.array(),
                        fb.offset() + right.row(r),
                        right.step,
                        out.array(),
                        out.offset() + r * columns,
                        columns);
            }
        });
    }

    private static void combine(
            Binary op, float[] a, int ao, int as, float[] b, int bo, int bs, float[] y, int yo, int n) {
        switch (op) {
            case ADD -> {
                for (int i = 0; i < n; i++) {
                    y[yo + i] = a[ao + i * as] + b[bo + i * bs];
                }
            }
            case SUB -> {
                for (int i = 0; i < n; i++) {
                    y[yo + i] = a[ao + i * as] - b[bo + i * bs];
                }
            }
            case MUL -> {
                for (int i = 0; i < n; i++) {
                    y[yo + i] = a[ao + i * as] * b[bo + i * bs];
                }
            }
        }
    }

    void sumTo(Tensor x, Tensor y) {
        Broadcast to = new Broadcast(y.shape(), x.shape());
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        double[] sums = new double[y.elements()];
        int columns = to.columns;
        int rows = columns == 0 ? 0 : x.elements() / columns;
        for (int r = 0; r < rows; r++) {
            int from = in.offset() + r * columns;
            int at = to.row(r);
            if (to.step == 0) {
                sums[at] += loops.sum(in.array(), from, columns, Workspace.lanes());
            } else {
                for (int i = 0; i < columns; i++) {
                    sums[at + i] += in.array()[from + i];
                }
            }
        }
        for (int i = 0; i < sums.length; i++) {
            out.array()[out.offset() + i] = (float) sums[i];
        }
    }

    /** Where rows of a big tensor lie in a small one that numpy's rule broadcasts to it. */
    private static final class Broadcast {
        final int columns;
        /** 1 where the small tensor walks along the row, 0 where it stands. */
        final int step;

        private final int[] sizes;
        private final int[] strides;

        Broadcast(Shape small, Shape big) {
            int rank = big.rank();
            columns = rank == 0 ? 1 : big.size(rank - 1);
            sizes = new int[Math.max(0, rank - 1)];
            strides = new int[sizes.length];
            int lead = rank - small.rank();
            int stride = 1;
            int last = 0;
            for (int axis = rank - 1; axis >= 0; axis--) {
                int size = axis < lead ? 1 : small.size(axis - lead);
                int own = size == 1 ? 0 : stride;
                if (axis == rank - 1) {
                    last = own;
                } else {
                    sizes[axis] = big.size(axis);
                    strides[axis] = own;
                }
                stride *= size;
            }
            step = last;
        }

        int row(int r) {
            int at = 0;
            int rest = r;
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                at += rest % sizes[axis] * strides[axis];
                rest /= sizes[axis];
            }
            return at;
        }
    }

    void axpy(double alpha, Tensor x, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        Ranges.each(
                pool,
                x.elements(),
                (i, n) -> loops.axpy((float) alpha, in.array(), in.offset() + i, n, out.array(), out.offset() + i));
    }

    void scale(double alpha, Tensor y) {
        Floats out = Floats.of(y);
        float a = (float) alpha;
        Ranges.each(pool, y.elements(), (i, n) -> scale(out.array(), out.offset() + i, n, a));
    }

    private static void scale(float[] y, int o, int n, float a) {
        for (int i = 0; i < n; i++) {
            y[o + i] *= a;
        }
    }

    void dropout(Tensor x, double p, long seed, long stream, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        float kept = (float) (1 / (1 - p));
        Ranges.each(pool, x.elements(), (from, n) -> {
            int[] block = new int[4];
            for (int i = from; i < from + n; i++) {
                if (i % 4 == 0 || i == from) {
                    Philox.block(seed, stream, i / 4, block);
                }
                boolean drop = Philox.toFloat(block[i % 4]) < p;
                out.array()[out.offset() + i] = drop ? 0f : in.array()[in.offset() + i] * kept;
            }
        });
    }

    void compose(Tensor uv, Tensor s, Tensor mask, @Nullable Tensor noise, Tensor w) {
        Floats low = Floats.of(uv);
        Floats sparse = Floats.of(s);
        byte[] off = Floats.bytes(mask);
        Floats added = Floats.ofNullable(noise);
        Floats out = Floats.of(w);
        Ranges.each(pool, w.elements(), (i, n) -> {
            composeRun(
                    low.array(),
                    low.offset() + i,
                    sparse.array(),
                    sparse.offset() + i,
                    off,
                    mask.offset() + i,
                    n,
                    out.array(),
                    out.offset() + i);
            if (added != null) {
                loops.axpy(1f, added.array(), added.offset() + i, n, out.array(), out.offset() + i);
            }
        });
    }

    private static void composeRun(
            float[] uv, int uo, float[] s, int so, byte[] off, int mo, int n, float[] w, int wo) {
        for (int i = 0; i < n; i++) {
            w[wo + i] = uv[uo + i] + (off[mo + i] != 0 ? 0f : s[so + i]);
        }
    }

    void maskedGrad(Tensor dw, Tensor mask, Tensor ds) {
        Floats in = Floats.of(dw);
        byte[] off = Floats.bytes(mask);
        Floats out = Floats.of(ds);
        Ranges.each(
                pool,
                ds.elements(),
                (i, n) ->
                        keepRun(in.array(), in.offset() + i, off, mask.offset() + i, n, out.array(), out.offset() + i));
    }

    private static void keepRun(float[] x, int xo, byte[] off, int mo, int n, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = off[mo + i] != 0 ? 0f : x[xo + i];
        }
    }

    /** Indices differ, so that no two chunks meet. */
    void scatterAdd(Tensor values, Tensor indices, Tensor y) {
        Floats in = Floats.of(values);
        int[] at = Floats.ints(indices);
        Floats out = Floats.of(y);
        Ranges.each(
                pool,
                values.elements(),
                (i, n) -> scatterRun(
                        in.array(), in.offset() + i, at, indices.offset() + i, n, out.array(), out.offset()));
    }

    private static void scatterRun(float[] values, int vo, int[] at, int ao, int n, float[] y, int yo) {
        for (int i = 0; i < n; i++) {
            y[yo + at[ao + i]] += values[vo + i];
        }
    }

    void gather(Tensor x, Tensor indices, Tensor values) {
        Floats in = Floats.of(x);
        int[] at = Floats.ints(indices);
        Floats out = Floats.of(values);
        Ranges.each(
                pool,
                values.elements(),
                (i, n) ->
                        gatherRun(in.array(), in.offset(), at, indices.offset() + i, n, out.array(), out.offset() + i));
    }

    private static void gatherRun(float[] x, int xo, int[] at, int ao, int n, float[] values, int vo) {
        for (int i = 0; i < n; i++) {
            values[vo + i] = x[xo + at[ao + i]];
        }
    }

    void absSum(Tensor x, Tensor sum) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(sum);
        out.array()[out.offset()] =
                (float) Ranges.sum(pool, x.elements(), (i, n) -> absRun(in.array(), in.offset() + i, n));
    }

    private static double absRun(float[] x, int o, int n) {
        double s0 = 0;
        double s1 = 0;
        int i = 0;
        for (; i + 1 < n; i += 2) {
            s0 += Math.abs(x[o + i]);
            s1 += Math.abs(x[o + i + 1]);
        }
        return s0 + s1 + (i < n ? Math.abs(x[o + i]) : 0);
    }

    void absSumGrad(Tensor x, Tensor dy, Tensor dx) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(dx);
        float g = Floats.of(dy).array()[dy.offset()];
        Ranges.each(pool, x.elements(), (from, n) -> {
            for (int i = from; i < from + n; i++) {
                out.array()[out.offset() + i] = g * Math.signum(in.array()[in.offset() + i]);
            }
        });
    }

    double sumOfSquares(Tensor x) {
        Floats in = Floats.of(x);
        return Ranges.sum(pool, x.elements(), (i, n) -> squaresRun(in.array(), in.offset() + i, n));
    }

    private static double squaresRun(float[] x, int o, int n) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            s0 = Math.fma((double) x[o + i], x[o + i], s0);
            s1 = Math.fma((double) x[o + i + 1], x[o + i + 1], s1);
            s2 = Math.fma((double) x[o + i + 2], x[o + i + 2], s2);
            s3 = Math.fma((double) x[o + i + 3], x[o + i + 3], s3);
        }
        for (; i < n; i++) {
            s0 = Math.fma((double) x[o + i], x[o + i], s0);
        }
        return (s0 + s1) + (s2 + s3);
    }

    void fill(Tensor y, double value) {
        Object array = Floats.array(y);
        int o = y.offset();
        Ranges.each(pool, y.elements(), (i, n) -> {
            if (array instanceof float[] a) {
                Arrays.fill(a, o + i, o + i + n, (float) value);
            } else if (array instanceof double[] a) {
                Arrays.fill(a, o + i, o + i + n, value);
            } else if (array instanceof int[] a) {
                Arrays.fill(a, o + i, o + i + n, (int) value);
            } else if (array instanceof byte[] a) {
                Arrays.fill(a, o + i, o + i + n, (byte) value);
            }
        });
    }
}

package org.lrcc.engine.cpu;

import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/** Kernels that move elements without changing them, of any element type. */
final class Layouts {
    private Layouts() {}

    static void copyBlock(Tensor x, int xStart, int xStride, Tensor y, int yStart, int yStride, int rows, int columns) {
        Object from = Floats.array(x);
        Object to = Floats.array(y);
        for (int r = 0; r < rows; r++) {
            System.arraycopy(from, x.offset() + xStart + r * xStride, to, y.offset() + yStart + r * yStride, columns);
        }
    }

    /** Walks y in order; rows along y's last axis are gathered with one stride. */
    static void permute(ThreadPool pool, Tensor x, int[] axes, Tensor y) {
        int rank = axes.length;
        if (rank == 0 || y.elements() == 0) {
            copyBlock(x, 0, 0, y, 0, 0, 1, y.elements());
            return;
        }
        int[] strides = strides(x.shape());
        int[] sizes = y.shape().sizes();
        int columns = sizes[rank - 1];
        int rows = y.elements() / columns;
        int step = strides[axes[rank - 1]];
        Object from = Floats.array(x);
        Object to = Floats.array(y);
        int perChunk = Math.max(1, 16_384 / columns);
        pool.run((rows + perChunk - 1) / perChunk, chunk -> {
            for (int r = chunk * perChunk; r < Math.min(rows, (chunk + 1) * perChunk); r++) {
                int at = x.offset();
                int rest = r;
                for (int axis = rank - 2; axis >= 0; axis--) {
                    at += rest % sizes[axis] * strides[axes[axis]];
                    rest /= sizes[axis];
                }
                gather(from, at, step, to, y.offset() + r * columns, columns);
            }
        });
    }

    private static int[] strides(Shape s) {
        int[] strides = new int[s.rank()];
        int stride = 1;
        for (int axis = s.rank() - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= s.size(axis);
        }
        return strides;
    }

    private static void gather(Object from, int at, int step, Object to, int o, int n) {
        if (step == 1) {
            System.arraycopy(from, at, to, o, n);
        } else if (from instanceof float[] x && to instanceof float[] y) {
            for (int i = 0; i < n; i++) {
                y[o + i] = x[at + i * step];
            }
        } else {
            for (int i = 0; i < n; i++) {
                System.arraycopy(from, at + i * step, to, o + i, 1);
            }
        }
    }
}

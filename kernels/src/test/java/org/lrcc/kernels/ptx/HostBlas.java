package org.lrcc.kernels.ptx;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.lrcc.kernels.cuda.GpuProducts;

/** Stands in for cuBLAS: products of column-major matrices in device memory, with every range, leading dimension and overlap checked. */
final class HostBlas implements GpuProducts {
    /** A matrix as cuBLAS is told of it; rows and columns as it is stored. */
    private record Matrix(String name, long address, int rows, int columns, int leading, long stride) {
        /** Floats from the first to behind the last. */
        private long span() {
            return rows == 0 || columns == 0 ? 0 : (long) (columns - 1) * leading + rows;
        }
    }

    private final DeviceMemory memory;
    private final StreamOrder order;
    private final LibraryCalls calls;
    private final Set<Long> rounding = ConcurrentHashMap.newKeySet();

    HostBlas(DeviceMemory memory, StreamOrder order, LibraryCalls calls) {
        this.memory = memory;
        this.order = order;
        this.calls = calls;
    }

    @Override
    public void allowTf32(long stream, boolean allowed) {
        calls.call("allowTf32", stream);
        if (allowed) {
            rounding.add(stream);
        } else {
            rounding.remove(stream);
        }
    }

    /** A stream is gone. */
    void forget(long stream) {
        rounding.remove(stream);
    }

    @Override
    public void gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long b,
            int ldb,
            float beta,
            long c,
            int ldc,
            long stream) {
        multiply("gemm", transposeA, transposeB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1, stream);
    }

    @Override
    public void gemmStridedBatched(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long strideA,
            long b,
            int ldb,
            long strideB,
            float beta,
            long c,
            int ldc,
            long strideC,
            int count,
            long stream) {
        multiply(
                "gemmStridedBatched",
                transposeA,
                transposeB,
                m,
                n,
                k,
                alpha,
                a,
                lda,
                strideA,
                b,
                ldb,
                strideB,
                beta,
                c,
                ldc,
                strideC,
                count,
                stream);
    }

    private void multiply(
            String name,
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long strideA,
            long b,
            int ldb,
            long strideB,
            float beta,
            long c,
            int ldc,
            long strideC,
            int count,
            long stream) {
        Matrix left = new Matrix("a", a, transposeA ? k : m, transposeA ? m : k, lda, strideA);
        Matrix right = new Matrix("b", b, transposeB ? n : k, transposeB ? k : n, ldb, strideB);
        Matrix result = new Matrix("c", c, m, n, ldc, strideC);
        boolean tf32 = rounding.contains(stream);
        calls.work(
                name, stream, () -> multiply(tf32, transposeA, transposeB, k, alpha, left, right, beta, result, count));
    }

    /** c = alpha op(a) op(b) + beta c, {@code count} times. */
    private void multiply(
            boolean tf32,
            boolean transposeA,
            boolean transposeB,
            int k,
            float alpha,
            Matrix a,
            Matrix b,
            float beta,
            Matrix c,
            int count) {
        if (k < 0 || c.rows() < 0 || c.columns() < 0 || count < 0) {
            throw new PtxFault(
                    "gemm: negative size: m " + c.rows() + ", n " + c.columns() + ", k " + k + ", count " + count);
        }
        Region regionA = range(a, count);
        Region regionB = range(b, count);
        Region regionC = range(c, count);
        if (regionC == regionA && overlap(a, c, count) || regionC == regionB && overlap(b, c, count)) {
            throw new PtxFault("gemm: the result overlaps a factor");
        }
        order.read(regionA);
        order.read(regionB);
        order.write(regionC);
        for (int i = 0; i < count; i++) {
            float[] left = load(a, regionA, i, transposeA, tf32);
            float[] right = load(b, regionB, i, !transposeB, tf32);
            one(c, regionC, i, k, alpha, left, right, beta);
        }
    }

    private static boolean overlap(Matrix x, Matrix y, int count) {
        long endX = x.address() + 4 * (x.span() + (count - 1) * x.stride());
        long endY = y.address() + 4 * (y.span() + (count - 1) * y.stride());
        return x.address() < endY && y.address() < endX;
    }

    private Region range(Matrix m, int count) {
        if (m.leading() < Math.max(1, m.rows())) {
            throw new PtxFault("gemm: leading dimension " + m.leading() + " of " + m.name() + " is below its "
                    + m.rows() + " rows");
        }
        if (m.stride() < 0 || (m.name().equals("c") && count > 1 && m.stride() == 0)) {
            throw new PtxFault("gemm: stride " + m.stride() + " of " + m.name() + " with " + count + " products");
        }
        if (m.address() % 4 != 0) {
            throw new PtxFault("gemm: " + m.name() + " at 0x" + Long.toHexString(m.address()) + " is misaligned");
        }
        return memory.require("gemm: " + m.name(), m.address(), 4 * (m.span() + (count - 1L) * m.stride()));
    }

    /** A factor, transposed where it says so, column after column. */
    private float[] load(Matrix m, Region region, int index, boolean transpose, boolean tf32) {
        float[] out = new float[m.rows() * m.columns()];
        byte[] data = region.data();
        for (int column = 0; column < m.columns(); column++) {
            long first = m.address() - region.base + 4 * (index * m.stride() + (long) column * m.leading());
            if (!region.isWritten((int) first, 4 * m.rows())) {
                throw new PtxFault("gemm: column " + column + " of " + m.name() + ", product " + index
                        + ": nothing has written all of it: " + region.where(first));
            }
            for (int row = 0; row < m.rows(); row++) {
                float value = (float) Region.FLOAT.get(data, (int) first + 4 * row);
                out[transpose ? row * m.columns() + column : column * m.rows() + row] = tf32 ? round(value) : value;
            }
        }
        return out;
    }

    /** To the 10 bits of TF32's fraction. */
    private static float round(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isFinite(value) ? Float.intBitsToFloat(bits + 0x0FFF + (bits >>> 13 & 1) & -0x2000) : value;
    }

    /** left holds the columns of op(a), right the rows of op(b). */
    private static void one(
            Matrix c, Region region, int index, int k, float alpha, float[] left, float[] right, float beta) {
        int m = c.rows();
        int n = c.columns();
        float[] sums = new float[m];
        byte[] data = region.data();
        for (int j = 0; j < n; j++) {
            Arrays.fill(sums, 0);
            for (int l = 0; l < k; l++) {
                axpy(right[l * n + j], left, l * m, sums, m);
            }
            int first = (int) (c.address() - region.base + 4 * (index * c.stride() + (long) j * c.leading()));
            if (beta != 0 && !region.isWritten(first, 4 * m)) {
                throw new PtxFault("gemm: beta is " + beta + ", but nothing has written c: " + region.where(first));
            }
            for (int i = 0; i < m; i++) {
                float old = beta == 0 ? 0 : beta * (float) Region.FLOAT.get(data, first + 4 * i);
                Region.FLOAT.set(data, first + 4 * i, alpha * sums[i] + old);
            }
            region.markWritten(first, 4 * m);
        }
    }

    private static void axpy(float by, float[] x, int at, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            sums[i] += by * x[at + i];
        }
    }
}

package org.lrcc.kernels.ptx;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.lrcc.kernels.cuda.GpuSolver;

/** Stands in for cuSOLVER, in double: Householder's QR and Jacobi's singular values of column-major matrices in device memory. */
final class HostSolver implements GpuSolver {
    private static final int SWEEPS = 60;

    /**
     * What a call works in and where it reports.
     *
     * @param wanted what it is to report
     */
    private record Report(String call, long workspace, int floats, long info, int wanted) {}

    private final DeviceMemory memory;
    private final StreamOrder order;
    private final LibraryCalls calls;
    private final Map<String, Integer> wanted = new ConcurrentHashMap<>();

    HostSolver(DeviceMemory memory, StreamOrder order, LibraryCalls calls) {
        this.memory = memory;
        this.order = order;
        this.calls = calls;
    }

    /** Makes the next call of this name report this instead of success. */
    void report(String call, int info) {
        wanted.put(call, info);
    }

    private Report reporting(String call, long workspace, int floats, long info) {
        Integer instead = wanted.remove(call);
        return new Report(call, workspace, floats, info, instead == null ? 0 : instead);
    }

    private int workspace(String call, int m, int n, long stream) {
        calls.call(call, stream);
        return workspace(m, n);
    }

    @Override
    public int geqrfWorkspace(int m, int n, long a, int lda, long stream) {
        return workspace("geqrfWorkspace", m, n, stream);
    }

    @Override
    public void geqrf(int m, int n, long a, int lda, long tau, long workspace, int floats, long info, long stream) {
        Report report = reporting("geqrf", workspace, floats, info);
        calls.work("geqrf", stream, () -> geqrf(m, n, a, lda, tau, report));
    }

    @Override
    public int orgqrWorkspace(int m, int n, int k, long a, int lda, long tau, long stream) {
        return workspace("orgqrWorkspace", m, n, stream);
    }

    @Override
    public void orgqr(
            int m, int n, int k, long a, int lda, long tau, long workspace, int floats, long info, long stream) {
        Report report = reporting("orgqr", workspace, floats, info);
        calls.work("orgqr", stream, () -> orgqr(m, n, k, a, lda, tau, report));
    }

    @Override
    public int gesvdjWorkspace(int m, int n, long a, int lda, long s, long u, int ldu, long v, int ldv, long stream) {
        return workspace("gesvdjWorkspace", m, n, stream);
    }

    @Override
    public void gesvdj(
            int m,
            int n,
            long a,
            int lda,
            long s,
            long u,
            int ldu,
            long v,
            int ldv,
            long workspace,
            int floats,
            long info,
            long stream) {
        Report report = reporting("gesvdj", workspace, floats, info);
        calls.work("gesvdj", stream, () -> gesvdj(m, n, a, lda, s, u, ldu, v, ldv, report));
    }

    /** Floats to work in; more than nothing, and another number for every shape, so that whoever mixes calls up is found out. */
    private static int workspace(int m, int n) {
        return 32 * n + m;
    }

    /** Works in all of the work space and reports. */
    private void report(Report report, int m, int n) {
        String call = report.call();
        if (report.floats() < workspace(m, n)) {
            throw new PtxFault(
                    call + ": a work space of " + report.floats() + " floats, " + workspace(m, n) + " are needed");
        }
        Region work = memory.require(call + " work space", report.workspace(), 4L * report.floats());
        Region info = memory.require(call + " report", report.info(), 4);
        order.write(work);
        order.write(info);
        for (int i = 0; i < report.floats(); i++) {
            Region.FLOAT.set(work.data(), (int) (report.workspace() - work.base) + 4 * i, Float.NaN);
        }
        int at = (int) (report.info() - info.base);
        Region.INT.set(info.data(), at, report.wanted());
        info.markWritten(at, 4);
    }

    /** columns[j][i] = element (i, j). */
    private double[][] load(String call, int rows, int columns, long address, int leading) {
        Region region = range(call, rows, columns, address, leading);
        order.read(region);
        double[][] out = new double[columns][rows];
        for (int j = 0; j < columns; j++) {
            int first = (int) (address - region.base + 4L * j * leading);
            if (!region.isWritten(first, 4 * rows)) {
                throw new PtxFault(call + ": nothing has written all of column " + j + ": " + region.where(first));
            }
            for (int i = 0; i < rows; i++) {
                out[j][i] = (float) Region.FLOAT.get(region.data(), first + 4 * i);
            }
        }
        return out;
    }

    private void store(String call, double[][] values, int rows, long address, int leading) {
        Region region = range(call, rows, values.length, address, leading);
        order.write(region);
        for (int j = 0; j < values.length; j++) {
            int first = (int) (address - region.base + 4L * j * leading);
            for (int i = 0; i < rows; i++) {
                Region.FLOAT.set(region.data(), first + 4 * i, (float) values[j][i]);
            }
            region.markWritten(first, 4 * rows);
        }
    }

    private Region range(String call, int rows, int columns, long address, int leading) {
        if (rows < 1 || columns < 1 || leading < rows) {
            throw new PtxFault(call + ": " + rows + " x " + columns + " with leading dimension " + leading);
        }
        return memory.require(call, address, 4 * ((columns - 1L) * leading + rows));
    }

    private void geqrf(int m, int n, long a, int lda, long tau, Report report) {
        report(report, m, n);
        double[][] q = load("geqrf", m, n, a, lda);
        int count = Math.min(m, n);
        double[][] factors = new double[1][count];
        for (int k = 0; k < count; k++) {
            factors[0][k] = reflector(q[k], k);
            for (int j = k + 1; j < n; j++) {
                reflect(q[k], k, factors[0][k], q[j]);
            }
        }
        store("geqrf", q, m, a, lda);
        store("geqrf tau", factors, count, tau, count);
    }

    /** Turns a column into R's diagonal element and the vector below; returns tau. */
    private static double reflector(double[] column, int k) {
        double below = 0;
        for (int i = k + 1; i < column.length; i++) {
            below += column[i] * column[i];
        }
        if (below == 0) {
            return 0;
        }
        double alpha = column[k];
        double beta = -Math.copySign(Math.sqrt(alpha * alpha + below), alpha);
        for (int i = k + 1; i < column.length; i++) {
            column[i] /= alpha - beta;
        }
        column[k] = beta;
        return (beta - alpha) / beta;
    }

    /** x = (1 - tau v v^T) x with v = 1 at k and the column below. */
    private static void reflect(double[] v, int k, double tau, double[] x) {
        double dot = x[k];
        for (int i = k + 1; i < x.length; i++) {
            dot += v[i] * x[i];
        }
        x[k] -= tau * dot;
        for (int i = k + 1; i < x.length; i++) {
            x[i] -= tau * dot * v[i];
        }
    }

    private void orgqr(int m, int n, int k, long a, int lda, long tau, Report report) {
        report(report, m, n);
        if (n > m || k > n) {
            throw new PtxFault("orgqr: m " + m + ", n " + n + ", k " + k);
        }
        double[][] vectors = load("orgqr", m, n, a, lda);
        double[] factors = load("orgqr tau", k, 1, tau, k)[0];
        double[][] q = new double[n][m];
        for (int j = 0; j < n; j++) {
            q[j][j] = 1;
            for (int i = k - 1; i >= 0; i--) {
                reflect(vectors[i], i, factors[i], q[j]);
            }
        }
        store("orgqr", q, m, a, lda);
    }

    private void gesvdj(int m, int n, long a, int lda, long s, long u, int ldu, long v, int ldv, Report report) {
        report(report, m, n);
        double[][] given = load("gesvdj", m, n, a, lda);
        boolean wide = n > m;
        double[][] work = wide ? transpose(given, m) : given;
        int count = Math.min(m, n);
        double[][] right = new double[count][count];
        for (int i = 0; i < count; i++) {
            right[i][i] = 1;
        }
        for (int sweep = 0; sweep < SWEEPS && sweep(work, right); sweep++) {}
        double[][] values = new double[1][count];
        for (int i = 0; i < count; i++) {
            values[0][i] = Math.sqrt(dot(work[i], work[i]));
        }
        sort(values[0], work, right);
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < work[i].length; j++) {
                work[i][j] = values[0][i] == 0 ? 0 : work[i][j] / values[0][i];
            }
        }
        store("gesvdj s", values, count, s, count);
        store("gesvdj u", wide ? right : work, m, u, ldu);
        store("gesvdj v", wide ? work : right, n, v, ldv);
    }

    private static double[][] transpose(double[][] x, int rows) {
        double[][] out = new double[rows][x.length];
        for (int j = 0; j < x.length; j++) {
            for (int i = 0; i < rows; i++) {
                out[i][j] = x[j][i];
            }
        }
        return out;
    }

    /** Rotates every pair of columns to be orthogonal; false where all were. */
    private static boolean sweep(double[][] work, double[][] right) {
        boolean moved = false;
        for (int p = 0; p < work.length; p++) {
            for (int q = p + 1; q < work.length; q++) {
                double both = dot(work[p], work[q]);
                double first = dot(work[p], work[p]);
                double second = dot(work[q], work[q]);
                if (Math.abs(both) <= 1e-15 * Math.sqrt(first * second)) {
                    continue;
                }
                moved = true;
                double zeta = (second - first) / (2 * both);
                double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
                double cosine = 1 / Math.sqrt(1 + tangent * tangent);
                rotate(work[p], work[q], cosine, cosine * tangent);
                rotate(right[p], right[q], cosine, cosine * tangent);
            }
        }
        return moved;
    }

    private static void rotate(double[] x, double[] y, double cosine, double sine) {
        for (int i = 0; i < x.length; i++) {
            double old = x[i];
            x[i] = cosine * old - sine * y[i];
            y[i] = sine * old + cosine * y[i];
        }
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static void sort(double[] values, double[][] left, double[][] right) {
        for (int i = 0; i < values.length; i++) {
            int largest = i;
            for (int j = i + 1; j < values.length; j++) {
                largest = values[j] > values[largest] ? j : largest;
            }
            double value = values[i];
            values[i] = values[largest];
            values[largest] = value;
            double[] column = left[i];
            left[i] = left[largest];
            left[largest] = column;
            column = right[i];
            right[i] = right[largest];
            right[largest] = column;
        }
    }
}

package org.lrcc.kernels.cuda;

import static org.lrcc.kernels.cuda.KernelQueue.address;

import org.lrcc.engine.spi.LinearAlgebra;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Scope;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

/**
 * Factorizations on cuSOLVER: Householder's QR (geqrf, orgqr) and Jacobi's singular values (gesvdj). cuSOLVER has matrices column by column, so they are
 * transposed on the way, or their transposes taken apart.
 *
 * <p>Each call waits for what cuSOLVER reports of it: a report that is not 0 is a failure that names call and sizes.
 */
final class CudaLinearAlgebra implements LinearAlgebra {
    private static final int[] TRANSPOSED = {1, 0};

    private final CudaKernels kernels;
    private final KernelQueue queue;

    CudaLinearAlgebra(CudaKernels kernels, KernelQueue queue) {
        this.kernels = kernels;
        this.queue = queue;
    }

    @Override
    public void orthonormalize(Tensor y, Tensor q) {
        int m = y.shape().size(0);
        int n = y.shape().size(1);
        try (Scope scope = Scope.open()) {
            Tensor columns = matrix(n, m);
            Tensor factors = matrix(1, n);
            long a = address(columns);
            long tau = address(factors);
            kernels.permute(y, TRANSPOSED, columns);
            GpuSolver solver = queue.driver().solver();
            solve(
                    "geqrf",
                    m,
                    n,
                    solver.geqrfWorkspace(m, n, a, m, queue.stream()),
                    (work, floats, info) -> solver.geqrf(m, n, a, m, tau, work, floats, info, queue.stream()));
            solve(
                    "orgqr",
                    m,
                    n,
                    solver.orgqrWorkspace(m, n, n, a, m, tau, queue.stream()),
                    (work, floats, info) -> solver.orgqr(m, n, n, a, m, tau, work, floats, info, queue.stream()));
            kernels.permute(columns, TRANSPOSED, q);
        }
    }

    /** Row by row a [m, n] is column by column its transpose: aᵀ = U S Vᵀ gives v = Uᵀ and u = V. */
    @Override
    public double[] svd(Tensor a, Tensor u, Tensor v) {
        int rank = u.shape().size(1);
        try (Scope scope = Scope.open()) {
            Vectors all = new Vectors(a);
            kernels.copy(all.right.slice(0, v.shape()), v);
            kernels.permute(all.left.slice(0, Shape.of(rank, u.shape().size(0))), TRANSPOSED, u);
            return all.values(rank);
        }
    }

    @Override
    public double[] singularValues(Tensor a) {
        try (Scope scope = Scope.open()) {
            Vectors all = new Vectors(a);
            return all.values(Math.min(a.shape().size(0), a.shape().size(1)));
        }
    }

    /** All singular vectors of a matrix, one a row; under the innermost scope. */
    private final class Vectors {
        private final Tensor left;
        private final Tensor right;
        private final Tensor values;

        Vectors(Tensor matrix) {
            int m = matrix.shape().size(0);
            int n = matrix.shape().size(1);
            int count = Math.min(m, n);
            left = matrix(count, m);
            right = matrix(count, n);
            values = matrix(1, count);
            Tensor overwritten = matrix(m, n);
            kernels.copy(matrix, overwritten);
            long a = address(overwritten);
            long s = address(values);
            long u = address(right);
            long v = address(left);
            GpuSolver solver = queue.driver().solver();
            int needed = solver.gesvdjWorkspace(n, m, a, n, s, u, n, v, m, queue.stream());
            solve(
                    "gesvdj",
                    n,
                    m,
                    needed,
                    (work, floats, info) ->
                            solver.gesvdj(n, m, a, n, s, u, n, v, m, work, floats, info, queue.stream()));
            overwritten.release();
        }

        double[] values(int count) {
            return values.slice(0, Shape.of(count)).toDoubles();
        }
    }

    private Tensor matrix(int rows, int columns) {
        return kernels.allocate(DType.F32, Shape.of(rows, columns));
    }

    /** A call of cuSOLVER, given its work space and the place of its report. */
    private interface Call {
        void run(long workspace, int floats, long info);
    }

    private void solve(String name, int m, int n, int floats, Call call) {
        try (Scratch info = queue.scratch(Integer.BYTES);
                Scratch workspace = queue.scratch(Math.max(1L, floats) * Float.BYTES)) {
            call.run(workspace.address(), floats, info.address());
            int[] report = new int[1];
            queue.staging().download(DType.I32, info.address(), report, 0, 1);
            if (report[0] != 0) {
                throw GpuFault.failure(
                        GpuFault.Kind.OTHER,
                        "cusolver " + name + " of [" + m + "," + n + "]: "
                                + (report[0] < 0
                                        ? "argument " + -report[0] + " is wrong"
                                        : "it does not converge (info " + report[0] + ")"));
            }
        }
    }
}

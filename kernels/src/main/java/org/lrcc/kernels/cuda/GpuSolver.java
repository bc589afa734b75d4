package org.lrcc.kernels.cuda;

/**
 * What the backend asks of cuSOLVER, of a {@link GpuDriver} and under its rules. Matrices are column-major.
 *
 * <p>Each factorization is given device memory to work in, of as many floats as its {@code ...Workspace} says for the same arguments, and the place of an int for its
 * report: 0, minus the number of an argument that is wrong, or above 0 where an iteration did not converge.
 */
public interface GpuSolver {
    /** Floats that {@link #geqrf} works in. */
    int geqrfWorkspace(int m, int n, long a, int lda, long stream);

    /** QR in place of a [m, n]: R in the upper triangle, Householder vectors below, their factors in tau [min(m, n)]. */
    void geqrf(int m, int n, long a, int lda, long tau, long workspace, int floats, long info, long stream);

    /** Floats that {@link #orgqr} works in. */
    int orgqrWorkspace(int m, int n, int k, long a, int lda, long tau, long stream);

    /** The first n columns of Q, in place, from k vectors of {@link #geqrf}; k at most n, n at most m. */
    void orgqr(int m, int n, int k, long a, int lda, long tau, long workspace, int floats, long info, long stream);

    /** Floats that {@link #gesvdj} works in. */
    int gesvdjWorkspace(int m, int n, long a, int lda, long s, long u, int ldu, long v, int ldv, long stream);

    /**
     * Thin singular value decomposition of a [m, n], which is overwritten, by Jacobi's method: s [min(m, n)] descending, u [m, min(m, n)],
     * v [n, min(m, n)] (not transposed).
     */
    void gesvdj(
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
            long stream);
}

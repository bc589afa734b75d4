package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.FactorGradients.Operands;

/** Copies the input and the output's gradient of a chunk of {@link FactorGradients} to rows of their own. */
final class FactorCopies {
    private final ConvShape s;
    private final Tiles tiles;
    private final Operands in;

    FactorCopies(ConvShape s, Tiles tiles, Operands in) {
        this.s = s;
        this.tiles = tiles;
        this.in = in;
    }

    /** Rows {@code row .. row + rows - 1} of the output's gradient, counted through the batch, as {@code [output][ld]}. */
    void gradient(int row, int rows, float[] d, int ld) {
        for (int done = 0; done < rows; ) {
            int image = (row + done) / s.outHeight();
            int h = (row + done) % s.outHeight();
            int take = Math.min(rows - done, s.outHeight() - h);
            int from = in.dyo() + image * s.outputs() * s.outPlane() + h * s.outWidth();
            for (int m = 0; m < s.outputs(); m++) {
                int at = from + m * s.outPlane();
                System.arraycopy(in.dy(), at, d, m * ld + done * s.outWidth(), take * s.outWidth());
            }
            done += take;
        }
    }

    /** The columns of one phase that these rows of the output read, as {@code [pair][ldx]} for the pairs (channel, kernel row) from {@code first} on; rows outside the image are zero. */
    void input(int first, int pairs, FactorPhase phase, int row, int rows, float[] x, int ldx) {
        int plane = s.height() * s.width();
        for (int done = 0; done < rows; ) {
            int image = (row + done) / s.outHeight();
            int h = (row + done) % s.outHeight();
            int take = Math.min(rows - done, s.outHeight() - h);
            for (int i = 0; i < Math.min(pairs, s.kernelH()); i++) {
                // Every pair of this kernel row: its channels follow each other.
                int tap = (first + i) % s.kernelH();
                int from = in.xo() + (image * s.inputs() + (first + i) / s.kernelH()) * plane;
                int top = h * s.strideH() + tap * s.dilationH() - s.top();
                int above = Math.min(take, top >= 0 ? 0 : (-top + s.strideH() - 1) / s.strideH());
                int inside = top >= s.height() ? 0 : (s.height() - 1 - top) / s.strideH() + 1;
                int end = Math.max(above, Math.min(take, inside));
                for (int p = i; p < pairs; p += s.kernelH()) {
                    copyRows(phase, from, top, take, above, end, x, p * ldx + done * phase.count());
                    from += plane;
                }
            }
            done += take;
        }
    }

    /** Rows {@code top, top + stride, ...} of a plane, of which those from {@code above} to {@code end - 1} lie inside. */
    private void copyRows(FactorPhase phase, int plane, int top, int rows, int above, int end, float[] x, int to) {
        int width = phase.count();
        if (above > 0) {
            Arrays.fill(x, to, to + above * width, 0f);
        }
        if (end < rows) {
            Arrays.fill(x, to + end * width, to + rows * width, 0f);
        }
        if (end == above) {
            return; // All of it is padding, and there is no such row to begin at.
        }
        int from = plane + (top + above * s.strideH()) * s.width() + phase.first();
        if (s.strideH() == 1 && s.strideW() == 1) {
            System.arraycopy(in.x(), from, x, to + above * width, (end - above) * width);
            return;
        }
        for (int i = above; i < end; i++) {
            tiles.every(in.x(), from, s.strideW(), width, x, to + i * width);
            from += s.strideH() * s.width();
        }
    }
}

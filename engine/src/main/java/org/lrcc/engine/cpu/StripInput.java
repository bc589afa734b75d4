package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.FactorGradients.Operands;

/**
 * The strips of X of a chunk of {@link StripFactors}: for each remainder of the input's rows modulo the stride and each column of the kernel the floats that the output's pixels read, row after row, zeros where
 * padding is read.
 */
final class StripInput {
    private final StripLayout l;
    private final ConvShape s;
    private final Tiles tiles;
    private final Operands in;
    private final float[] x;
    private final int width;

    StripInput(StripLayout l, Tiles tiles, Operands in, float[] x) {
        this.l = l;
        this.s = l.s;
        this.tiles = tiles;
        this.in = in;
        this.x = x;
        width = s.outWidth();
    }

    /** Zeros behind the strips. */
    void clearTails(int rows, int strips) {
        int used = rows * width;
        for (int i = 1; i <= strips; i++) {
            int end = Workspace.START + i * l.strip;
            Arrays.fill(x, end - l.strip + used, end, 0f);
        }
    }

    /** The strips of one channel, {@code c} among those made at once, for output rows {@code h .. h + rows - 1} of an image that begins at row {@code at} of the strip. */
    void fill(int c, int image, int channel, int h, int rows, int at) {
        int plane = in.xo() + (image * s.inputs() + channel) * s.height() * s.width();
        int count = rows + l.extra;
        for (int f = 0; f < l.firstRow.length; f++) {
            int top = h * s.strideH() + l.firstRow[f];
            int above = Math.min(count, top >= 0 ? 0 : (-top + s.strideH() - 1) / s.strideH());
            int inside = top >= s.height() ? 0 : (s.height() - 1 - top) / s.strideH() + 1;
            int end = Math.max(above, Math.min(count, inside));
            int to = Workspace.START + (c * l.firstRow.length + f) * s.kernelW() * l.strip + at * width;
            for (int k = 0; k < s.kernelW(); k++) {
                Arrays.fill(x, to + k * l.strip, to + k * l.strip + above * width, 0f);
            }
            if (end > above) {
                int from = plane + (top + above * s.strideH()) * s.width();
                rows(from, end - above, to + above * width);
            }
            for (int k = 0; k < s.kernelW(); k++) {
                Arrays.fill(x, to + k * l.strip + end * width, to + k * l.strip + count * width, 0f);
            }
        }
    }

    /** Rows inside the image, for each column of the kernel. */
    private void rows(int from, int rows, int to) {
        if (l.halves) {
            splitRows(from, rows, to);
        }
        for (int f = 0; f < l.leads.length; f++) {
            FactorPhase phase = l.columnPhases.get(f);
            int lead = l.leads[f];
            if (lead >= 0 && !l.halves) {
                leadRows(phase, from, rows, to + lead * l.strip);
            }
            for (int i = 0; i < phase.taps().length; i++) {
                int tap = to + phase.taps()[i] * l.strip;
                if (lead < 0) {
                    tapRows(phase, i, from, rows, tap);
                } else if (phase.taps()[i] != lead) {
                    shift(to + lead * l.strip, phase.shifts()[i], rows, tap);
                }
            }
        }
    }

    private void splitRows(int from, int rows, int to) {
        int pitch = s.strideH() * s.width();
        int even = to + l.leads[0] * l.strip;
        if (l.leads.length == 1) {
            tiles.evenRows(in.x(), from, pitch, rows, width, x, even);
        } else {
            tiles.splitRows(in.x(), from, pitch, rows, width, x, even, to + l.leads[1] * l.strip);
        }
    }

    private void leadRows(FactorPhase phase, int from, int rows, int to) {
        if (s.strideW() == 1 && s.strideH() == 1) {
            System.arraycopy(in.x(), from, x, to, rows * width);
            return;
        }
        for (int i = 0; i < rows; i++) {
            int row = from + i * s.strideH() * s.width() + phase.first();
            every(row, width, to + i * width);
        }
    }

    private void every(int from, int n, int to) {
        if (s.strideW() == 1) {
            System.arraycopy(in.x(), from, x, to, n);
        } else {
            tiles.every(in.x(), from, s.strideW(), n, x, to);
        }
    }

    /** A strip from that of another column of the kernel: moved, with zeros where it would read the row before or behind. */
    private void shift(int from, int columns, int rows, int to) {
        int n = rows * width;
        if (Math.abs(columns) >= width) {
            Arrays.fill(x, to, to + n, 0f);
            return;
        }
        int begin = Math.max(0, -columns);
        int end = width - Math.max(0, columns);
        System.arraycopy(x, from + begin + columns, x, to + begin, n - Math.abs(columns));
        for (int i = to; i < to + n; i += width) {
            for (int j = 0; j < begin; j++) {
                x[i + j] = 0f;
            }
            for (int j = end; j < width; j++) {
                x[i + j] = 0f;
            }
        }
    }

    private void tapRows(FactorPhase phase, int tap, int from, int rows, int to) {
        int begin = Math.min(width, phase.begin(tap));
        // A tap that reads beyond all columns ends behind them too.
        int end = Math.max(begin, Math.min(width, phase.end(tap, width)));
        for (int i = 0; i < rows; i++) {
            int row = to + i * width;
            Arrays.fill(x, row, row + begin, 0f);
            if (end > begin) {
                int column = phase.first() + (begin + phase.shifts()[tap]) * s.strideW();
                every(from + i * s.strideH() * s.width() + column, end - begin, row + begin);
            }
            Arrays.fill(x, row + end, row + width, 0f);
        }
    }
}

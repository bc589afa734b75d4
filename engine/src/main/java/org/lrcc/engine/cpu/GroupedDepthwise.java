package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * Depthwise convolution on channels in groups: vectors run along a group's channels, of which each is summed by itself.
 *
 * <p>A chunk of work is a few rows of output pixels of one group of one image. Where there is padding the rows that it reads are copied first, with their zeros, to a band in L2: two of
 * the seven pixels of a row lie at its ends, and by count of cycles a loop of their own would take longer for these than for all others together.
 */
final class GroupedDepthwise {
    /** Pixels that a chunk reads, about: 128 KB at 256 bits, and few rows that two chunks read. */
    private static final int PIXELS = 2048;

    private static final float NONE = Float.NEGATIVE_INFINITY;

    private final ThreadPool pool;
    private final GroupLoops loops;
    private final DepthwiseLoops rows;

    GroupedDepthwise(ThreadPool pool, GroupLoops loops, DepthwiseLoops rows) {
        this.pool = pool;
        this.loops = loops;
        this.rows = rows;
    }

    /** Packs weights [channels, 1, kernel] as {@code [channels / columns][kernel][columns]}. */
    float[] pack(int channels, int kernel, float[] w, int wo) {
        int nr = loops.columns();
        float[] packed = new float[Workspace.START + channels * kernel];
        for (int c = 0; c < channels; c++) {
            int to = Workspace.START + c / nr * nr * kernel + c % nr;
            for (int t = 0; t < kernel; t++) {
                packed[to + t * nr] = w[wo + c * kernel + t];
            }
        }
        return packed;
    }

    /** Runs a convolution of which inputs, outputs and groups are as many, a multiple of {@link GroupLoops#columns()}. */
    void run(ConvShape s, float[] x, int xo, float[] packed, GroupedDirect.Finish finish, float[] y, int yo) {
        Pass pass = new Pass(s, x, xo, packed, finish, y, yo);
        pool.run(s.batch() * pass.groups * pass.parts, pass::chunk);
    }

    private final class Pass {
        final ConvShape s;
        final float[] x;
        final int xo;
        final float[] weights;
        final GroupedDirect.Finish finish;
        final float[] y;
        final int yo;
        final int nr = loops.columns();
        final int groups;
        final int parts;
        /** Floats of a row of what taps are read from: the image's, or the band's. */
        final int line;

        final int[] offsets;

        Pass(ConvShape s, float[] x, int xo, float[] weights, GroupedDirect.Finish finish, float[] y, int yo) {
            this.s = s;
            this.x = x;
            this.xo = xo;
            this.weights = weights;
            this.finish = finish;
            this.y = y;
            this.yo = yo;
            groups = s.outputs() / nr;
            int columns =
                    s.isPadded() ? (s.outWidth() - 1) * s.strideW() + (s.kernelW() - 1) * s.dilationW() + 1 : s.width();
            line = columns * nr;
            int most = (int) Math.max(1, PIXELS / ((long) columns * s.strideH()));
            parts = (s.outHeight() + most - 1) / most;
            offsets = new int[s.kernel()];
            for (int t = 0; t < offsets.length; t++) {
                offsets[t] = t / s.kernelW() * s.dilationH() * line + t % s.kernelW() * s.dilationW() * nr;
            }
        }

        void chunk(int index) {
            int part = index % parts;
            int image = index / parts;
            int r0 = (int) ((long) s.outHeight() * part / parts);
            int r1 = (int) ((long) s.outHeight() * (part + 1) / parts);
            int from = xo + image * s.height() * s.width() * nr;
            float[] source = x;
            int base = from + r0 * s.strideH() * line;
            if (s.isPadded()) {
                int used = (r1 - r0 - 1) * s.strideH() + (s.kernelH() - 1) * s.dilationH() + 1;
                source = Workspace.take(Purpose.PADDED, (long) used * line);
                base = Workspace.START;
                band(from, r0 * s.strideH() - s.top(), used, source, base);
            }
            int group = image % groups;
            // A residual comes before the clamp.
            boolean sums = finish.residual() != null;
            float low = sums ? NONE : finish.low();
            float high = sums ? -NONE : finish.high();
            for (int r = r0; r < r1; r++) {
                rows.row(
                        offsets,
                        source,
                        base + (r - r0) * s.strideH() * line,
                        s.strideW() * nr,
                        s.outWidth(),
                        weights,
                        Workspace.START + group * nr * s.kernel(),
                        finish.bias(),
                        group * nr,
                        low,
                        high,
                        y,
                        yo + (image * s.outPlane() + r * s.outWidth()) * nr);
            }
            if (sums) {
                addResidual((image * s.outPlane() + r0 * s.outWidth()) * nr, (r1 - r0) * s.outWidth());
            }
        }

        private void addResidual(int at, int pixels) {
            loops.finish(
                    y,
                    yo + at,
                    pixels,
                    ChannelSums.ZEROS,
                    Workspace.START,
                    finish.residual(),
                    finish.residualOffset() + at,
                    finish.low(),
                    finish.high(),
                    y,
                    yo + at);
        }

        /** Copies {@code count} rows of a plane from row {@code first} on, with zeros around. */
        private void band(int plane, int first, int count, float[] to, int at) {
            int lead = Math.min(s.left() * nr, line);
            int inside = Math.max(0, Math.min(s.width() * nr, line - lead));
            for (int i = 0; i < count; i++) {
                int h = first + i;
                int d = at + i * line;
                if (h < 0 || h >= s.height()) {
                    Arrays.fill(to, d, d + line, 0f);
                    continue;
                }
                Arrays.fill(to, d, d + lead, 0f);
                System.arraycopy(x, plane + h * s.width() * nr, to, d + lead, inside);
                Arrays.fill(to, d + lead + inside, d + line, 0f);
            }
        }
    }
}

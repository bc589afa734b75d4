package org.lrcc.engine.cpu;

/**
 * How the input gradient of a convolution with stride 2 is summed, for {@link ParityGradient}: which pixels of the output's gradient each parity of rows and columns receives from.
 *
 * <p>Pixel (2q + a, 2s + b) receives {@code dy[q + d][s + e]} through the tap of row {@code a + top - 2d} and column {@code b + left - 2e}. The shifts d of a parity follow one another, and so do
 * those of the other, so a panel of all shifts, packed once, serves the four.
 */
final class ParityPlan {
    private static final int STRIDE = 2;

    /** Floats of a vector of 512 bits. */
    private static final int WIDE = 16;

    /** Longest sum between two visits to the result's tile. */
    private static final int MAX_DEPTH = 320;

    /**
     * Rows or columns of one parity.
     *
     * @param first the first shift, counted from the least of both parities
     * @param taps kernel rows or columns, that of the first shift first
     */
    record Axis(int first, int[] taps) {
        /** As {@link Axis}, first shift counted from 0. */
        static Axis of(int parity, int pad, int kernel) {
            int least = Math.floorMod(parity + pad, STRIDE);
            int[] taps = new int[(kernel - least + 1) / STRIDE];
            for (int i = 0; i < taps.length; i++) {
                taps[taps.length - 1 - i] = least + i * STRIDE;
            }
            return new Axis((parity + pad - taps[0]) / STRIDE, taps);
        }

        int end() {
            return first + taps.length;
        }

        Axis from(int least) {
            return new Axis(first - least, taps);
        }
    }

    final Axis[] rows;
    final Axis[] columns;
    /** The output's gradient with a border of zeros. */
    final PaddedPlanes gradient;
    /** Pixels of parity (0, 0), where they lie in the padded gradient for the least shifts and in the input. */
    final PixelPanels panels;
    /** Offsets of the steps of a panel: {@code [block of channels][row shift][column shift][channel]}. */
    final int[] offsets;

    final int rowShifts;
    final int columnShifts;
    /** Channels of the output that are summed between two visits to the tiles. */
    final int block;

    ParityPlan(ConvShape s, Tiles tiles) {
        Axis[] r = {Axis.of(0, s.top(), s.kernelH()), Axis.of(1, s.top(), s.kernelH())};
        Axis[] c = {Axis.of(0, s.left(), s.kernelW()), Axis.of(1, s.left(), s.kernelW())};
        int top = Math.min(r[0].first, r[1].first);
        int left = Math.min(c[0].first, c[1].first);
        rows = new Axis[] {r[0].from(top), r[1].from(top)};
        columns = new Axis[] {c[0].from(left), c[1].from(left)};
        rowShifts = Math.max(rows[0].end(), rows[1].end());
        columnShifts = Math.max(columns[0].end(), columns[1].end());
        int high = s.height() / STRIDE;
        int wide = s.width() / STRIDE;
        gradient = new PaddedPlanes(
                s.outputs(),
                s.outHeight(),
                s.outWidth(),
                -top,
                -left,
                1,
                1,
                new int[] {0},
                1,
                high + rowShifts - 1,
                wide + columnShifts - 1);
        PixelPanels.Builder builder = new PixelPanels.Builder(tiles);
        for (int n = 0; n < s.batch(); n++) {
            for (int q = 0; q < high; q++) {
                int from = n * gradient.image() + q * gradient.columns();
                builder.row(from, (n * s.inputs() * s.height() + q * STRIDE) * s.width(), wide, STRIDE);
            }
        }
        panels = builder.build(STRIDE);
        int most = Math.max(1, MAX_DEPTH / columnShifts);
        int blocks = (s.outputs() + most - 1) / most;
        block = (s.outputs() + blocks - 1) / blocks;
        offsets = offsets(s.outputs());
    }

    /** Whether all parities have as many pixels and some tap, at widths where this was measured to be faster: see {@link ParityGradient}. */
    static boolean fits(ConvShape s, int lanes) {
        return lanes < WIDE
                && s.strideH() == STRIDE
                && s.strideW() == STRIDE
                && s.dilationH() == 1
                && s.dilationW() == 1
                && s.groups() == 1
                && s.kernelH() >= STRIDE
                && s.kernelW() >= STRIDE
                && s.height() % STRIDE == 0
                && s.width() % STRIDE == 0;
    }

    long bytes() {
        return (long) Integer.BYTES * offsets.length + panels.bytes();
    }

    private int[] offsets(int channels) {
        int[] all = new int[channels * rowShifts * columnShifts];
        int k = 0;
        for (int m = 0; m < channels; m += block) {
            for (int shift = 0; shift < rowShifts * columnShifts; shift++) {
                int at = shift / columnShifts * gradient.columns() + shift % columnShifts;
                for (int c = m; c < Math.min(channels, m + block); c++) {
                    all[k++] = c * gradient.channel() + at;
                }
            }
        }
        return all;
    }
}

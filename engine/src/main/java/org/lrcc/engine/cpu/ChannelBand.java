package org.lrcc.engine.cpu;

import java.util.Arrays;

/**
 * Rows of an image as groups of channels, {@code [group][row][column][channel]}, zero where the image has no pixel.
 *
 * @param groups of the image
 * @param height of the image
 * @param width of the image
 * @param rows of the band
 * @param columns of the band
 * @param left columns before the image's first
 */
record ChannelBand(WinogradTiles layouts, int groups, int height, int width, int rows, int columns, int left) {
    /** Floats of a row of a group. */
    int line() {
        return columns * layouts.columns();
    }

    /** Floats of a group. */
    int group() {
        return rows * line();
    }

    int size() {
        return groups * group();
    }

    /** Fills group {@code g} with its rows {@code first .. first+rows-1} of the planes at {@code x[xo]}; the band begins at {@code out[to]}. */
    void fill(int g, float[] x, int xo, int first, float[] out, int to) {
        int nr = layouts.columns();
        int h0 = Math.min(Math.max(first, 0), height);
        int h1 = Math.max(h0, Math.min(height, first + rows));
        int begin = to + g * group();
        int inside = begin + Math.min(rows, Math.max(0, h0 - first)) * line();
        int after = inside + (h1 - h0) * line();
        Arrays.fill(out, begin, inside, 0f);
        Arrays.fill(out, after, begin + group(), 0f);
        for (int d = inside; d < after; d += line()) {
            Arrays.fill(out, d, d + left * nr, 0f);
            Arrays.fill(out, d + (left + width) * nr, d + line(), 0f);
        }
        int plane = height * width;
        int from = xo + g * nr * plane + h0 * width;
        layouts.gather(x, from, plane, nr, h1 - h0, width, out, inside + left * nr, columns);
    }
}

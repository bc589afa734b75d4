package org.lrcc.engine.cpu;

import java.util.Arrays;

/**
 * Which pixels make up the panels of a convolution's right operand, and where their results go.
 *
 * <p>Columns are the pixels of the whole batch, one image after the other. A panel consists of runs of at most one vector: consecutive in the
 * padded input and in the output. Immutable; kept with a convolution's plan.
 */
final class PixelPanels {
    final int panels;
    /** Runs of panel p: {@code first[p] .. first[p+1]-1}. */
    final int[] first;
    /** Where a run starts in the padded input, for tap zero of channel zero. */
    final int[] source;
    /** Its first column in the panel. */
    final int[] column;
    /** Where its first result goes, for row zero. */
    final int[] target;
    /** Its number of columns. */
    final int[] length;
    /** Floats between results of neighbouring columns of a run. */
    final int step;
    /** Whether the panel's results are consecutive, as one run. */
    final boolean[] contiguous;
    /** Columns of a panel that are pixels (less than full in the last). */
    final int[] width;

    private PixelPanels(Builder b, int step) {
        this.step = step;
        panels = b.panel + (b.used > 0 ? 1 : 0);
        first = Arrays.copyOf(b.first, panels + 1);
        first[panels] = b.count;
        source = Arrays.copyOf(b.source, b.count);
        column = Arrays.copyOf(b.column, b.count);
        target = Arrays.copyOf(b.target, b.count);
        length = Arrays.copyOf(b.length, b.count);
        contiguous = new boolean[panels];
        width = new int[panels];
        for (int p = 0; p < panels; p++) {
            contiguous[p] = step == 1;
            for (int i = first[p]; i < first[p + 1]; i++) {
                width[p] += length[i];
                contiguous[p] &= i == first[p] || target[i] == target[i - 1] + length[i - 1];
            }
        }
    }

    long bytes() {
        return (long) Integer.BYTES * (first.length + 4 * source.length + width.length) + contiguous.length;
    }

    /** Collects rows of pixels into panels. */
    static final class Builder {
        private final int lanes;
        private final int columns;
        private int[] first = new int[64];
        private int[] source = new int[64];
        private int[] column = new int[64];
        private int[] target = new int[64];
        private int[] length = new int[64];
        private int panel;
        private int used;
        private int count;
        private int pendingSource;
        private int pendingTarget;
        private int pending;

        Builder(Tiles tiles) {
            lanes = tiles.lanes();
            columns = tiles.columns();
        }

        /** Adds a row of pixels; a row that continues the previous one on both sides is joined to it. */
        void row(int from, int to, int n, int step) {
            if (pending > 0 && from == pendingSource + pending && to == pendingTarget + pending && step == 1) {
                pending += n;
            } else {
                flush(step);
                pendingSource = from;
                pendingTarget = to;
                pending = n;
            }
        }

        private void flush(int step) {
            int done = 0;
            while (done < pending) {
                int n = Math.min(lanes, Math.min(pending - done, columns - used));
                add(pendingSource + done, pendingTarget + done * step, n);
                done += n;
            }
            pending = 0;
        }

        private void add(int from, int to, int n) {
            if (count == source.length) {
                source = Arrays.copyOf(source, 2 * count);
                column = Arrays.copyOf(column, 2 * count);
                target = Arrays.copyOf(target, 2 * count);
                length = Arrays.copyOf(length, 2 * count);
            }
            if (panel + 2 > first.length) {
                first = Arrays.copyOf(first, 2 * first.length);
            }
            if (used == 0) {
                first[panel] = count;
            }
            source[count] = from;
            column[count] = used;
            target[count] = to;
            length[count++] = n;
            used += n;
            if (used == columns) {
                used = 0;
                panel++;
            }
        }

        PixelPanels build(int step) {
            flush(step);
            return new PixelPanels(this, step);
        }
    }

    /** Panels of a convolution input as a right operand: step k reads {@code x[base + offsets[k] + ...]}. */
    PanelProduct.Panels of(Tiles tiles, float[] x, int base, int[] offsets) {
        return new PanelProduct.Panels() {
            @Override
            public int count() {
                return panels;
            }

            @Override
            public void pack(int panel, int k0, int kc, float[] b, int bo) {
                int from = first[panel];
                int end = first[panel + 1];
                // Offsets grow with k within a channel's plane order, so the last run's last step reads farthest.
                int farthest = base + source[end - 1] + greatest(offsets, k0, kc) + tiles.lanes();
                if (farthest <= x.length) {
                    tiles.packRuns(x, base, offsets, k0, kc, b, bo, source, column, from, end - from);
                } else {
                    packExactly(tiles.columns(), x, base, offsets, k0, kc, b, bo, from, end);
                }
            }
        };
    }

    private static int greatest(int[] offsets, int k0, int kc) {
        int g = offsets[k0];
        for (int k = 1; k < kc; k++) {
            g = Math.max(g, offsets[k0 + k]);
        }
        return g;
    }

    /** The end of an array that has no spare vector behind it: element by element. */
    private void packExactly(
            int columns, float[] x, int base, int[] offsets, int k0, int kc, float[] b, int bo, int from, int end) {
        for (int p = 0; p < kc; p++) {
            for (int i = from; i < end; i++) {
                System.arraycopy(x, base + source[i] + offsets[k0 + p], b, bo + p * columns + column[i], length[i]);
            }
        }
    }
}

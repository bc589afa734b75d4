package org.lrcc.engine.cpu;

import java.util.Arrays;

/** What weight gradients share: the output's gradient as right operand, and sums of parts of the batch. */
final class GradientPanels {
    /** Weights a chunk of the last sum has. */
    private static final int CHUNK = 8192;

    private GradientPanels() {}

    /**
     * Packs rows {@code row .. row+rows-1} of one group's output gradient, rows counted over the batch, as {@code [panel][pixel][column]}.
     *
     * @param dyo the group's first channel of the first image
     * @param pitch pixels from row to row, those beyond the output's width zero
     * @param panelSize floats from panel to panel
     */
    static void pack(
            Tiles tiles,
            ConvShape s,
            float[] dy,
            int dyo,
            int row,
            int rows,
            int pitch,
            int panelSize,
            float[] out,
            int to) {
        int nr = tiles.columns();
        int panels = (s.groupOutputs() + nr - 1) / nr;
        int done = 0;
        for (int r = row; r < row + rows; ) {
            int n = r / s.outHeight();
            int h = r % s.outHeight();
            int take = pitch == s.outWidth() ? Math.min(row + rows - r, s.outHeight() - h) : 1;
            int length = take * s.outWidth();
            int from = dyo + n * s.outputs() * s.outPlane() + h * s.outWidth();
            for (int p = 0; p < panels; p++) {
                int width = Math.min(nr, s.groupOutputs() - p * nr);
                int source = from + p * nr * s.outPlane();
                int d = to + p * panelSize + done * nr;
                tiles.packTransposed(dy, source, s.outPlane(), width, length, out, d);
                Arrays.fill(out, d + length * nr, d + take * pitch * nr, 0f);
            }
            done += take * pitch;
            r += take;
        }
    }

    /**
     * {@code dw}, which may lie over the first part, = the sum of the parts {@code [parts][weights]}, in order. By vectors: of eight parts of 20,000 to 240,000 floats C2 makes loops over
     * floats that take three to five times as long (Zen 3, JDK 17).
     */
    static void addParts(ThreadPool pool, Tiles tiles, float[] partial, int weights, int parts, float[] dw, int dwo) {
        pool.run((weights + CHUNK - 1) / CHUNK, chunk -> {
            int i0 = chunk * CHUNK;
            addParts(tiles, partial, weights, parts, i0, Math.min(weights - i0, CHUNK), dw, dwo);
        });
    }

    private static void addParts(
            Tiles tiles, float[] partial, int stride, int parts, int i, int n, float[] dw, int dwo) {
        System.arraycopy(partial, i, dw, dwo + i, n);
        for (int p = 1; p < parts; p++) {
            tiles.storeSum(partial, p * stride + i, dw, dwo + i, dw, dwo + i, n);
        }
    }
}

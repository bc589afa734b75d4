package org.lrcc.engine.cpu;

import org.lrcc.engine.cpu.Workspace.Purpose;

/** Packs weights {@code [output][input][tap]} for sums whose steps are channels in groups, as they change with every step of training. */
final class GroupedWeights {
    private GroupedWeights() {}

    /**
     * Packs those of one group of outputs and one of inputs as {@code [tap][input][output]}.
     *
     * @param from where the first of them is in w
     * @param depth floats from output to output in w
     */
    static void pack(
            Tiles tiles, WinogradTiles layouts, int kernel, int depth, float[] w, int from, float[] packed, int to) {
        int nr = layouts.columns();
        float[] taps = Workspace.take(Purpose.PANELS, (long) nr * kernel * nr);
        layouts.gather(w, from, depth, nr, 1, nr * kernel, taps, Workspace.START, 0);
        for (int t = 0; t < kernel; t++) {
            tiles.copyRows(taps, Workspace.START + t * nr, kernel * nr, packed, to + t * nr * nr, nr);
        }
    }
}

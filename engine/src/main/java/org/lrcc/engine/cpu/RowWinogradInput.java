package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * The transformed rows of X of a chunk of {@link RowWinogradFactors}.
 *
 * <p>Vectors lie along tiles, so columns are split by their remainder modulo 4 first. All rows of a channel, and of several channels where planes are small, are split and transformed as one run without gaps: the
 * first tile of a row then reads a column of the row before, the last one of the row behind, where zeros belong. Each of the two columns enters one transformed value alone, with the factor 1, so the
 * transform multiplies it by 1, or by 0 at the edge.
 */
final class RowWinogradInput {
    private static final int TILE = RankTiles.TILE;
    private static final int VALUES = RankTiles.VALUES;
    /** Floats before and behind a run, which shifted vectors read. */
    private static final int MARGIN = 16;

    /** Tiles of a run: calls then cost little, and a run stays in L1. */
    private static final int RUN = 128;

    private final RankLayout l;
    private final ConvShape s;
    private final RankTiles tiles;
    private final Operands in;
    private final int image;
    private final int top;
    /** Rows that lie inside the image. */
    private final int first;

    private final int end;
    private final float[] x;
    /** Channels of a run, and its tiles. */
    private final int together;

    private final int run;
    /** Columns by remainder, then the factors of each tile's first and last column, then rows that are filled up to whole tiles. */
    private final float[] phases;
    /** Floats of a phase. */
    private final int apart;

    RowWinogradInput(RankLayout l, RankTiles tiles, Operands in, int image, int top, int rows, float[] x) {
        this.l = l;
        this.s = l.s;
        this.tiles = tiles;
        this.in = in;
        this.image = image;
        this.top = top;
        this.x = x;
        first = Math.max(0, -top);
        end = Math.max(first, Math.min(rows, s.height() - top));
        together = Math.min(l.channels, Math.max(1, RUN / l.strip));
        run = together * l.strip;
        apart = run + 2 * MARGIN;
        int edges = TILE * apart;
        phases = Workspace.take(Purpose.PANELS, edges + 2L * apart + (long) TILE * l.strip + MARGIN);
        Arrays.fill(phases, 0, edges, 0f);
        Arrays.fill(phases, edges, edges + 2 * apart, 1f);
        for (int t = 0; t < run; t += l.wide) {
            phases[edges + t] = 0f;
            phases[edges + apart + t + l.wide - 1] = 0f;
        }
    }

    /** Transforms the channels of a block. */
    void transform(int block) {
        int channel = l.firstChannel(block);
        int count = l.lastChannel(block) - channel + 1;
        int plane = s.height() * s.width();
        int from = in.xo() + (image * s.inputs() + channel) * plane + (top + first) * s.width();
        for (int c = 0; c < count; c += together) {
            int take = Math.min(together, count - c);
            for (int i = 0; i < take && end > first; i++) {
                split(from + (c + i) * plane, MARGIN + i * l.strip + first * l.wide);
            }
            tiles.transformInput(phases, MARGIN, apart, TILE * apart, take * l.strip, x, c * l.strip, l.slab);
        }
    }

    private void split(int from, int to) {
        int width = l.wide * TILE;
        int rows = end - first;
        if (width == s.width()) {
            tiles.split(in.x(), from, rows * l.wide, phases, to, apart);
            return;
        }
        int padded = (TILE + 2) * apart;
        tiles.fillUp(in.x(), from, s.width(), rows, phases, padded, width);
        tiles.split(phases, padded, rows * l.wide, phases, to, apart);
    }
}

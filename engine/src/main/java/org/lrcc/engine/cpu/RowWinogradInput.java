package org.lrcc.engine.cpu;

import java.util.Arrays;
import org.lrcc.engine.cpu.FactorGradients.Operands;
import org.lrcc.engine.cpu.Workspace.Purpose;

/**
 * The transformed rows of X of a chunk of {@link RowWinogradFactors}.
 *
 * <p>Vectors lie along tiles, so columns are split by their remainder modulo 4 first. All rows of a channel are split and transformed as one run without gaps: a tile of a row's first or last columns then
 * reads the row before or behind, where zeros belong; that column is copied and the zeros set.
 */
final class RowWinogradInput {
    private static final int TILE = RankTiles.TILE;
    private static final int VALUES = RankTiles.VALUES;
    /** Floats before what is read with a negative shift. */
    private static final int MARGIN = 8;

    private final RankLayout l;
    private final ConvShape s;
    private final RankTiles tiles;
    private final Operands in;
    private final int image;
    private final int top;
    /** Rows that lie inside the image. */
    private final int first;

    private final int end;
    private final int rows;
    private final float[] x;
    private final float[] phases;
    /** Floats of a phase. */
    private final int apart;

    private final int[] at = new int[VALUES];

    RowWinogradInput(RankLayout l, RankTiles tiles, Operands in, int image, int top, int rows, float[] x) {
        this.l = l;
        this.s = l.s;
        this.tiles = tiles;
        this.in = in;
        this.image = image;
        this.top = top;
        this.rows = rows;
        this.x = x;
        first = Math.max(0, -top);
        end = Math.max(first, Math.min(rows, s.height() - top));
        apart = rows * l.wide + 2 * MARGIN;
        int floats = (TILE + VALUES) * apart;
        phases = Workspace.take(Purpose.PANELS, floats);
        Arrays.fill(phases, 0, TILE * apart, 0f);
        int copies = TILE;
        for (int i = 0; i < VALUES; i++) {
            boolean copied = Math.floorDiv(i - s.left(), TILE) != 0;
            at[i] = MARGIN + apart * (copied ? copies++ : i - s.left());
        }
    }

    /** Transforms the channels of a block. */
    void transform(int block) {
        int channel = l.firstChannel(block);
        int count = l.lastChannel(block) - channel + 1;
        int plane = s.height() * s.width();
        int from = in.xo() + (image * s.inputs() + channel) * plane + (top + first) * s.width();
        for (int c = 0; c < count && end > first; c++) {
            split(from + c * plane);
            shift();
            tiles.transformInput(phases, at, rows * l.wide, x, c * l.strip, l.slab);
        }
        if (end == first) {
            Arrays.fill(x, 0, VALUES * l.slab, 0f);
        }
    }

    private void split(int from) {
        int width = l.wide * TILE;
        int to = MARGIN + first * l.wide;
        if (width == s.width()) {
            tiles.split(in.x(), from, (end - first) * l.wide, phases, to, apart);
            return;
        }
        float[] padded = Workspace.take(Purpose.SMALL, width * (long) rows);
        for (int i = 0; i < end - first; i++) {
            System.arraycopy(in.x(), from + i * s.width(), padded, i * width, s.width());
            Arrays.fill(padded, i * width + s.width(), (i + 1) * width, 0f);
        }
        tiles.split(padded, 0, (end - first) * l.wide, phases, to, apart);
    }

    /** Copies the columns that tiles read beyond their own four. */
    private void shift() {
        for (int i = 0; i < VALUES; i++) {
            int tile = Math.floorDiv(i - s.left(), TILE);
            if (tile == 0) {
                continue;
            }
            int from = MARGIN + apart * Math.floorMod(i - s.left(), TILE) + tile;
            System.arraycopy(phases, from, phases, at[i], rows * l.wide);
            int column = tile < 0 ? 0 : l.wide - tile;
            for (int r = 0; r < rows; r++) {
                phases[at[i] + r * l.wide + column] = 0f;
            }
        }
    }
}

package org.lrcc.engine.cpu;

/**
 * In which order the tiles of some rows of tiles of a {@link WinogradGrid} lie, so that those for which a transformed value is needed lie side by side.
 *
 * <p>The value at infinity, the last of each dimension, enters the last of a tile's rows or columns alone. Tiles that are short of that row or column go without its products: 121 instead of 144 a
 * pair of channels for 7x7 pixels, 484 instead of 576 for 14x14 (weight gradient 529), but for what rounding to the rows of a product takes back. What stands in their place is never read but for pixels that nobody takes.
 *
 * <p>Time of a pass over that with all products, 256 bits, batch 8, one core, in turn in one process: 256 channels of 14x14 0.87 to 0.91 (weight gradient 0.96 to 1.01), 512 of 7x7 0.84 to 0.92 (0.93 to 0.95).
 *
 * <p>The order: all rows but short of a column, whole, short of a row, short of both.
 */
final class TileOrder {
    private final WinogradGrid g;
    private final int begin;
    private final int side;
    private final int high;
    private final int fullHigh;
    private final int wide;
    private final int fullWide;
    /** Full and short rows of tiles. */
    private final int fullRows;

    private final int shortRows;

    /** The order of rows of tiles {@code begin .. end-1} of the batch. */
    TileOrder(WinogradGrid g, int begin, int end) {
        this.g = g;
        this.begin = begin;
        side = g.side();
        high = g.tilesHigh();
        fullHigh = g.fullHigh();
        wide = g.tilesWide();
        fullWide = g.fullWide();
        fullRows = fullBefore(end);
        shortRows = end - begin - fullRows;
    }

    /** Full rows of tiles from the beginning to before {@code row}. */
    private int fullBefore(int row) {
        return row / high * fullHigh
                + Math.min(row % high, fullHigh)
                - begin / high * fullHigh
                - Math.min(begin % high, fullHigh);
    }

    int tiles() {
        return (fullRows + shortRows) * wide;
    }

    /** The place of a tile of a row of tiles of the batch. */
    int place(int row, int column) {
        int shortWide = wide - fullWide;
        int above = fullBefore(row);
        boolean full = row % high < fullHigh;
        int i = full ? above : row - begin - above;
        int first = full ? 0 : fullRows * wide;
        if (column < fullWide) {
            return first + (full ? fullRows * shortWide : 0) + i * fullWide + column;
        }
        return first + (full ? 0 : shortRows * fullWide) + i * shortWide + column - fullWide;
    }

    /** The first place for which value {@code e} is needed. */
    int from(int e) {
        return e % side == side - 1 ? fullRows * (wide - fullWide) : 0;
    }

    /** Behind the last place for which value {@code e} is needed. */
    int to(int e) {
        boolean lastRow = e / side == side - 1;
        if (e % side == side - 1) {
            return fullRows * wide + (lastRow ? 0 : shortRows * fullWide);
        }
        return lastRow ? fullRows * wide : tiles();
    }

    /** Rows of tiles from {@code row} on, to before {@code end} of the same image, whose tiles lie one behind the other: those with all columns, and those short of one. */
    int together(int row, int end) {
        int i = row % high;
        return Math.min(end - row, (i < fullHigh ? fullHigh : high) - i);
    }

    WinogradGrid grid() {
        return g;
    }
}

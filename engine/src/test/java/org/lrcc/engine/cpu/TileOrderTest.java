package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileOrderTest {
    private static List<WinogradGrid> grids(int batch, int height, int width) {
        ConvShape s = new ConvShape(batch, 1, height, width, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        return List.of(
                WinogradGrid.forward(s, WinogradGrid.LARGE),
                WinogradGrid.forward(s, WinogradGrid.SMALL),
                WinogradGrid.inputGradient(s),
                WinogradGrid.weightGradient(s));
    }

    /** Every tile has a place of its own, every pixel a tile, and a value is needed of a tile unless it stands at infinity for a row or column that the tile is short of. */
    @ParameterizedTest
    @CsvSource({
        "3, 7, 7",
        "2, 14, 14",
        "2, 14, 8",
        "1, 8, 13",
        "2, 5, 6",
        "4, 1, 1",
        "2, 3, 2",
        "3, 13, 4",
        "1, 12, 16",
        "2, 2, 2",
        "1, 3, 3",
        "3, 5, 5",
        "2, 9, 10",
        "2, 13, 13",
        "2, 15, 15",
        "3, 1, 17",
        "3, 17, 1"
    })
    void tilesLieByWhatTheyNeed(int batch, int height, int width) {
        for (WinogradGrid g : grids(batch, height, width)) {
            long products = 0;
            for (int begin = 0; begin < g.tileRows(); begin++) {
                for (int end = begin + 1; end <= g.tileRows(); end++) {
                    long needed = check(g, begin, end);
                    products = begin == 0 && end == g.tileRows() ? needed : products;
                }
            }
            assertThat(products).isEqualTo(g.products());
            BitSet pixels = new BitSet();
            for (int i = 0; i < g.tilesHigh(); i++) {
                for (int j = 0; j < g.tilesWide(); j++) {
                    for (int h = 0; h < g.rows(i, i + 1); h++) {
                        int first = (g.firstRow(i) + h) * width + g.firstColumn(j);
                        assertThat(pixels.get(first, first + g.columns(j)).isEmpty())
                                .isTrue();
                        pixels.set(first, first + g.columns(j));
                    }
                }
            }
            assertThat(pixels.cardinality()).isEqualTo(height * width);
        }
    }

    /** The products that tiles of rows {@code begin .. end-1} need. */
    private static long check(WinogradGrid g, int begin, int end) {
        TileOrder order = new TileOrder(g, begin, end);
        int last = g.side() - 1;
        BitSet places = new BitSet();
        long needed = 0;
        for (int r = begin; r < end; r++) {
            int i = r % g.tilesHigh();
            for (int j = 0; j < g.tilesWide(); j++) {
                int place = order.place(r, j);
                assertThat(places.get(place)).isFalse();
                places.set(place);
                for (int e = 0; e < g.values(); e++) {
                    boolean needs = !(e / g.side() == last && i >= g.fullHigh())
                            && !(e % g.side() == last && j >= g.fullWide());
                    assertThat(place >= order.from(e) && place < order.to(e))
                            .as("value %d of tile %d, %d of rows %d to %d of %s", e, r, j, begin, end, g)
                            .isEqualTo(needs);
                    needed += needs ? 1 : 0;
                }
                // Only a tile that is not short has all its pixels.
                assertThat(g.columns(j)).isLessThanOrEqualTo(j < g.fullWide() ? g.tile() : g.tile() - 1);
                assertThat(g.rows(i, i + 1)).isLessThanOrEqualTo(i < g.fullHigh() ? g.tile() : g.tile() - 1);
            }
            int inImage = Math.min(end, r - i + g.tilesHigh());
            for (int k = 1, n = order.together(r, inImage); k < n; k++) {
                for (int j = 0; j < g.tilesWide(); j++) {
                    int beside = j < g.fullWide() ? g.fullWide() : g.tilesWide() - g.fullWide();
                    assertThat(order.place(r + k, j)).isEqualTo(order.place(r, j) + k * beside);
                }
            }
        }
        assertThat(places.cardinality()).isEqualTo(order.tiles());
        assertThat(places.length()).isEqualTo(order.tiles());
        return needed;
    }
}

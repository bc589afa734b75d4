package org.lrcc.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.engine.cpu.simd.VectorGroups;
import org.lrcc.engine.cpu.simd.VectorTiles;
import org.lrcc.engine.cpu.simd.VectorWinograd;
import org.lrcc.engine.spi.ConvPass;

/** Which algorithm is taken for which shape. */
class ConvolutionChoiceTest {
    private static ConvolutionChoice choice(String mode, int lanes) {
        ThreadPool pool = new ThreadPool(1);
        VectorTiles tiles = new VectorTiles();
        return new ConvolutionChoice(
                new PackedConvolution(pool, tiles),
                new WinogradConvolution(pool, tiles, new VectorWinograd()),
                AlgorithmModel.of(lanes),
                mode);
    }

    private static ConvShape shape(int batch, int in, int size, int out, int kernel, int stride, int pad) {
        return new ConvShape(batch, in, size, size, out, kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1, 1);
    }

    @Test
    void winogradIsTakenWhereItSavesMostMultiplications() {
        for (int lanes : new int[] {4, 8, 16}) {
            ConvolutionChoice c = choice("auto", lanes);
            for (ConvShape s : new ConvShape[] {
                shape(8, 64, 56, 64, 3, 1, 1), shape(8, 128, 28, 128, 3, 1, 1), shape(8, 256, 14, 256, 3, 1, 1)
            }) {
                for (ConvPass pass : ConvPass.values()) {
                    assertThat(c.usesWinograd(s, pass))
                            .as("%s of %s, %d lanes", pass, s, lanes)
                            .isTrue();
                }
            }
        }
    }

    /** Prices of strided passes count what they compute. */
    @Test
    void pairsOfRowsLeaveOutPartOfTheProducts() {
        AlgorithmModel m = AlgorithmModel.of(8);
        assertThat(m.share(shape(8, 64, 56, 128, 3, 2, 1), ConvPass.FORWARD)).isEqualTo(5.0 / 6);
        assertThat(m.share(shape(8, 256, 14, 512, 3, 2, 1), ConvPass.FORWARD)).isEqualTo(1);
        assertThat(m.share(shape(8, 3, 224, 64, 7, 2, 3), ConvPass.WEIGHT_GRADIENT))
                .isEqualTo(11.0 / 14);
        assertThat(m.share(shape(8, 64, 56, 128, 3, 2, 1), ConvPass.WEIGHT_GRADIENT))
                .isEqualTo(1);
        assertThat(AlgorithmModel.of(new VectorTiles().lanes()).distance()).isEqualTo(new VectorGroups().distance());
    }

    @Test
    void directIsTakenWhereTransformsCostMoreThanTheySave() {
        ConvolutionChoice c = choice("auto", 16);
        for (ConvPass pass : ConvPass.values()) {
            assertThat(c.usesWinograd(shape(1, 512, 1, 512, 3, 1, 1), pass))
                    .as("%s of one pixel", pass)
                    .isFalse();
            assertThat(c.usesWinograd(shape(8, 3, 32, 4, 3, 1, 1), pass))
                    .as("%s of few channels", pass)
                    .isFalse();
        }
    }

    /** Measured on one core, direct against Winograd's: at 512 bits 3.5 against 5.3 ms, 6.5 against 4.9, 0.61 against 0.85, 0.54 against 0.20; at 256 bits 1.0 against 0.78, 0.57 against 0.74. */
    @Test
    void smallImagesAreChosenAsMeasured() {
        ConvolutionChoice c = choice("auto", 16);
        assertThat(c.usesWinograd(shape(1, 512, 7, 512, 3, 1, 1), ConvPass.FORWARD))
                .isFalse();
        assertThat(c.usesWinograd(shape(1, 512, 7, 512, 3, 1, 1), ConvPass.WEIGHT_GRADIENT))
                .isTrue();
        assertThat(c.usesWinograd(shape(20, 128, 3, 128, 3, 1, 1), ConvPass.FORWARD))
                .isFalse();
        assertThat(c.usesWinograd(shape(20, 32, 12, 32, 3, 1, 1), ConvPass.FORWARD))
                .isTrue();
        ConvolutionChoice half = choice("auto", 8);
        assertThat(half.usesWinograd(shape(20, 128, 3, 128, 3, 1, 1), ConvPass.FORWARD))
                .isTrue();
        assertThat(half.usesWinograd(shape(20, 128, 2, 128, 3, 1, 1), ConvPass.FORWARD))
                .isFalse();
    }

    /** Measured at 256 bits on one core, one image of 7x7: 3.0 ms with large tiles, whose weights take longer to read than to multiply, 2.5 with small ones. */
    @Test
    void smallTilesAreTakenWhereFewPixelsMeetManyWeights() {
        ConvolutionChoice c = choice("auto", 8);
        assertThat(c.groupedTile(shape(1, 512, 7, 512, 3, 1, 1))).isEqualTo(WinogradGrid.SMALL);
        assertThat(c.groupedTile(shape(8, 512, 7, 512, 3, 1, 1))).isEqualTo(WinogradGrid.LARGE);
        assertThat(c.groupedTile(shape(1, 256, 14, 256, 3, 1, 1))).isEqualTo(WinogradGrid.LARGE);
        assertThat(c.groupedTile(shape(1, 64, 56, 64, 3, 1, 1))).isEqualTo(WinogradGrid.LARGE);
        assertThat(c.groupedTile(shape(1, 256, 14, 512, 3, 2, 1))).isZero();
        for (int lanes : new int[] {4, 16}) {
            assertThat(choice("winograd", lanes).groupedTile(shape(1, 512, 7, 512, 3, 1, 1)))
                    .as("%d lanes", lanes)
                    .isEqualTo(WinogradGrid.LARGE);
        }
        assertThat(choice("auto", 16).groupedTile(shape(1, 512, 7, 512, 3, 1, 1)))
                .isZero();
    }

    @Test
    void shapesOutsideOfWinogradAreDirectEvenIfForced() {
        ConvolutionChoice c = choice("winograd", 16);
        assertThat(c.usesWinograd(shape(1, 512, 1, 512, 3, 1, 1), ConvPass.FORWARD))
                .isTrue();
        assertThat(c.usesWinograd(shape(8, 64, 56, 128, 3, 2, 1), ConvPass.FORWARD))
                .isFalse();
        assertThat(c.usesWinograd(shape(8, 64, 56, 64, 1, 1, 0), ConvPass.FORWARD))
                .isFalse();
        assertThat(c.usesWinograd(shape(8, 64, 56, 64, 3, 1, 3), ConvPass.FORWARD))
                .isFalse();
        ConvShape grouped = new ConvShape(8, 64, 56, 56, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2);
        assertThat(c.usesWinograd(grouped, ConvPass.FORWARD)).isFalse();
        assertThat(choice("direct", 16).usesWinograd(shape(8, 64, 56, 64, 3, 1, 1), ConvPass.FORWARD))
                .isFalse();
    }

    @Test
    void anUnknownAlgorithmIsRefused() {
        assertThatThrownBy(() -> choice("fft", 16))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("lrcc.cpu.conv")
                .hasMessageContaining("fft");
    }
}

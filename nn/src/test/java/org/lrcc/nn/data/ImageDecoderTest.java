package org.lrcc.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lrcc.engine.InputException;

class ImageDecoderTest {
    private static final List<String> FORMATS = List.of(
            "rgb.jpg",
            "progressive.jpg",
            "cmyk.jpg",
            "exif3.jpg",
            "rgb.png",
            "palette.png",
            "lossy.webp",
            "lossless.webp",
            "rgb.bmp");

    static Stream<Arguments> pictures() {
        return ImageFixtures.rows("decode.tsv").stream().map(row -> Arguments.of(row[0], row[1], row[2], row[3]));
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void decodesToThePixelsOfPillow(String name, String width, String height, double tolerance) {
        RgbImage image = ImageFixtures.decoded(name);

        assertThat(ImageFixtures.meanDifference(image, ImageFixtures.expected(name, width, height)))
                .isLessThanOrEqualTo(tolerance);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"rgb.jpg", "progressive.jpg", "cmyk.jpg", "rgb.png", "lossy.webp", "lossless.webp", "rgb.bmp"})
    void refusesATruncatedFile(String name, @TempDir Path dir) throws IOException {
        byte[] whole = ImageFixtures.bytes(name);
        for (int percent : new int[] {0, 1, 5, 20, 50, 90, 99}) {
            Path file = dir.resolve(percent + name);
            Files.write(file, ImageFixtures.head(whole, whole.length * percent / 100));

            assertThatThrownBy(() -> new ImageDecoder().decode(file))
                    .as("%d percent", percent)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.jpg", "progressive.jpg"})
    void refusesAJpegWithAHoleBeforeItsEnd(String name) {
        byte[] whole = ImageFixtures.bytes(name);
        byte[] cut = ImageFixtures.head(whole, whole.length * 2 / 3);
        cut[cut.length - 2] = (byte) 0xff;
        cut[cut.length - 1] = (byte) 0xd9;

        assertThatThrownBy(() -> new ImageDecoder().decode(cut, name))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("coded data ends before its last pixel");
    }

    @Test
    void refusesWhatIsNoImage(@TempDir Path dir) throws IOException {
        Path text = Files.writeString(dir.resolve("a.jpg"), "no image");
        ImageDecoder decoder = new ImageDecoder();

        assertThatThrownBy(() -> decoder.decode(text)).hasMessageContainingAll("a.jpg", "not a JPEG, PNG, WebP or BMP");
        assertThatThrownBy(() -> decoder.decode(dir))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("not a file");
        assertThatThrownBy(() -> decoder.decode(dir.resolve("gone.png")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void refusesAStripThatNoHeapCouldHoldOnceScaled() throws IOException {
        for (int[] size : new int[][] {{1, 20_000}, {60_300, 300}}) {
            ByteArrayOutputStream strip = new ByteArrayOutputStream();
            ImageIO.write(new BufferedImage(size[0], size[1], BufferedImage.TYPE_BYTE_BINARY), "png", strip);

            assertThatThrownBy(() -> new ImageDecoder().decode(strip.toByteArray(), "strip.png"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll("strip.png", size[0] + " x " + size[1], "200 times");
        }
    }

    @Test
    void refusesMorePixelsOrBytesThanItsLimits(@TempDir Path dir) throws IOException {
        for (String name : FORMATS) {
            Path file = Files.write(dir.resolve(name), ImageFixtures.bytes(name));

            assertThatThrownBy(() -> new ImageDecoder(new ImageLimits(100, 1 << 20)).decode(file))
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll(name, "at most 100 are decoded");
            assertThatThrownBy(() -> new ImageDecoder(new ImageLimits(1 << 20, 200)).decode(file))
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll(name, "at most 200 are read");
        }
    }

    @Test
    void refusesAHeaderThatClaimsAHugePicture() {
        byte[] png = ImageFixtures.bytes("rgb.png");
        png[16] = 0x7f;

        assertThatThrownBy(() -> new ImageDecoder().decode(png, "big.png"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2130706533 x 83 pixels");
    }

    @Test
    void mutationsGiveAnImageOrAnInputError() {
        mutate(60);
    }

    @Test
    @Tag("fuzz")
    void manyMutationsGiveAnImageOrAnInputError() {
        mutate(3000);
    }

    private static void mutate(int rounds) {
        Random random = new Random(1);
        ImageDecoder decoder = new ImageDecoder(new ImageLimits(1_000_000, 1 << 20));
        int refused = 0;
        for (String name : FORMATS) {
            byte[] whole = ImageFixtures.bytes(name);
            for (int round = 0; round < rounds; round++) {
                byte[] bytes = whole.clone();
                int span = round % 2 == 0 ? bytes.length : Math.min(64, bytes.length);
                for (int i = random.nextInt(4); i >= 0; i--) {
                    bytes[random.nextInt(span)] = (byte) random.nextInt(256);
                }
                try {
                    RgbImage image = decoder.decode(bytes, name);
                    assertThat(image.pixels()).hasSize(image.width() * image.height() * 3);
                } catch (InputException e) {
                    assertThat(e).hasMessageContaining(name);
                    refused++;
                }
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void threadsShareADecoder() {
        ImageDecoder decoder = new ImageDecoder();
        byte[] bytes = ImageFixtures.bytes("rgb.jpg");
        RgbImage alone = decoder.decode(bytes, "rgb.jpg");

        assertThat(IntStream.range(0, 64).parallel().mapToObj(i -> decoder.decode(bytes, "rgb.jpg")))
                .allSatisfy(image -> assertThat(image.pixels()).isEqualTo(alone.pixels()));
    }
}

package org.lrcc.nn.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TransformsTest {
    static Stream<Arguments> cases() {
        return ImageFixtures.rows("transforms.tsv").stream()
                .map(row -> Arguments.of(row[0], row[1], row[2], row[3], row[4], row[5]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void givesThePixelsOfTorchvision(
            String name, String picture, String operation, String value, String width, String height) {
        RgbImage result = apply(ImageFixtures.decoded(picture), operation, value, Integer.parseInt(width));

        assertThat(ImageFixtures.meanDifference(result, ImageFixtures.expected(name, width, height)))
                .isZero();
    }

    private static RgbImage apply(RgbImage image, String operation, String value, int width) {
        return switch (operation) {
            case "resize" -> Transforms.resize(image, Integer.parseInt(value));
            case "centercrop" -> Transforms.centerCrop(image, Integer.parseInt(value));
            case "flip" -> Transforms.flip(image);
            case "brightness" -> ColorOps.brightness(image, Double.parseDouble(value));
            case "contrast" -> ColorOps.contrast(image, Double.parseDouble(value));
            case "saturation" -> ColorOps.saturation(image, Double.parseDouble(value));
            case "hue" -> ColorOps.hue(image, Double.parseDouble(value));
            case "crop" -> {
                int[] box = Arrays.stream(value.split(","))
                        .mapToInt(Integer::parseInt)
                        .toArray();
                yield Transforms.resizedCrop(image, new Transforms.Box(box[0], box[1], box[2], box[3]), width);
            }
            default -> throw new AssertionError(operation);
        };
    }
}

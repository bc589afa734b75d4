package org.lrcc.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.nn.data.Transforms.Box;

class AugmentationTest {
    private static final Preprocessing TO = Preprocessing.ofSize(24).withResize(30);

    @Test
    void drawsTheBoxesOfTorchvision() throws IOException {
        int cases = 0;
        for (JsonNode row : new ObjectMapper().readTree(ImageFixtures.bytes("crops.json"))) {
            RandomResizedCrop crop = new RandomResizedCrop(
                    row.get("scale").get(0).doubleValue(),
                            row.get("scale").get(1).doubleValue(),
                    row.get("ratio").get(0).doubleValue(),
                            row.get("ratio").get(1).doubleValue());
            Iterator<JsonNode> uniform = row.get("uniform").elements();
            Box box = crop.draw(
                    row.get("width").intValue(),
                    row.get("height").intValue(),
                    () -> uniform.next().doubleValue());

            JsonNode expected = row.get("box");
            assertThat(box)
                    .isEqualTo(new Box(
                            expected.get(0).intValue(), expected.get(1).intValue(),
                            expected.get(2).intValue(), expected.get(3).intValue()));
            cases++;
        }
        assertThat(cases).isEqualTo(48);
    }

    @Test
    void boxesStayWithinTheImageAndTheArea() {
        Philox random = new Philox(4, 2);
        for (int i = 0; i < 2000; i++) {
            Box square = RandomResizedCrop.square(0.35, 1).draw(112, 112, random::nextDouble);
            assertThat(square.width()).isEqualTo(square.height()).isBetween(66, 112);
            assertThat(square.left()).isBetween(0, 112 - square.width());
            Box thin = RandomResizedCrop.ofArea(0.08, 1).draw(1 + i % 7, 300, random::nextDouble);
            assertThat(thin.width()).isBetween(1, 1 + i % 7);
            assertThat(thin.top()).isBetween(0, 300 - thin.height());
        }
    }

    @Test
    void withoutRandomnessItIsEvaluation() {
        RgbImage image = ImageFixtures.decoded("middle.png");
        Augmentation none = Augmentation.none();

        assertThat(none.isRandom()).isFalse();
        assertThat(none.vary(none.prepare(image, TO), TO, null).pixels())
                .isEqualTo(TO.fit(image).pixels());
    }

    @Test
    void theSameSeedEpochAndSampleGiveTheSameImage() {
        RgbImage image = ImageFixtures.decoded("middle.png");
        Augmentation augmentation = Augmentation.imageNet().withJitter(new ColorJitter(0.4, 0.4, 0.4, 0.1));
        byte[] first = varied(augmentation, image, 1, 2, 3);

        assertThat(varied(augmentation, image, 1, 2, 3)).isEqualTo(first);
        assertThat(varied(augmentation, image, 2, 2, 3)).isNotEqualTo(first);
        assertThat(varied(augmentation, image, 1, 3, 3)).isNotEqualTo(first);
        assertThat(varied(augmentation, image, 1, 2, 4)).isNotEqualTo(first);
    }

    @Test
    void theCentreIsTheResizedImagesSquare() {
        RgbImage image = ImageFixtures.decoded("middle.png"); // 61 x 47
        RgbImage prepared = Augmentation.fewShot().prepare(image, TO);

        assertThat(prepared.pixels())
                .isEqualTo(
                        Transforms.centerCrop(Transforms.resize(image, 30), 30).pixels());
        assertThat(Augmentation.fewShot().prepare(image, TO.withCrop(false))).isSameAs(image);
    }

    @Test
    void largeImagesAreReducedOnlyWhereNothingIsLost() {
        RgbImage large = RgbImage.black(900, 600);
        Augmentation augmentation =
                Augmentation.imageNet(); // smallest box: 0.28 of the side, times 170 is 48, twice the 24 needed

        assertThat(augmentation.prepare(large, TO).height()).isEqualTo(170);
        assertThat(augmentation.prepare(large, Preprocessing.ofSize(224))).isSameAs(large);
    }

    @Test
    void flipsAsOftenAsAsked() {
        RgbImage image = TO.fit(ImageFixtures.decoded("middle.png"));
        byte[] mirrored = Transforms.flip(image).pixels();
        Augmentation augmentation = Augmentation.none().withFlip(0.25);
        int flips = 0;
        for (int sample = 0; sample < 1000; sample++) {
            byte[] pixels = augmentation
                    .vary(image, TO, Augmentation.generator(7, 0, sample))
                    .pixels();
            if (Arrays.equals(pixels, mirrored)) {
                flips++;
            } else {
                assertThat(pixels).isEqualTo(image.pixels());
            }
        }

        assertThat(flips).isBetween(200, 300);
    }

    @Test
    void jitterChangesWhatItNamesAndNothingElse() {
        RgbImage image = ImageFixtures.decoded("middle.png");
        RgbImage brighter = new ColorJitter(0.5, 0, 0, 0).apply(image, new Philox(3, 1));
        boolean matched = false;
        for (double factor = 0.5; factor <= 1.5; factor += 0.001) {
            matched |= ImageFixtures.meanDifference(brighter, ColorOps.brightness(image, factor)) < 0.5;
        }

        assertThat(matched).isTrue();
        assertThat(ColorJitter.NONE.apply(image, new Philox(3, 1))).isSameAs(image);
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> RandomResizedCrop.square(0, 1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> RandomResizedCrop.square(0.5, 0.4)).hasMessageContaining("0.5 to 0.4");
        assertThatThrownBy(() -> new RandomResizedCrop(0.1, 1, 2, 1)).hasMessageContaining("2.0 to 1.0");
        assertThatThrownBy(() -> Augmentation.none().withFlip(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> new ColorJitter(0, 0, 0, 0.6))
                .hasMessageContaining("hue must be in [0, 0.5], got 0.6");
        assertThatThrownBy(() -> new ColorJitter(Double.NaN, 0, 0, 0)).isInstanceOf(InputException.class);
    }

    private static byte[] varied(Augmentation augmentation, RgbImage image, long seed, int epoch, int sample) {
        return augmentation
                .vary(augmentation.prepare(image, TO), TO, Augmentation.generator(seed, epoch, sample))
                .pixels();
    }
}

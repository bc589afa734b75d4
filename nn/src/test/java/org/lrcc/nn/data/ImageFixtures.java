package org.lrcc.nn.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The pictures in src/test/resources/images and what Pillow and torchvision make of them (src/test/python/make_image_fixtures.py). */
final class ImageFixtures {
    private static final Map<String, byte[]> EXPECTED = readExpected();

    private ImageFixtures() {}

    static byte[] bytes(String name) {
        try (InputStream in = ImageFixtures.class.getResourceAsStream("/images/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static RgbImage decoded(String name) {
        return new ImageDecoder().decode(bytes(name), name);
    }

    static List<String[]> rows(String table) {
        return new String(bytes(table), StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.split("\t"))
                .toList();
    }

    static RgbImage expected(String name, String width, String height) {
        return new RgbImage(
                Integer.parseInt(width), Integer.parseInt(height), Objects.requireNonNull(EXPECTED.get(name), name));
    }

    /** Mean absolute difference of two images' samples; they must have one size. */
    static double meanDifference(RgbImage a, RgbImage b) {
        if (a.width() != b.width() || a.height() != b.height()) {
            throw new AssertionError(a + " against " + b);
        }
        long sum = 0;
        for (int i = 0; i < a.pixels().length; i++) {
            sum += Math.abs((a.pixels()[i] & 0xff) - (b.pixels()[i] & 0xff));
        }
        return (double) sum / a.pixels().length;
    }

    private static Map<String, byte[]> readExpected() {
        Map<String, byte[]> images = new HashMap<>();
        try (ZipInputStream zip = new ZipInputStream(
                Objects.requireNonNull(ImageFixtures.class.getResourceAsStream("/images/expected.zip")))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                images.put(entry.getName(), zip.readAllBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return images;
    }

    static byte[] head(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }
}

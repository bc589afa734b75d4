package org.lrcc.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lrcc.testdata.TestData;

/** The demo's files for tests. */
final class Demo {
    static final Path FOLDER = folder();
    static final Path MODEL = FOLDER.resolve("thin_resnet18.onnx");
    static final Path IMAGES = FOLDER.resolve("images");

    private Demo() {}

    private static Path folder() {
        try {
            return TestData.demo();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An image. */
    static Path image() {
        return IMAGES.resolve("anchor").resolve("image_0002.jpg");
    }

    /** A small folder of images: some of each of three classes, copied. */
    static Path smallFolder(Path dir, int perClass) {
        try {
            for (String name : List.of("anchor", "bonsai", "pizza")) {
                Path target = Files.createDirectories(dir.resolve(name));
                try (var files = Files.list(IMAGES.resolve(name))) {
                    for (Path file : files.sorted().limit(perClass).toList()) {
                        Files.copy(file, target.resolve(file.getFileName()));
                    }
                }
            }
            return dir;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

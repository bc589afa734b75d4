package org.lrcc.testdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestDataTest {
    @Test
    void indexNamesExactlyTheFilesOfTheTree() throws IOException {
        for (String folder : List.of("demo", "golden")) {
            Path root = TestData.demo().getParent();
            List<String> onDisk = new ArrayList<>();
            try (Stream<Path> tree = Files.walk(root.resolve(folder))) {
                tree.filter(Files::isRegularFile)
                        .forEach(file ->
                                onDisk.add(root.relativize(file).toString().replace('\\', '/')));
            }
            assertThat(TestData.files(folder)).isSorted().containsExactlyInAnyOrderElementsOf(onDisk);
        }
    }

    @Test
    void listsNameImagesThatExistAndDoNotOverlap() throws IOException {
        Path demo = TestData.demo();
        List<String> train10 = Files.readAllLines(demo.resolve("train10.txt"));
        List<String> train5 = Files.readAllLines(demo.resolve("train5.txt"));
        List<String> test = Files.readAllLines(demo.resolve("test.txt"));
        assertThat(train10).hasSize(200).containsAll(train5).doesNotContainAnyElementsOf(test);
        assertThat(train5).hasSize(100);
        assertThat(test).hasSize(400);
        assertThat(Stream.concat(train10.stream(), test.stream()))
                .allSatisfy(
                        line -> assertThat(demo.resolve("images").resolve(line)).isRegularFile());
    }

    @Test
    void copiesTheDemo(@TempDir Path dir) throws IOException {
        Path target = dir.resolve("new/demo");
        TestData.copyDemo(target);
        try (Stream<Path> images = Files.walk(target.resolve("images")).filter(Files::isRegularFile)) {
            assertThat(images).hasSize(600);
        }
        try (InputStream in = TestData.open("demo/thin_resnet18.onnx")) {
            assertThat(target.resolve("thin_resnet18.onnx")).hasBinaryContent(in.readAllBytes());
        }
    }

    /** Out of a jar there is no folder to hand out: it is copied to a temporary one. */
    @Test
    void extractsFromAJar(@TempDir Path dir) throws Exception {
        Path jar = dir.resolve("testdata.jar");
        Path classes = TestData.demo().getParent();
        try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of("create", "true"));
                Stream<Path> tree = Files.walk(classes)) {
            for (Path file : (Iterable<Path>) tree.filter(Files::isRegularFile)::iterator) {
                Path entry = zip.getPath(classes.relativize(file).toString());
                if (entry.getParent() != null) {
                    Files.createDirectories(entry.getParent());
                }
                Files.copy(file, entry);
            }
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            Class<?> inJar = loader.loadClass(TestData.class.getName());
            Path golden = (Path) inJar.getMethod("golden").invoke(null);
            assertThat(golden).isNotEqualTo(TestData.golden());
            assertThat(golden.resolve("cases.json"))
                    .hasSameBinaryContentAs(TestData.golden().resolve("cases.json"));
            assertThat(inJar.getMethod("golden").invoke(null)).isEqualTo(golden);
        }
    }

    @Test
    void refusesUnknownNames() {
        assertThatThrownBy(() -> TestData.open("demo/nothing.onnx"))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("demo/nothing.onnx");
        assertThatThrownBy(() -> TestData.files("nowhere"))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("nowhere");
    }
}

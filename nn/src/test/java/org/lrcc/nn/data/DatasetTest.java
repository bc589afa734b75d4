package org.lrcc.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lrcc.engine.InputException;

class DatasetTest {
    @TempDir
    Path dir;

    Path images;

    @BeforeEach
    void makeFolders() throws IOException {
        images = Files.createDirectory(dir.resolve("images"));
        for (String file : List.of("b/2.jpg", "b/10.PNG", "a/x.webp", "a/sub/y.bmp", "c/z.jpeg")) {
            touch(images.resolve(file));
        }
    }

    @Test
    void aFolderAClass() throws IOException {
        touch(images.resolve("a/notes.txt"));
        touch(images.resolve("a/.hidden.jpg"));
        touch(images.resolve(".cache/q.jpg"));
        touch(images.resolve("loose.jpg"));
        Dataset data = ImageFolder.of(images);

        assertThat(data.classes()).containsExactly("a", "b", "c");
        assertThat(IntStream.range(0, data.size()).mapToObj(i -> images.relativize(data.path(i)) + " " + data.label(i)))
                .containsExactly("a/sub/y.bmp 0", "a/x.webp 0", "b/10.PNG 1", "b/2.jpg 1", "c/z.jpeg 2");
        assertThat(data.counts()).containsExactly(2, 2, 1);
    }

    @Test
    void aClassNeedsAnImage() throws IOException {
        touch(images.resolve("empty/readme.txt"));

        assertThatThrownBy(() -> ImageFolder.of(images))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(images.toString(), "class empty has no image");
        assertThatThrownBy(() -> ImageFolder.of(Files.createDirectory(dir.resolve("void"))))
                .hasMessageContaining("no class");
        assertThatThrownBy(() -> ImageFolder.of(dir.resolve("none"))).hasMessageContaining("no such folder");
        assertThatThrownBy(() -> ImageFolder.of(images.resolve("b/2.jpg"))).hasMessageContaining("not a folder");
    }

    @Test
    void theFolderAboveTrainAndTestIsRefused() throws IOException {
        Path parent = dir.resolve("parent");
        touch(parent.resolve("train/cat/1.jpg"));
        touch(parent.resolve("train/labels.txt"));
        touch(parent.resolve("test/cat/2.jpg"));

        assertThatThrownBy(() -> ImageFolder.of(parent))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(parent.toString(), "test, train", "such as " + parent.resolve("train"));
        assertThat(ImageFolder.of(parent.resolve("train")).classes()).containsExactly("cat");
    }

    @Test
    void linksMayNotLeadOutOfTheFolder() throws IOException {
        Files.createSymbolicLink(images.resolve("c/inside.jpg"), images.resolve("b/2.jpg"));
        assertThat(ImageFolder.of(images).size()).isEqualTo(6);

        touch(dir.resolve("secret.jpg"));
        Files.createSymbolicLink(images.resolve("c/outside.jpg"), dir.resolve("secret.jpg"));
        assertThatThrownBy(() -> ImageFolder.of(images))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("outside.jpg", "leads out of");
    }

    @Test
    void aLinkToItsOwnParentIsRefused() throws IOException {
        Files.createSymbolicLink(images.resolve("c/loop"), images.resolve("c"));

        assertThatThrownBy(() -> ImageFolder.of(images))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void aListNamesImages() throws IOException {
        Dataset data = ImageList.of(list("\ufeffc/z.jpeg\n\nb/2.jpg\r\na/sub/y.bmp\n"), images);

        assertThat(data.classes()).containsExactly("a", "b", "c");
        assertThat(data.label(0)).isEqualTo(2);
        assertThat(data.label(2)).isZero();
        assertThat(data.path(1)).isEqualTo(images.resolve("b/2.jpg"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2.jpg | class/file",
                "a/../b/2.jpg | class/file",
                "../secret.jpg | class/file",
                "/etc/hostname | class/file",
                "a//x.webp | class/file",
                "a/b\\..\\x.webp | class/file",
                "a/none.jpg | there is no file",
                "a/sub | there is no file",
                "c/z.jpeg | is in line 1 already",
            })
    void aListsBadLineIsNamed(String line, String complaint) throws IOException {
        Path list = list("c/z.jpeg\n" + line + "\nb/2.jpg\n");

        assertThatThrownBy(() -> ImageList.of(list, images))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(list + ":2", complaint);
    }

    @Test
    void aListIsTextWithLinesBelowTheFolder() throws IOException {
        touch(dir.resolve("secret.jpg"));
        Files.createSymbolicLink(images.resolve("c/outside.jpg"), dir.resolve("secret.jpg"));

        assertThatThrownBy(() -> ImageList.of(list(" \n"), images)).hasMessageContaining("it is empty");
        assertThatThrownBy(() -> ImageList.of(dir.resolve("none"), images)).hasMessageContaining("no such file");
        assertThatThrownBy(() -> ImageList.of(list("c/z.jpeg"), dir.resolve("none")))
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> ImageList.of(list("c/outside.jpg"), images)).hasMessageContaining("leads out of");
        Path binary = Files.write(dir.resolve("binary"), new byte[] {'c', '/', (byte) 0xff, (byte) 0xfe});
        assertThatThrownBy(() -> ImageList.of(binary, images)).hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> ImageList.of(list("c/\0"), images)).isInstanceOf(InputException.class);
    }

    @Test
    void mapsItsLabelsOnOtherClasses() {
        Dataset data = ImageFolder.of(images);
        Dataset mapped = data.withClasses(List.of("c", "x", "a", "b"));

        assertThat(IntStream.range(0, 5).map(mapped::label)).containsExactly(2, 2, 3, 3, 0);
        assertThat(data.withClasses(List.of("a", "b", "c"))).isSameAs(data);
        assertThatThrownBy(() -> data.withClasses(List.of("a", "b")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("class c is not among the 2 known");
        assertThatThrownBy(() -> data.withClasses(List.of("a", "b", "c", "a"))).hasMessageContaining("twice");
    }

    @Test
    void holdsOutAShareOfEveryClass() {
        int[] labels =
                IntStream.range(0, 100).map(i -> i < 60 ? 0 : i < 99 ? 1 : 2).toArray();
        List<Path> paths =
                IntStream.range(0, 100).mapToObj(i -> Path.of("p" + i)).toList();
        Dataset data = new Dataset("made", List.of("a", "b", "c"), paths, labels);
        Dataset.Split split = data.split(0.1, 5);

        assertThat(split.heldOut().counts()).containsExactly(6, 4, 0);
        assertThat(split.rest().counts()).containsExactly(54, 35, 1);
        assertThat(names(split.rest())).doesNotContainAnyElementsOf(names(split.heldOut()));
        assertThat(names(data.split(0.1, 5).heldOut())).isEqualTo(names(split.heldOut()));
        assertThat(names(data.split(0.1, 6).heldOut())).isNotEqualTo(names(split.heldOut()));
        assertThatThrownBy(() -> data.split(1, 5)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> data.subset(0, 60, 99).split(0.5, 1))
                .hasMessageContaining("no class has a second image");
    }

    private static List<String> names(Dataset data) {
        return IntStream.range(0, data.size())
                .mapToObj(i -> data.path(i).toString())
                .toList();
    }

    private Path list(String text) throws IOException {
        return Files.writeString(dir.resolve("list.txt"), text);
    }

    private static void touch(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, Arrays.copyOf(new byte[0], 1));
    }
}

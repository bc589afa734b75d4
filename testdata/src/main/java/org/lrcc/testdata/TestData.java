package org.lrcc.testdata;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the data of this module, whether it lies in a folder or in a jar.
 *
 * <p>Two trees are held: {@code demo} (a pretrained network, images, lists, the figures to reach) and {@code golden}
 * (recorded cases); each has a README that says what its files are. A jar has no folder to list, so the names are kept in
 * {@code testdata.index}, which a test holds against the tree.
 */
public final class TestData {
    private static final String INDEX = "testdata.index";
    private static final Map<String, Path> FOLDERS = new HashMap<>();

    private TestData() {}

    /**
     * Names of all files below a folder, sorted.
     *
     * @param folder {@code demo}, {@code golden} or a folder in them, e.g. {@code demo/images/pizza}
     * @return full names with slashes, e.g. {@code demo/train5.txt}
     * @throws FileNotFoundException if there is no such folder, or none of it on the class path
     * @throws IOException if the index cannot be read
     */
    public static List<String> files(String folder) throws IOException {
        String prefix = folder + "/";
        List<String> names;
        try (BufferedReader in = new BufferedReader(new InputStreamReader(open(INDEX), StandardCharsets.UTF_8))) {
            names = in.lines().filter(name -> name.startsWith(prefix)).collect(Collectors.toUnmodifiableList());
        }
        if (names.isEmpty() || TestData.class.getResource("/" + names.get(0)) == null) {
            throw new FileNotFoundException("testdata: no folder " + folder + " on the class path");
        }
        return names;
    }

    /**
     * Opens one file.
     *
     * @param name full name with slashes, e.g. {@code demo/thin_resnet18.onnx}
     * @return the file's bytes; the caller closes
     * @throws FileNotFoundException if there is no such file
     */
    public static InputStream open(String name) throws IOException {
        InputStream in = TestData.class.getResourceAsStream("/" + name);
        if (in == null) {
            throw new FileNotFoundException("testdata: no file " + name + " on the class path");
        }
        return in;
    }

    /**
     * Copies the demo (network, images, lists, reference figures, README) into a folder, which is made where it is missing.
     * Files that are there already are overwritten.
     *
     * @param dir the folder that then holds {@code thin_resnet18.onnx}, {@code images/} and the rest
     */
    public static void copyDemo(Path dir) throws IOException {
        copy("demo", dir);
    }

    /**
     * The demo as a folder: read it, do not write to it.
     *
     * @return the folder of the resources itself, or a copy in a temporary folder that goes when the JVM ends
     */
    public static Path demo() throws IOException {
        return folder("demo");
    }

    /**
     * The golden cases as a folder: read it, do not write to it.
     *
     * @return the folder of the resources itself, or a copy in a temporary folder that goes when the JVM ends
     */
    public static Path golden() throws IOException {
        return folder("golden");
    }

    private static void copy(String folder, Path dir) throws IOException {
        for (String name : files(folder)) {
            Path file = dir.resolve(name.substring(folder.length() + 1));
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (InputStream in = open(name)) {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static synchronized Path folder(String folder) throws IOException {
        Path known = FOLDERS.get(folder);
        if (known != null) {
            return known;
        }
        Path dir = onDisk(folder);
        if (dir == null) {
            dir = Files.createTempDirectory("lrcc-" + folder + "-");
            deleteAtExit(dir);
            copy(folder, dir);
        }
        FOLDERS.put(folder, dir);
        return dir;
    }

    /** The folder itself where the resources are plain files, else null. */
    private static @Nullable Path onDisk(String folder) {
        var url = TestData.class.getResource("/" + folder + "/README.md");
        if (url == null || !url.getProtocol().equals("file")) {
            return null;
        }
        return Path.of(URI.create(url.toString())).getParent();
    }

    private static void deleteAtExit(Path dir) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteTree(dir), "lrcc-testdata-cleanup"));
    }

    private static void deleteTree(Path dir) {
        try (Stream<Path> tree = Files.walk(dir)) {
            tree.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            // Temporary files: the operating system clears what is left.
        }
    }
}

package org.lrcc.nn.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lrcc.engine.InputException;

/**
 * A folder with one folder a class, as torchvision's {@code ImageFolder} has it: classes are sorted by name, images of a class are found
 * at any depth below and sorted by path. Files with other endings than an image's and names that begin with a dot are passed over;
 * links may lead anywhere within the folder, not out of it.
 */
public final class ImageFolder {
    private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "webp", "bmp");
    private static final int MAX_DEPTH = 32;
    private static final int NAMED = 5;

    private ImageFolder() {}

    /**
     * Lists the images below a folder.
     *
     * @throws InputException if it is no folder, has no class, a class has no image, or a link leads out of it
     */
    public static Dataset of(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new InputException(
                    "image folder " + folder + ": " + (Files.exists(folder) ? "not a folder" : "no such folder"));
        }
        try {
            Path root = folder.toRealPath();
            List<String> classes = classes(folder);
            List<Path> paths = new ArrayList<>();
            List<Integer> labels = new ArrayList<>();
            refuseParent(folder, classes);
            for (int label = 0; label < classes.size(); label++) {
                List<Path> images = images(folder.resolve(classes.get(label)), root);
                if (images.isEmpty()) {
                    throw new InputException("image folder " + folder + ": class " + classes.get(label)
                            + " has no image (jpg, jpeg, png, webp or bmp)");
                }
                paths.addAll(images);
                for (int i = 0; i < images.size(); i++) {
                    labels.add(label);
                }
            }
            return new Dataset(
                    folder.toString(),
                    classes,
                    paths,
                    labels.stream().mapToInt(Integer::intValue).toArray());
        } catch (UncheckedIOException | IOException e) {
            Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
            throw new InputException("image folder " + folder + ": cannot be read: " + cause, e);
        }
    }

    private static List<String> classes(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<String> classes = entries.filter(entry -> Files.isDirectory(entry) && !isHidden(entry))
                    .map(entry -> entry.getFileName().toString())
                    .sorted()
                    .toList();
            if (classes.isEmpty()) {
                throw new InputException(
                        "image folder " + folder + ": it has no class, that is, no folder with images");
            }
            return classes;
        }
    }

    /** Images may lie in folders below their class's; where no class has any of its own, somebody named the folder above, that of train/ and test/. */
    private static void refuseParent(Path folder, List<String> classes) throws IOException {
        boolean below = false;
        for (String name : classes) {
            try (Stream<Path> entries = Files.list(folder.resolve(name))) {
                List<Path> visible = entries.filter(entry -> !isHidden(entry)).toList();
                if (visible.stream().anyMatch(entry -> isImage(entry) && Files.isRegularFile(entry))) {
                    return;
                }
                below |= visible.stream().anyMatch(Files::isDirectory);
            }
        }
        if (below) {
            throw new InputException("image folder " + folder + ": none of its folders ("
                    + classes.stream().limit(NAMED).collect(Collectors.joining(", "))
                    + (classes.size() > NAMED ? ", ..." : "")
                    + ") holds images of its own, only further folders; name the folder whose folders are the classes, such as "
                    + folder.resolve(classes.get(classes.size() - 1)));
        }
    }

    private static List<Path> images(Path folder, Path root) throws IOException {
        TreeMap<String, Path> images = new TreeMap<>();
        try (Stream<Path> entries = Files.walk(folder, MAX_DEPTH, FileVisitOption.FOLLOW_LINKS)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                if (isImage(entry) && !hasHiddenPart(folder.relativize(entry)) && Files.isRegularFile(entry)) {
                    checkWithin(root, entry);
                    images.put(folder.relativize(entry).toString(), entry);
                }
            }
        }
        return List.copyOf(images.values());
    }

    /** Refuses a file that lies, all links followed, outside of the folder that was named. */
    static void checkWithin(Path realRoot, Path file) throws IOException {
        Path real = file.toRealPath();
        if (!real.startsWith(realRoot)) {
            throw new InputException("image " + file + ": it leads out of " + realRoot);
        }
    }

    static boolean isImage(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    private static boolean hasHiddenPart(Path relative) {
        for (Path part : relative) {
            if (isHidden(part)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isHidden(Path entry) {
        return entry.getFileName().toString().startsWith(".");
    }
}

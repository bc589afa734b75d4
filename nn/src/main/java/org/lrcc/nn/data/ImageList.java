package org.lrcc.nn.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.lrcc.engine.InputException;

/**
 * A text file that names images as {@code class/file}, one a line, below a folder. Classes are sorted by name; the images keep the list's
 * order. Blank lines and a byte order mark are passed over.
 */
public final class ImageList {
    private static final long MAX_BYTES = 64L << 20;
    private static final int MAX_LINE = 4096;

    /** Some editors begin UTF-8 text with it. */
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private ImageList() {}

    /**
     * Reads a list.
     *
     * @param list UTF-8 text
     * @param images the folder that the names are below
     * @throws InputException naming file and line if the list is empty, a line is not {@code class/file}, repeats another, leads out of
     *     the folder or names no file
     */
    public static Dataset of(Path list, Path images) {
        if (!Files.isRegularFile(list)) {
            throw new InputException(
                    "image list " + list + ": " + (Files.exists(list) ? "not a file" : "no such file"));
        }
        if (!Files.isDirectory(images)) {
            throw new InputException("image list " + list + ": the images' folder " + images + " does not exist");
        }
        List<Path> paths = new ArrayList<>();
        List<String> owners = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(list)) {
            if (Files.size(list) > MAX_BYTES) {
                throw new InputException(
                        "image list " + list + ": " + Files.size(list) + " bytes, at most " + MAX_BYTES);
            }
            Path root = images.toRealPath();
            Map<Path, Integer> seen = new HashMap<>();
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (number == 1 && line.startsWith(BYTE_ORDER_MARK)) {
                    line = line.substring(BYTE_ORDER_MARK.length());
                }
                if (!line.isBlank()) {
                    Entry entry = parse(line.strip(), list + ":" + number, images, root);
                    Integer before = seen.putIfAbsent(entry.path, number);
                    if (before != null) {
                        throw new InputException("image list " + list + ":" + number + ": " + line.strip()
                                + " is in line " + before + " already");
                    }
                    paths.add(entry.path);
                    owners.add(entry.owner);
                }
            }
        } catch (CharacterCodingException e) {
            throw new InputException("image list " + list + ": it is not UTF-8 text", e);
        } catch (IOException e) {
            throw new InputException("image list " + list + ": cannot be read: " + e, e);
        }
        return dataset(list, paths, owners);
    }

    private static Dataset dataset(Path list, List<Path> paths, List<String> owners) {
        if (paths.isEmpty()) {
            throw new InputException("image list " + list + ": it is empty");
        }
        List<String> classes = List.copyOf(new TreeSet<>(owners));
        Map<String, Integer> indices = new HashMap<>();
        for (String name : classes) {
            indices.put(name, indices.size());
        }
        int[] labels = new int[paths.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = indices.getOrDefault(owners.get(i), -1);
        }
        return new Dataset(list.toString(), classes, paths, labels);
    }

    private record Entry(String owner, Path path) {}

    private static Entry parse(String line, String where, Path images, Path root) throws IOException {
        if (line.length() > MAX_LINE) {
            throw new InputException("image list " + where + ": a line of " + line.length() + " characters");
        }
        String[] parts = line.split("/", -1);
        for (String part : parts) {
            if (parts.length < 2
                    || part.isEmpty()
                    || part.equals(".")
                    || part.equals("..")
                    || part.indexOf('\\') >= 0) {
                throw new InputException("image list " + where + ": a line is class/file, got " + line);
            }
        }
        try {
            Path path = images.resolve(line);
            if (!Files.isRegularFile(path)) {
                throw new InputException("image list " + where + ": there is no file " + path);
            }
            if (!path.toRealPath().startsWith(root)) {
                throw new InputException("image list " + where + ": " + line + " leads out of " + images);
            }
            return new Entry(parts[0], path);
        } catch (InvalidPathException e) {
            throw new InputException("image list " + where + ": not a file's name: " + e.getReason(), e);
        }
    }
}

package org.lrcc.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.data.ImageFolder;
import org.lrcc.nn.data.ImageList;

/** Labelled images: a folder with a folder a class, or a list file of {@code class/file} lines below a folder. */
final class DataOptions {
    private DataOptions() {}

    /**
     * Reads a data set.
     *
     * @param option the option that named it, for messages
     * @param source folder or list
     * @param images the folder that a list's names are below
     */
    static Dataset read(String option, Path source, @Nullable Path images) {
        if (Files.isDirectory(source)) {
            return ImageFolder.of(source);
        }
        if (!Files.exists(source)) {
            throw new InputException(option + " " + source + ": there is no such folder or list");
        }
        if (images == null) {
            throw new InputException(
                    option + " " + source + " is a list: --images must name the folder that its files are below");
        }
        return ImageList.of(source, images);
    }
}

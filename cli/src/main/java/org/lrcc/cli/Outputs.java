package org.lrcc.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.lrcc.engine.InputException;

/** Looks at outputs before the work begins, so that nobody waits for a result that has no place. */
final class Outputs {
    private Outputs() {}

    /** A file that is to be written: its folder must be there, it must not be one of the inputs, and no pipe or device, which a file would replace. */
    static Path file(String option, Path file, Path... inputs) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new InputException(option + " " + file + ": it is a folder");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new InputException(option + " " + file + ": it is a pipe, a device or a socket, not a file");
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new InputException(option + " " + file + ": the folder " + folder + " does not exist");
        }
        for (Path input : inputs) {
            if (file.toAbsolutePath().normalize().equals(input.toAbsolutePath().normalize())) {
                throw new InputException(
                        option + " " + file + ": it is an input of this command and would be overwritten");
            }
        }
        return file;
    }
}

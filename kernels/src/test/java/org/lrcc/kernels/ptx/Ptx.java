package org.lrcc.kernels.ptx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The shipped PTX, as it lies in the sources. */
final class Ptx {
    static final Path FOLDER = Path.of("src/main/resources/ptx");

    private Ptx() {}

    static String read(String name) throws IOException {
        return Files.readString(FOLDER.resolve(name + ".ptx"));
    }
}

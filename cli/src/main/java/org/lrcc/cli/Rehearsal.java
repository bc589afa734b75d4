package org.lrcc.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.lrcc.testdata.TestData;

/**
 * Does in small what users do, so that the JVM can list the classes that take part ({@code -XX:DumpLoadedClassList}) for an archive of them: later starts map them
 * instead of reading and verifying them. The launcher runs it once after a build.
 */
public final class Rehearsal {
    private static final List<String> CLASSES = List.of("accordion", "anchor");
    private static final int IMAGES = 2;

    private Rehearsal() {}

    /** Prints nothing; the exit code is 0 unless something failed. */
    public static void main(String[] args) throws IOException {
        StandardError.restore();
        Logging.configure(args);
        Path folder = Files.createTempDirectory("lrcc-rehearsal-");
        int code;
        try {
            code = rehearse(folder);
        } finally {
            delete(folder);
        }
        System.exit(code);
    }

    /** Predicts and trains with the bundled network in this folder; returns the first exit code that is not 0. */
    static int rehearse(Path folder) throws IOException {
        String network = copy("demo/thin_resnet18.onnx", folder.resolve("network.onnx"));
        Path photos = folder.resolve("photos");
        String image = "";
        for (String name : CLASSES) {
            Path images = Files.createDirectories(photos.resolve(name));
            for (String file : TestData.files("demo/images/" + name).subList(0, IMAGES)) {
                image = copy(file, images.resolve(file.substring(file.lastIndexOf('/') + 1)));
            }
        }
        String run = folder.resolve("run").toString();
        int code = run("predict", network, image);
        return code != 0
                ? code
                : run(
                        "train",
                        network,
                        "--train",
                        photos.toString(),
                        // A prediction of one image needs no vectors; this does.
                        "--test",
                        photos.toString(),
                        "--mode",
                        "lora_mode",
                        "--size",
                        "64",
                        "--batch",
                        "2",
                        "--epochs",
                        "1",
                        "-o",
                        run);
    }

    private static int run(String... arguments) {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        return Main.run(arguments, nowhere, nowhere);
    }

    private static String copy(String resource, Path to) throws IOException {
        try (InputStream in = TestData.open(resource)) {
            Files.copy(in, to);
        }
        return to.toString();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

package org.lrcc.bench.compare;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.onnx.Onnx;

/** With what is measured: launcher, network, Python. */
final class Setting {
    private final Path root;
    private final Path model;
    private final String python;
    private @Nullable String torch;

    /**
     * Prepares the network.
     *
     * @param root of the project
     * @param python interpreter for peers in PyTorch
     */
    Setting(Path root, String python) throws IOException {
        this.root = root;
        this.python = python;
        this.model = network(root);
    }

    /** A pretrained ResNet18 where there is one beside the project, else one of random weights. */
    private static Path network(Path root) throws IOException {
        Path target = Files.createDirectories(root.resolve("bench/target")).resolve("resnet18.onnx");
        if (Files.exists(target)) {
            return target;
        }
        Path given = Path.of(System.getProperty(
                        "lrcc.shared", root.resolve("../shared").toString()))
                .resolve("weights/resnet18.onnx.gz");
        if (Files.exists(given)) {
            try (InputStream in = new GZIPInputStream(Files.newInputStream(given));
                    OutputStream out = Files.newOutputStream(target)) {
                in.transferTo(out);
            }
        } else {
            Network network = ResNet.resnet18(1000);
            ModelInfo info = new ModelInfo(List.of(), Preprocessing.imagenet(), Map.of());
            Onnx.save(new Model(network, Init.state(network, 1), info), target);
        }
        return target;
    }

    Path model() {
        return model;
    }

    /** A call of the launcher. */
    List<String> launcher(String... arguments) {
        List<String> command = new ArrayList<>(List.of(root.resolve("lrcc").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** So that the launcher takes this Java and the jar that is there. */
    Map<String, String> environment() {
        return Map.of("JAVA_HOME", System.getProperty("java.home"), "LRCC_NO_BUILD", "1");
    }

    /** A call of one of the Python scripts. */
    Child python(String script, int threads, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                python,
                root.resolve("bench/src/main/python").resolve(script).toString(),
                "--threads",
                Integer.toString(threads),
                "--batch",
                Integer.toString(Comparison.BATCH)));
        command.addAll(List.of(arguments));
        return new Child(command, Map.of("OMP_NUM_THREADS", Integer.toString(threads), "PYTHONDONTWRITEBYTECODE", "1"));
    }

    /** Why a class of the peers is not there, or null. */
    static @Nullable String missingClass(String name) {
        return Setting.class.getResource("/" + name.replace('.', '/') + ".class") == null
                ? "built without the Maven profile peers"
                : null;
    }

    /** Why there is no PyTorch, or null. */
    @Nullable
    String missingTorch() {
        String known = torch;
        if (known == null) {
            known = probeTorch();
            torch = known;
        }
        return known.isEmpty() ? null : known;
    }

    private String probeTorch() {
        try {
            Process process = new ProcessBuilder(python, "-c", "import torch")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes()).strip();
            return process.waitFor() == 0
                    ? ""
                    : python + ": " + output.substring(output.lastIndexOf('\n') + 1)
                            + " (pip install torch; LRCC_PYTHON names an interpreter that has it)";
        } catch (IOException e) {
            return python + " does not start (LRCC_PYTHON names an interpreter that has torch)";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }
}

package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Init;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.ModelInfo;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.ResNet;
import org.lrcc.nn.optim.AdamW;

/** Training gives the same bits in processes of their own: nothing depends on hash codes, addresses, what was compiled when, or the number of threads. */
class FreshProcessesTest {
    private static final List<String> CLASSES = List.of("a", "b", "c");

    @Test
    void aTrainingGivesTheSameBitsInEveryProcess(@TempDir Path dir) throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        List<Path> outs = new ArrayList<>();
        for (String[] arguments : new String[][] {{"1", "5"}, {"1", "5"}, {"3", "5"}, {"1", "6"}}) {
            Path out = dir.resolve("out" + outs.size());
            outs.add(out);
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--add-modules",
                            "jdk.incubator.vector",
                            "-Xmx512m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            FreshProcessesTest.class.getName(),
                            arguments[0],
                            arguments[1])
                    .redirectOutput(out.toFile())
                    .redirectError(dir.resolve("err" + processes.size()).toFile())
                    .start());
        }
        List<String> digests = new ArrayList<>();
        try {
            for (int i = 0; i < processes.size(); i++) {
                assertThat(processes.get(i).waitFor(5, TimeUnit.MINUTES)).isTrue();
                assertThat(processes.get(i).exitValue())
                        .as(Files.readString(dir.resolve("err" + i)))
                        .isZero();
                digests.add(Files.readString(outs.get(i)).strip());
            }
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
        assertThat(digests.get(0))
                .matches("[0-9a-f]{64}")
                .isEqualTo(digests.get(1))
                .as("three threads")
                .isEqualTo(digests.get(2))
                .as("another seed")
                .isNotEqualTo(digests.get(3));
    }

    /** A few steps of ResNet18 on small images: convolutions of all of its kinds, batch norm, AdamW, shuffled batches. Prints the digest of the trained state. */
    public static void main(String[] arguments) {
        long seed = Long.parseLong(arguments[1]);
        Network network = ResNet.resnet18(CLASSES.size());
        Model model = new Model(
                network, Init.state(network, seed), new ModelInfo(CLASSES, Preprocessing.imagenet(), Map.of()));
        int count = 12;
        Shape shape = Shape.of(count, 3, 48, 48);
        float[] pixels = new float[shape.elements()];
        Philox random = new Philox(seed, 1);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i % CLASSES.size();
        }
        TrainConfig config = TrainConfig.defaults()
                .epochs(1)
                .batch(4)
                .rate(1e-3)
                .optimizer(AdamW.defaults())
                .seed(seed);
        Model trained = new Trainer(model, config)
                .backend(new CpuBackend(new ThreadPool(Integer.parseInt(arguments[0]))))
                .fit(new TensorSource(Tensor.of(pixels, shape.sizes()), labels, CLASSES))
                .model();
        System.out.println(TrainerTest.digest(trained));
    }
}

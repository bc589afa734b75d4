package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.cpu.CpuBackend;
import org.lrcc.engine.cpu.ThreadPool;
import org.lrcc.engine.spi.Backend;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.data.ImageList;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.testdata.TestData;

/** The pretrained network and the images of the demo, on the CPU backend. */
class ImageTrainingTest {
    private static final int IMAGES = 22;

    private static TrainConfig config() {
        return TrainConfig.defaults().epochs(2).batch(8).seed(4);
    }

    private static Model model() throws IOException {
        return Onnx.load(TestData.demo().resolve("thin_resnet18.onnx"));
    }

    private static Dataset images() throws IOException {
        Path demo = TestData.demo();
        Dataset all = ImageList.of(demo.resolve("train5.txt"), demo.resolve("images"));
        return all.subset(
                IntStream.range(0, IMAGES).map(i -> i * all.size() / IMAGES).toArray());
    }

    private static Backend threads(int count) {
        return new CpuBackend(new ThreadPool(count));
    }

    @Test
    void bitsDoNotDependOnThreads() throws IOException {
        String expected = null;
        for (int threads : new int[] {1, 2, 3, 8}) {
            TrainResult result = new Trainer(model(), config().loaderThreads(threads))
                    .backend(threads(threads))
                    .fit(images());
            assertThat(result.headReplaced()).isTrue();
            assertThat(result.model().info().classes()).hasSize(20);
            String digest = TrainerTest.digest(result.model());
            expected = expected == null ? digest : expected;
            assertThat(digest).as("%d threads", threads).isEqualTo(expected);
        }
    }

    @Test
    void evaluationTakesTheModelsPreprocessingAndNamesTheFiles() throws IOException {
        TrainResult result = new Trainer(model(), config()).fit(images(), images());
        Evaluation evaluation = Evaluator.evaluate(result.model(), images());
        assertThat(evaluation.samples()).isEqualTo(IMAGES);
        assertThat(evaluation.predictions().get(3).name())
                .isEqualTo(images().path(3).toString());
        assertThat(evaluation.score()).isEqualTo(result.evaluation().score());
    }

    /** A process of its own that trains and is gone in the middle of an epoch, without a chance to clean up. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws IOException {
            int[] left = {Integer.parseInt(args[1])};
            new Trainer(model(), config())
                    .backend(threads(2))
                    .checkpoint(Path.of(args[0]))
                    .checkpointEvery(2)
                    .callback(new TrainCallback() {
                        @Override
                        public void onStep(StepRecord step) {
                            if (--left[0] == 0) {
                                Runtime.getRuntime().halt(9);
                            }
                        }
                    })
                    .fit(images());
        }
    }

    @Test
    @Tag("long")
    void aKilledProcessIsResumedToTheSameBits(@TempDir Path folder) throws IOException, InterruptedException {
        String straight = TrainerTest.digest(
                new Trainer(model(), config()).backend(threads(1)).fit(images()).model());
        for (int steps : new int[] {3, 4, 5}) {
            Path checkpoint = folder.resolve("checkpoint.safetensors");
            Process victim = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--add-modules",
                            "jdk.incubator.vector",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Victim.class.getName(),
                            checkpoint.toString(),
                            Integer.toString(steps)))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("victim.log").toFile())
                    .start();
            assertThat(victim.waitFor()).isEqualTo(9);
            TrainResult resumed = new Trainer(model(), config())
                    .backend(threads(2))
                    .resume(checkpoint)
                    .fit(images());
            assertThat(TrainerTest.digest(resumed.model()))
                    .as("killed after %d steps", steps)
                    .isEqualTo(straight);
        }
    }
}

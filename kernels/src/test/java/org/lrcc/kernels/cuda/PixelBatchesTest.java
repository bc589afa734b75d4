package org.lrcc.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.kernels.ptx.InterpreterDriver;
import org.lrcc.nn.data.Batch;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.train.BatchSource;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.ImageSource;
import org.lrcc.nn.train.StepRecord;
import org.lrcc.nn.train.TrainCallback;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.TrainResult;
import org.lrcc.nn.train.Trainer;

/** Images go to the device as bytes, and nothing else changes. */
class PixelBatchesTest {
    private static final int SIDE = 16;
    private static final int IMAGES = 9;

    @TempDir
    Path folder;

    private ImageSource source;

    @BeforeEach
    void writeImages() throws IOException {
        Philox random = new Philox(4, 1);
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            BufferedImage image = new BufferedImage(SIDE + 3, SIDE + 5, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < image.getWidth() * image.getHeight(); p++) {
                image.setRGB(p % image.getWidth(), p / image.getWidth(), random.nextInt(1 << 24));
            }
            Path file = folder.resolve("image" + i + ".png");
            ImageIO.write(image, "png", file.toFile());
            paths.add(file);
        }
        Dataset data = new Dataset("pictures", TinyResNet.CLASSES, paths, TinyResNet.labels(IMAGES));
        source = new ImageSource(data, Preprocessing.ofSize(SIDE));
    }

    /** The same source, which does not tell that its images have pixels. */
    private record Normalized(ImageSource inner) implements BatchSource {
        @Override
        public int size() {
            return inner.size();
        }

        @Override
        public List<String> classes() {
            return inner.classes();
        }

        @Override
        public int label(int index) {
            return inner.label(index);
        }

        @Override
        public String name(int index) {
            return inner.name(index);
        }

        @Override
        public Shape sampleShape() {
            return inner.sampleShape();
        }

        @Override
        public BatchSource subset(int[] indices) {
            return inner.subset(indices);
        }

        @Override
        public Feed training(TrainConfig config) {
            return inner.training(config);
        }

        @Override
        public Feed inOrder(int batch) {
            return inner.inOrder(batch);
        }
    }

    private record Run(List<Double> losses, Evaluation evaluation) {}

    private static Run run(BatchSource source, InterpreterDriver driver) {
        List<Double> losses = new ArrayList<>();
        TrainConfig config = TrainConfig.defaults()
                .epochs(2)
                .batch(4)
                .microBatch(3)
                .rate(0.05)
                .seed(5);
        TrainResult result = new Trainer(TinyResNet.model(), config)
                .backend(new CudaBackend(driver))
                .callback(new TrainCallback() {
                    @Override
                    public void onStep(StepRecord step) {
                        losses.add(step.loss());
                    }
                })
                .fit(source, source);
        Evaluation evaluation = result.evaluation();
        assertThat(evaluation).isNotNull();
        return new Run(losses, evaluation);
    }

    @Test
    void pixelsGiveTheSameBits() {
        InterpreterDriver pixels = new InterpreterDriver();
        InterpreterDriver floats = new InterpreterDriver();
        Run got = run(source, pixels);
        Run want = run(new Normalized(source), floats);
        assertThat(got.losses()).isEqualTo(want.losses()).hasSize(6);
        assertThat(got.evaluation().loss()).isEqualTo(want.evaluation().loss());
        assertThat(pixels.uploadedBytes())
                .as("bytes brought to the device")
                .isLessThan(floats.uploadedBytes() - 2L * IMAGES * 3 * SIDE * SIDE * 3);
        assertThat(pixels.calls("createStream")).as("copies beside kernels").isGreaterThan(2);
        assertThat(pixels.live()).isEqualTo("0 allocations, 0 pinned buffers, 0 streams, 0 events");
    }

    @Test
    void aBatchOfPixelsIsAQuarter() {
        try (BatchSource.Feed feed = source.asPixels().inOrder(5);
                BatchSource.Batches batches = feed.epoch(0, 0)) {
            Batch batch = batches.next();
            assertThat(batch.x().dtype()).isEqualTo(DType.U8);
            assertThat(batch.x().shape()).isEqualTo(Shape.of(5, SIDE, SIDE, 3));
        }
    }
}

package org.lrcc.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.HeapStorage;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;

@Timeout(300)
class LoaderTest {
    private static final Preprocessing TO = Preprocessing.ofSize(12).withResize(14);
    private static final List<String> PICTURES = List.of(
            "rgb.jpg",
            "grey.jpg",
            "cmyk.jpg",
            "exif6.jpg",
            "rgb.png",
            "palette.png",
            "lossless.webp",
            "rgb.bmp",
            "exif3.jpg",
            "noise.png",
            "middle.png");

    @TempDir
    Path dir;

    Dataset data;

    @BeforeEach
    void makeData() throws IOException {
        List<Path> paths = new ArrayList<>();
        for (String picture : PICTURES) {
            paths.add(Files.write(dir.resolve(picture), ImageFixtures.bytes(picture)));
        }
        int[] labels = IntStream.range(0, paths.size()).map(i -> i % 3).toArray();
        data = new Dataset("pictures", List.of("a", "b", "c"), paths, labels);
    }

    @Test
    void evaluationTakesEveryImageInOrder() {
        try (Loader loader = new Loader(data, TO, Augmentation.none(), LoaderOptions.evaluation(4))) {
            List<Batch> batches = drain(loader.batches(0));

            assertThat(loader.batchesPerEpoch()).isEqualTo(3);
            assertThat(batches).extracting(Batch::size).containsExactly(4, 4, 3);
            assertThat(batches.get(2).x().shape()).isEqualTo(Shape.of(3, 3, 12, 12));
            int index = 0;
            for (Batch batch : batches) {
                for (int i = 0; i < batch.size(); i++, index++) {
                    assertThat(batch.indices()[i]).isEqualTo(index);
                    assertThat(batch.labels()[i]).isEqualTo(index % 3);
                    float[] alone = TO.toTensor(List.of(new ImageDecoder().decode(data.path(index))))
                            .toFloats();
                    assertThat(batch.x().slice(i * 432, Shape.of(3, 12, 12)).toFloats())
                            .isEqualTo(alone);
                }
            }
            assertThat(index).isEqualTo(11);
        }
    }

    @Test
    void trainingDependsOnSeedAndEpochAlone() {
        List<float[]> first = epoch(options(1, 7), 3, 0);

        assertThat(epoch(options(1, 7), 3, 0)).usingRecursiveComparison().isEqualTo(first);
        assertThat(epoch(options(3, 7).withCacheBytes(0), 3, 0))
                .usingRecursiveComparison()
                .isEqualTo(first);
        assertThat(epoch(options(1, 8), 3, 0).get(0)).isNotEqualTo(first.get(0));
        assertThat(epoch(options(1, 7), 4, 0).get(0)).isNotEqualTo(first.get(0));
    }

    @Test
    void theMemoryOfAReleasedBatchServesALaterOne() {
        List<float[]> kept = epoch(options(2, 7), 5, 0);
        Set<Object> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
        int whole = 0;
        try (Loader loader = new Loader(data, TO, Augmentation.imageNet(), options(2, 7))) {
            for (int round = 0; round < 5; round++) {
                BatchIterator batches = loader.batches(5);
                for (int i = 0; batches.hasNext(); i++) {
                    Batch batch = batches.next();
                    assertThat(batch.x().toFloats()).isEqualTo(kept.get(i));
                    if (batch.x().elements() == kept.get(0).length) {
                        arrays.add(((HeapStorage) batch.x().storage()).array());
                        whole++;
                    }
                    batch.x().release();
                }
            }
        }
        assertThat(arrays).hasSizeLessThan(whole / 2);
    }

    @Test
    void anEpochIsEnteredInItsMiddle() {
        List<float[]> whole = epoch(options(2, 7), 5, 0);

        assertThat(epoch(options(2, 7), 5, 2)).usingRecursiveComparison().isEqualTo(whole.subList(2, 4));
        assertThat(epoch(options(2, 7), 5, 4)).isEmpty();
        try (Loader loader = new Loader(data, TO, Augmentation.none(), options(1, 1))) {
            assertThatThrownBy(() -> loader.batches(0, 5)).isInstanceOf(InputException.class);
        }
    }

    @Test
    void everyEpochTakesEveryImageOnce() {
        try (Loader loader = new Loader(data, TO, Augmentation.fewShot(), options(2, 1))) {
            for (int epoch = 0; epoch < 3; epoch++) {
                assertThat(drain(loader.batches(epoch)).stream().flatMapToInt(b -> IntStream.of(b.indices())))
                        .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
            }
        }
    }

    @Test
    void theShortLastBatchCanBeDropped() {
        try (Loader loader =
                new Loader(data, TO, Augmentation.none(), options(1, 1).withDropLast(true))) {
            assertThat(drain(loader.batches(0))).extracting(Batch::size).containsExactly(3, 3, 3);
        }
        Dataset few = data.subset(0, 1);
        assertThatThrownBy(() ->
                        new Loader(few, TO, Augmentation.none(), options(1, 1).withDropLast(true)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 images, fewer than a batch of 3");
    }

    @Test
    void aSecondEpochComesFromTheCache() throws IOException {
        try (Loader loader = new Loader(data, TO, Augmentation.fewShot(), options(2, 1))) {
            drain(loader.batches(0));
            for (int i = 0; i < data.size(); i++) {
                Files.delete(data.path(i));
            }

            assertThat(drain(loader.batches(1))).hasSize(4);
        }
    }

    @Test
    void theCacheKeepsItsBound() {
        ImageCache cache = new ImageCache(100);
        cache.offer(0, RgbImage.black(5, 5));
        cache.offer(1, RgbImage.black(5, 5));
        cache.offer(2, RgbImage.black(2, 4));
        cache.offer(2, RgbImage.black(2, 4));

        assertThat(cache.get(0)).isNotNull();
        assertThat(cache.get(1)).isNull();
        assertThat(cache.get(2)).isNotNull();
        cache.offer(3, RgbImage.black(1, 1));
        assertThat(cache.get(3)).isNull();
    }

    @Test
    void anImageThatDoesNotDecodeIsNamed() throws IOException {
        Files.write(data.path(4), ImageFixtures.head(ImageFixtures.bytes("rgb.png"), 500));
        try (Loader loader = new Loader(data, TO, Augmentation.none(), LoaderOptions.evaluation(3))) {
            BatchIterator batches = loader.batches(0);
            assertThat(batches.next().size()).isEqualTo(3);

            assertThatThrownBy(batches::next)
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll(data.path(4).toString(), "truncated");
            assertThat(batches.hasNext()).isFalse();
            assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
        }
    }

    @Test
    void pixelsBecomeTheSameBits() {
        Kernels k = Backends.named("cpu").open();
        List<float[]> want = epoch(options(2, 7), 1, 0);
        try (Loader loader = new Loader(
                        data, TO, Augmentation.imageNet(), options(2, 7).withPixels(true));
                BatchIterator batches = loader.batches(1)) {
            for (float[] values : want) {
                Batch batch = batches.next();
                assertThat(batch.x().dtype()).isEqualTo(DType.U8);
                Tensor x =
                        TO.normalization().forward(k, input -> false, batch.x()).out();
                assertThat(x.toFloats()).isEqualTo(values);
                batch.x().release();
            }
        }
        k.close();
    }

    @Test
    void theNextBatchCanBeSeenOnceItIsThere() throws IOException, InterruptedException {
        Files.write(data.path(5), new byte[] {1, 2, 3});
        try (Loader loader = new Loader(data, TO, Augmentation.none(), LoaderOptions.evaluation(4));
                BatchIterator batches = loader.batches(0)) {
            Batch seen = batches.peek();
            while (seen == null) {
                Thread.sleep(1);
                seen = batches.peek();
            }
            assertThat(batches.peek()).isSameAs(seen);
            assertThat(batches.next()).isSameAs(seen);
            // The second has an image that does not decode: that is next()'s to say.
            assertThatThrownBy(batches::next).isInstanceOf(InputException.class);
            assertThat(batches.peek()).isNull();
        }
    }

    @Test
    void closingEndsItsThreadsWithBatchesLeft() {
        Loader loader = new Loader(data, TO, Augmentation.none(), LoaderOptions.evaluation(1));
        BatchIterator batches = loader.batches(0);
        batches.next();
        loader.close();

        assertThat(loader.pool().isTerminated()).isTrue();
        assertThatThrownBy(() -> drain(batches))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    private static LoaderOptions options(int threads, long seed) {
        return LoaderOptions.training(3, seed).withThreads(threads);
    }

    private List<float[]> epoch(LoaderOptions options, int epoch, int start) {
        try (Loader loader = new Loader(data, TO, Augmentation.imageNet(), options);
                BatchIterator batches = loader.batches(epoch, start)) {
            return drain(batches).stream().map(batch -> batch.x().toFloats()).toList();
        }
    }

    private static List<Batch> drain(BatchIterator batches) {
        List<Batch> all = new ArrayList<>();
        batches.forEachRemaining(all::add);
        return all;
    }
}

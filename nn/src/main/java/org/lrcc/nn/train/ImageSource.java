package org.lrcc.nn.train;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.op.NormalizeImages;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Augmentation;
import org.lrcc.nn.data.Batch;
import org.lrcc.nn.data.BatchIterator;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.data.Loader;
import org.lrcc.nn.data.LoaderOptions;
import org.lrcc.nn.data.Preprocessing;

/** Labelled images on the disk, brought into a network's form. */
public final class ImageSource implements BatchSource {
    private static final int CHANNELS = 3;

    private final Dataset data;
    private final Preprocessing preprocessing;

    private final boolean pixels;

    /** These images under a model's preprocessing. */
    public ImageSource(Dataset data, Preprocessing preprocessing) {
        this(data, preprocessing, false);
    }

    private ImageSource(Dataset data, Preprocessing preprocessing, boolean pixels) {
        this.data = data;
        this.preprocessing = preprocessing;
        this.pixels = pixels;
    }

    @Override
    public BatchSource asPixels() {
        return new ImageSource(data, preprocessing, true);
    }

    @Override
    public @Nullable NormalizeImages normalization() {
        return pixels ? preprocessing.normalization() : null;
    }

    @Override
    public int size() {
        return data.size();
    }

    @Override
    public List<String> classes() {
        return data.classes();
    }

    @Override
    public int label(int index) {
        return data.label(index);
    }

    @Override
    public String name(int index) {
        return data.path(index).toString();
    }

    @Override
    public Shape sampleShape() {
        return Shape.of(CHANNELS, preprocessing.size(), preprocessing.size());
    }

    @Override
    public BatchSource subset(int[] indices) {
        return new ImageSource(data.subset(indices), preprocessing, pixels);
    }

    @Override
    public Feed training(TrainConfig config) {
        LoaderOptions options = LoaderOptions.training(config.batch(), config.seed())
                .withDropLast(config.dropLast())
                .withPixels(pixels);
        LoaderOptions threaded = config.loaderThreads() == 0 ? options : options.withThreads(config.loaderThreads());
        return new LoaderFeed(new Loader(data, preprocessing, config.augmentation(), threaded));
    }

    @Override
    public Feed inOrder(int batch) {
        return new LoaderFeed(new Loader(
                data,
                preprocessing,
                Augmentation.none(),
                LoaderOptions.evaluation(batch).withPixels(pixels)));
    }

    private record LoaderFeed(Loader loader) implements Feed {
        @Override
        public Batches epoch(int epoch, int firstBatch) {
            return new LoaderBatches(loader.batches(epoch, firstBatch));
        }

        @Override
        public void close() {
            loader.close();
        }
    }

    private record LoaderBatches(BatchIterator batches) implements Batches {
        @Override
        public boolean hasNext() {
            return batches.hasNext();
        }

        @Override
        public @Nullable Batch peek() {
            return batches.peek();
        }

        @Override
        public Batch next() {
            return batches.next();
        }

        @Override
        public void close() {
            batches.close();
        }
    }
}

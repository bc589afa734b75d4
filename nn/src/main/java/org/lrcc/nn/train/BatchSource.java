package org.lrcc.nn.train;

import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.op.NormalizeImages;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Batch;

/** Labelled samples that come in batches: what the trainer and the evaluator need of a data set. */
public interface BatchSource {
    /** Batches one after the other; closed by whoever asked for it. */
    interface Batches extends Iterator<Batch>, AutoCloseable {
        /** The batch that {@link #next} will return, where that would not wait; else null. Only its tensor's place and contents are to be looked at. */
        default @Nullable Batch peek() {
            return null;
        }

        /** The next batch. It is the caller's, who releases its tensor after the step: a source that hands out slices of a tensor of its own retains it for each. */
        @Override
        Batch next();

        @Override
        void close();
    }

    /** Epochs of batches. Holds what making them takes (threads, decoded images) until it is closed. */
    interface Feed extends AutoCloseable {
        /**
         * The batches of an epoch. The next epoch may be asked for while the one before is still open, so that its first batches are made beside the last steps.
         *
         * @param epoch counts from 0
         * @param firstBatch batches that are left out at the beginning: where training goes on
         */
        Batches epoch(int epoch, int firstBatch);

        @Override
        void close();
    }

    /** Number of samples. */
    int size();

    /** Names of the classes. */
    List<String> classes();

    /** Class of a sample. */
    int label(int index);

    /** Classes of all samples. */
    default int[] labels() {
        return IntStream.range(0, size()).map(this::label).toArray();
    }

    /** Name of a sample, for reports and messages: its file. */
    String name(int index);

    /** Shape of one sample: [C, H, W]. */
    Shape sampleShape();

    /** The source of these samples alone, in this order. */
    BatchSource subset(int[] indices);

    /** Training epochs: their order and their changes to samples (augmentation) depend on {@code config.seed()} and the epoch alone. */
    Feed training(TrainConfig config);

    /** Epochs of all samples in order, unchanged. */
    Feed inOrder(int batch);

    /**
     * The same samples in batches of pixels, U8 [N, H, W, 3], which {@link #normalization} turns into input: less to bring to a device. This where there are no
     * pixels.
     */
    default BatchSource asPixels() {
        return this;
    }

    /** What makes a network's input of a batch; null where it is that already. */
    default @Nullable NormalizeImages normalization() {
        return null;
    }

    /** Number of batches that a training epoch has. */
    default int batchesPerEpoch(TrainConfig config) {
        return config.dropLast() ? size() / config.batch() : (size() + config.batch() - 1) / config.batch();
    }
}

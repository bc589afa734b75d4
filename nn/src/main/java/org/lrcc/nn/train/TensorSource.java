package org.lrcc.nn.train;

import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Batch;

/** Samples that are in memory as one tensor: for small problems and users with their own input pipeline. */
public final class TensorSource implements BatchSource {
    private static final long ORDER = 0x6f72646572L;

    private final Tensor samples;
    private final int[] labels;
    private final List<String> classes;
    private final int[] members;

    /**
     * Samples without a copy.
     *
     * @param samples F32 [N, C, H, W], on the heap
     * @param labels N positions in {@code classes}
     */
    public TensorSource(Tensor samples, int[] labels, List<String> classes) {
        this(
                samples,
                labels.clone(),
                List.copyOf(classes),
                IntStream.range(0, labels.length).toArray());
        if (samples.dtype() != DType.F32
                || samples.shape().rank() != 4
                || samples.shape().size(0) != labels.length) {
            throw new InputException("tensor source: " + samples + " must be F32 [N,C,H,W] with N = " + labels.length
                    + ", the number of labels");
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes.size()) {
                throw new InputException("tensor source: label " + labels[i] + " of sample " + i + " is none of "
                        + classes.size() + " classes");
            }
        }
    }

    private TensorSource(Tensor samples, int[] labels, List<String> classes, int[] members) {
        this.samples = samples;
        this.labels = labels;
        this.classes = classes;
        this.members = members;
    }

    @Override
    public int size() {
        return members.length;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        return labels[members[index]];
    }

    @Override
    public String name(int index) {
        return "sample " + members[index];
    }

    @Override
    public Shape sampleShape() {
        Shape shape = samples.shape();
        return Shape.of(shape.size(1), shape.size(2), shape.size(3));
    }

    @Override
    public BatchSource subset(int[] indices) {
        return new TensorSource(
                samples,
                labels,
                classes,
                Arrays.stream(indices).map(i -> members[i]).toArray());
    }

    @Override
    public Feed training(TrainConfig config) {
        int batches = batchesPerEpoch(config);
        return new Walks(config.batch(), batches, epoch -> order(config.seed(), epoch));
    }

    private int[] order(long seed, int epoch) {
        int[] order = IntStream.range(0, size()).toArray();
        Philox random = new Philox(seed, Philox.stream(ORDER, epoch));
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        return order;
    }

    @Override
    public Feed inOrder(int batch) {
        int batches = (size() + batch - 1) / batch;
        return new Walks(batch, batches, epoch -> IntStream.range(0, size()).toArray());
    }

    private Batch batch(int[] indices) {
        Shape one = sampleShape();
        float[] values = new float[indices.length * one.elements()];
        for (int i = 0; i < indices.length; i++) {
            int from = samples.offset() + members[indices[i]] * one.elements();
            samples.storage().read(from, values, i * one.elements(), one.elements());
        }
        return new Batch(
                Tensor.of(values, indices.length, one.size(0), one.size(1), one.size(2)),
                Arrays.stream(indices).map(this::label).toArray(),
                indices);
    }

    /** Goes through an order each epoch. */
    private final class Walks implements Feed {
        private final int batch;
        private final int batches;
        private final IntFunction<int[]> order;

        Walks(int batch, int batches, IntFunction<int[]> order) {
            this.batch = batch;
            this.batches = batches;
            this.order = order;
        }

        @Override
        public Batches epoch(int epoch, int firstBatch) {
            return new Walk(order.apply(epoch), firstBatch, batches, batch);
        }

        @Override
        public void close() {}
    }

    /** Goes through an order. */
    private final class Walk implements Batches {
        private final int[] order;
        private final int end;
        private final int batch;
        private int next;
        private @Nullable Batch made;

        Walk(int[] order, int next, int end, int batch) {
            this.order = order;
            this.next = next;
            this.end = end;
            this.batch = batch;
        }

        @Override
        public boolean hasNext() {
            return next < end;
        }

        @Override
        public @Nullable Batch peek() {
            if (made == null && hasNext()) {
                int from = next * batch;
                made = batch(Arrays.copyOfRange(order, from, Math.min(order.length, from + batch)));
            }
            return made;
        }

        @Override
        public Batch next() {
            Batch ready = peek();
            if (ready == null) {
                throw new NoSuchElementException();
            }
            made = null;
            next++;
            return ready;
        }

        @Override
        public void close() {}
    }
}

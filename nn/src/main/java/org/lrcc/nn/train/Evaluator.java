package org.lrcc.nn.train;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Batch;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.State;

/** Measures models on labelled samples. One evaluator measures a network on one source as often as its state changes. */
public final class Evaluator implements AutoCloseable {
    /** Samples that go through the network together where nothing else is said. */
    public static final int BATCH = 50;

    private static final int TOP = 5;

    private final Plan plan;
    private final BatchSource source;
    private final BatchUpload upload;
    private final BatchSource.Feed feed;
    private final ClassMap map;
    private final List<String> classes;

    Evaluator(Backend backend, Model model, BatchSource source, int batch) {
        if (source.size() == 0) {
            throw new InputException("evaluate: there are no samples");
        }
        if (batch < 1) {
            throw new InputException("evaluate: batch must be 1 or more: " + batch);
        }
        this.source = source;
        this.map = ClassMap.of(model, source.classes());
        this.classes = model.info().classes().isEmpty()
                ? source.classes()
                : model.info().classes();
        Shape one = source.sampleShape();
        Shape input = Shape.of(batch, one.size(0), one.size(1), one.size(2));
        this.plan = model.network().prepare(backend, Mode.EVAL, input);
        BatchSource suited = BatchUpload.suited(backend, source);
        this.upload = BatchUpload.of(suited);
        this.feed = suited.inOrder(batch);
    }

    /** Evaluates on images, under the model's preprocessing and on the backend in use. */
    public static Evaluation evaluate(Model model, Dataset images) {
        return evaluate(model, new ImageSource(images, model.info().preprocessing()));
    }

    /** Evaluates on the backend in use. */
    public static Evaluation evaluate(Model model, BatchSource source) {
        return evaluate(model, source, BATCH);
    }

    /**
     * Evaluates on the backend in use.
     *
     * @param batch samples that go through the network together
     */
    public static Evaluation evaluate(Model model, BatchSource source, int batch) {
        Backend backend = Backends.get();
        try (Evaluator evaluator = new Evaluator(backend, model, source, batch);
                Kernels k = backend.open()) {
            return evaluator.run(k, model.state());
        }
    }

    Evaluation run(Kernels k, State state) {
        Tally tally = new Tally();
        try (BatchSource.Batches batches = feed.epoch(0, 0)) {
            while (batches.hasNext()) {
                Batch next = batches.next();
                float[] logits = logits(k, state, next.x(), batches);
                next.x().release();
                int outputs = logits.length / next.labels().length;
                for (int i = 0; i < next.labels().length; i++) {
                    String name = source.name(next.indices()[i]);
                    tally.add(name, map.output(next.labels()[i]), logits, i * outputs, outputs);
                }
            }
        }
        return tally.result();
    }

    @Override
    public void close() {
        feed.close();
    }

    private float[] logits(Kernels k, State state, Tensor x, BatchSource.Batches batches) {
        Tensor images = upload.to(k, x);
        Tensor logits = plan.run(k, state, images);
        Batch next = k.worksOnHeap() || !batches.hasNext() ? null : batches.peek();
        if (next != null) {
            k.prefetch(next.x());
        }
        float[] values = logits.toFloats();
        logits.release();
        images.release();
        return values;
    }

    /** Position of the largest of {@code count} values from {@code at} on, the first of equals. */
    static int argmax(float[] values, int at, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (values[at + i] > values[at + best]) {
                best = i;
            }
        }
        return best;
    }

    /** What the samples so far add up to. */
    private final class Tally {
        private final List<Evaluation.Prediction> predictions = new ArrayList<>();
        private final int[][] confusion = new int[classes.size()][classes.size()];
        private double loss;
        private int top1;
        private int top5;

        void add(String name, int actual, float[] logits, int at, int count) {
            int predicted = argmax(logits, at, count);
            double largest = logits[at + predicted];
            double sum = IntStream.range(at, at + count)
                    .mapToDouble(i -> Math.exp(logits[i] - largest))
                    .sum();
            if (!Double.isFinite(sum)) {
                throw new FailureException("evaluate: the outputs for " + name + " are not finite");
            }
            float[] probabilities = new float[count];
            int above = 0;
            for (int i = 0; i < count; i++) {
                probabilities[i] = (float) (Math.exp(logits[at + i] - largest) / sum);
                // Of equal outputs the first ranks higher, as in argmax.
                boolean higher = logits[at + i] > logits[at + actual];
                above += higher || (logits[at + i] == logits[at + actual] && i < actual) ? 1 : 0;
            }
            loss += Math.log(sum) - (logits[at + actual] - largest);
            top1 += above == 0 ? 1 : 0;
            top5 += above < TOP ? 1 : 0;
            confusion[actual][predicted]++;
            predictions.add(new Evaluation.Prediction(name, actual, predicted, probabilities));
        }

        Evaluation result() {
            double count = predictions.size();
            return new Evaluation(
                    classes, loss / count, top1 / count, top5 / count, confusion, List.copyOf(predictions));
        }
    }
}

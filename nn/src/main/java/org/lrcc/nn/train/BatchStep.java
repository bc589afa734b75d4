package org.lrcc.nn.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.DeviceMemoryException;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.autograd.Tape;
import org.lrcc.engine.autograd.Var;
import org.lrcc.engine.op.SoftmaxCrossEntropy;
import org.lrcc.engine.random.Philox;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.DType;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.FlatParameters;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Network;
import org.lrcc.nn.network.Parameters;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.network.State;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.optim.GradientNorm;

/**
 * Loss and gradient of one batch: micro-batch by micro-batch, each loss divided by the weight of the whole batch, the gradients summed as a fixed tree. Running
 * statistics follow micro-batch by micro-batch and go back to what they were if the step is not accepted.
 */
final class BatchStep {
    private static final long PURPOSE = 0x73746570L;

    /** Side of the small images that a warm-up takes, its steps on them, and the images of each. */
    private static final int WARM_UP_SIZE = 64;

    private static final int WARM_UPS = 3;
    private static final int WARM_UP_BATCH = 2;

    /**
     * What a batch gave.
     *
     * @param gradient flat, clipped; valid until the next step
     * @param norm before clipping
     */
    record Outcome(double loss, int correct, Tensor gradient, double norm) {}

    private final Kernels k;
    private final TrainConfig config;
    private final Plan plan;
    private final State state;
    private final FlatParameters flat;
    private final GradientTree tree;
    private final double[] weights;
    private final BatchUpload upload;
    private final @Nullable Tensor classWeights;
    private final Map<String, Tensor> before = new LinkedHashMap<>();
    private float[] read = {};

    /**
     * For batches of a run.
     *
     * @param weights of the model's outputs in the loss; empty for equal ones
     * @param upload brings batches to the backend
     */
    BatchStep(
            Kernels k,
            TrainConfig config,
            Plan plan,
            State state,
            FlatParameters flat,
            double[] weights,
            BatchUpload upload) {
        this.k = k;
        this.config = config;
        this.plan = plan;
        this.state = state;
        this.flat = flat;
        this.tree = new GradientTree(k, flat);
        this.weights = weights;
        this.upload = upload;
        this.classWeights = weights.length == 0 ? null : upload(weights);
    }

    private Tensor upload(double[] values) {
        float[] narrow = new float[values.length];
        IntStream.range(0, narrow.length).forEach(i -> narrow[i] = (float) values[i]);
        return k.upload(Tensor.of(narrow, narrow.length));
    }

    /** As the other one, where nothing is known of the next step. */
    Outcome run(Tensor x, int[] labels, long step) {
        return run(x, labels, step, () -> null);
    }

    /**
     * Runs forward and backward.
     *
     * @param x [N, C, H, W]
     * @param labels positions among the model's outputs
     * @param step over the whole run, from 0: what dropout draws depends on it
     * @param following the images of the next step, where they are there already; a backend with memory of its own brings them there beside this step's work
     * @throws FailureException where loss or gradient is not finite; nothing has changed then, as after any other exception
     */
    Outcome run(Tensor x, int[] labels, long step, Supplier<@Nullable Tensor> following) {
        before.values().forEach(Tensor::release);
        before.clear();
        try {
            return accumulate(x, labels, step, following);
        } catch (RuntimeException e) {
            tree.reset();
            try {
                before.forEach(state::update);
            } catch (FailureException lost) {
                // A device that is gone cannot be written to either; what matters is why.
                e.addSuppressed(lost);
            }
            throw e;
        }
    }

    /**
     * Steps a few times on small images of noise, then once on two of the network's own size, updates a few parameters of its own, and forgets what that gave. Until C2 has compiled a loop each
     * vector is an object and work takes a hundred times as long; how much must be done before it is compiled does not depend on the image, so the first step comes to its speed sooner this way.
     * The large images are for what small ones do not reach (tiles cut off by the border, sums over many tiles): what C2 compiled without having met it is thrown away once it is met, amid the first
     * step. Networks of small images, and those that take no others than their own, begin as they are.
     *
     * <p>Measured in {@code bench/results/start-2026-11-30.md}.
     */
    void warmUp(Backend backend, Network network, FlatOptimizer optimizer) {
        Shape own = plan.input();
        if (!backend.warmsUp() || own.size(2) < 2 * WARM_UP_SIZE || own.size(3) < 2 * WARM_UP_SIZE) {
            return;
        }
        Shape large = own.with(0, Math.min(WARM_UP_BATCH, own.size(0)));
        Shape small = Shape.of(WARM_UP_BATCH, own.size(1), WARM_UP_SIZE, WARM_UP_SIZE);
        // A session of its own: arrays of these sizes are of no use later.
        try (Kernels session = backend.open()) {
            optimizer.warmUp(session);
            rehearse(session, network.prepare(backend, Mode.TRAIN, small), WARM_UPS);
            rehearse(session, network.prepare(backend, Mode.TRAIN, large), 1);
        } catch (InputException e) {
            // Networks that take no other size or batch begin as they are.
            return;
        }
    }

    private void rehearse(Kernels session, Plan rehearsal, int times) {
        Shape shape = rehearsal.input();
        float[] noise = new float[shape.elements()];
        Philox random = new Philox(config.seed(), PURPOSE);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) random.nextGaussian();
        }
        Tensor images = session.upload(Tensor.of(noise, shape.sizes()));
        Tensor targets = session.upload(Tensor.of(new int[shape.size(0)], shape.size(0)));
        Tensor gradient = tree.next();
        try {
            Consumer<Kernels> passes = kernels -> passes(kernels, rehearsal, images, targets, gradient);
            for (int i = 0; i < times; i++) {
                try (Kernels.Repetition once = session.repeat(new Kind(rehearsal, shape), passes)) {
                    passes.accept(session);
                }
            }
        } finally {
            tree.giveBack(gradient);
            images.release();
            targets.release();
        }
    }

    /** Forward and backward, for a warm-up or to see what they allocate. */
    private void passes(Kernels kernels, Plan passes, Tensor images, Tensor targets, Tensor gradient) {
        try (Tape tape = Tape.recording(kernels)) {
            Parameters parameters = Parameters.of(tape, state, flat, gradient);
            Var logits = passes.forward(parameters, tape.constant(images), config.seed(), 0);
            tape.backward(loss(tape, logits, tape.constant(targets), 1));
        }
    }

    private Outcome accumulate(Tensor x, int[] labels, long step, Supplier<@Nullable Tensor> following) {
        double normalizer = weights.length == 0
                ? labels.length
                : IntStream.of(labels).mapToDouble(label -> weights[label]).sum();
        int size = config.microBatch() == 0 ? labels.length : config.microBatch();
        double loss = 0;
        int correct = 0;
        for (int from = 0, micro = 0; from < labels.length; from += size, micro++) {
            int count = Math.min(size, labels.length - from);
            int end = from + count;
            Supplier<@Nullable Tensor> next = end < labels.length
                    ? () -> part(x, end, Math.min(size, labels.length - end))
                    : () -> firstPart(following.get(), size);
            int[] partLabels = Arrays.copyOfRange(labels, from, end);
            long stream = Philox.stream(PURPOSE, step, micro);
            Part result = micro(part(x, from, count), partLabels, normalizer, stream, next);
            loss += result.loss;
            correct += result.correct;
        }
        Tensor gradient = tree.total();
        loss += penalties(gradient);
        double norm = GradientNorm.of(k, gradient);
        if (!Double.isFinite(norm)) {
            throw new FailureException("the loss is " + loss + ", but gradients are not finite: "
                    + Diagnosis.ofGradient(flat, gradient, state));
        }
        if (config.clipNorm() > 0) {
            GradientNorm.clip(k, gradient, norm, config.clipNorm());
        }
        return new Outcome(loss, correct, gradient, norm);
    }

    private static Tensor part(Tensor x, int from, int count) {
        Shape shape = x.shape().with(0, count);
        return x.slice(from * (shape.elements() / count), shape);
    }

    private @Nullable Tensor firstPart(@Nullable Tensor x, int size) {
        // A batch that is not cut is as large as it is, be it the last and short one.
        return x == null
                ? null
                : part(
                        x,
                        0,
                        config.microBatch() == 0
                                ? x.shape().size(0)
                                : Math.min(size, x.shape().size(0)));
    }

    /** Brings what comes next to the device, once it is there. */
    private final class Ahead {
        private final Supplier<@Nullable Tensor> next;
        private boolean done;

        Ahead(Supplier<@Nullable Tensor> next) {
            this.next = next;
            this.done = k.worksOnHeap();
        }

        /** To be called where the device has work and the host is about to wait for it. */
        void begin() {
            Tensor x = done ? null : next.get();
            if (x != null) {
                k.prefetch(x);
                done = true;
            }
        }
    }

    /** Micro-batches that allocate alike. */
    private record Kind(Plan plan, Shape images) {}

    /** What a micro-batch adds to the loss. */
    private record Part(double loss, int correct) {}

    private Part micro(Tensor x, int[] labels, double normalizer, long stream, Supplier<@Nullable Tensor> next) {
        long before = k.usedBytes();
        try {
            return run(x, labels, normalizer, stream, new Ahead(next));
        } catch (FailureException e) {
            DeviceMemoryException full = DeviceMemoryException.in(e);
            if (full == null) {
                throw e;
            }
            int most = full.mostOf(labels.length, before);
            throw new FailureException(
                    e.getMessage() + "; of the " + labels.length + " samples that were worked on at once "
                            + (most == 0
                                    ? "not one would fit"
                                    : "at most " + most + " would fit: --batch or --micro-batch"),
                    e);
        }
    }

    private Part run(Tensor x, int[] labels, double normalizer, long stream, Ahead ahead) {
        Tensor images = upload.to(k, x);
        try {
            Tensor targets = k.upload(Tensor.of(labels, labels.length));
            try {
                return run(images, targets, labels, normalizer, stream, ahead);
            } finally {
                targets.release();
            }
        } finally {
            images.release();
        }
    }

    private Part run(Tensor images, Tensor targets, int[] labels, double normalizer, long stream, Ahead ahead) {
        Tensor gradient = tree.next();
        try (Tape tape = Tape.recording(k)) {
            Part part;
            try (Kernels.Repetition once =
                    k.repeat(new Kind(plan, images.shape()), dry -> passes(dry, plan, images, targets, gradient))) {
                Parameters parameters = Parameters.of(tape, state, flat, gradient);
                Var logits = plan.forward(parameters, tape.constant(images), config.seed(), stream);
                tape.label("loss");
                Var loss = loss(tape, logits, tape.constant(targets), normalizer);
                ahead.begin();
                double value = loss.tensor().item();
                if (!Double.isFinite(value)) {
                    throw new FailureException("the loss is " + value + ": "
                            + Diagnosis.ofLoss(k, plan, state, flat, images, config.seed(), stream));
                }
                part = new Part(value, correct(logits.tensor(), labels));
                tape.backward(loss);
            }
            ahead.begin();
            tree.add(gradient);
            plan.updates(tape).forEach(this::commit);
            return part;
        }
    }

    private Var loss(Tape tape, Var logits, Var targets, double normalizer) {
        SoftmaxCrossEntropy op = new SoftmaxCrossEntropy(config.labelSmoothing(), normalizer);
        return classWeights == null
                ? tape.apply(op, logits, targets)
                : tape.apply(op, logits, targets, tape.constant(classWeights));
    }

    /** The next micro-batch goes on from these statistics, so they are written at once; {@link #before} has the way back. */
    private void commit(String name, Tensor value) {
        if (!before.containsKey(name)) {
            Tensor current = state.get(name);
            Tensor copy = k.allocate(current.dtype(), current.shape());
            k.copy(current, copy);
            before.put(name, copy);
        }
        state.update(name, value);
    }

    private int correct(Tensor logits, int[] labels) {
        if (read.length < logits.elements()) {
            read = new float[logits.elements()];
        }
        logits.storage().read(logits.offset(), read, 0, logits.elements());
        int outputs = logits.elements() / labels.length;
        int correct = 0;
        for (int i = 0; i < labels.length; i++) {
            correct += Evaluator.argmax(read, i * outputs, outputs) == labels[i] ? 1 : 0;
        }
        return correct;
    }

    /** Adds the penalties' gradients and returns their losses. */
    private double penalties(Tensor gradient) {
        double loss = 0;
        for (L1Term term : config.l1()) {
            for (String name : matching(term)) {
                Tensor parameter = flat.slice(flat.values(), name);
                Tensor sum = k.allocate(DType.F32, Shape.of());
                Tensor signs = k.allocate(DType.F32, parameter.shape());
                k.absSum(parameter, sum);
                loss += term.coefficient() * sum.item();
                k.fill(sum, term.coefficient());
                k.absSumGrad(parameter, sum, signs);
                k.axpy(1, signs, flat.slice(gradient, name));
                sum.release();
                signs.release();
            }
        }
        return loss;
    }

    private List<String> matching(L1Term term) {
        return flat.names().stream().filter(term::matches).toList();
    }
}

package org.lrcc.nn.train;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.FailureException;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.data.Batch;
import org.lrcc.nn.data.StratifiedSplit;
import org.lrcc.nn.network.Heads;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.optim.FlatOptimizer;
import org.lrcc.nn.safetensors.TensorDigest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a {@link Trainer}: its place, and the loops over epochs and steps. */
final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);
    private static final double NANO = 1e-9;

    private final Trainer trainer;
    private final TrainConfig config;
    private final boolean headReplaced;
    private final TrainingState tensors;
    private final BatchSource train;
    private final ClassMap map;
    private final Kernels k;
    private final BatchSource.Feed feed;
    private final @Nullable Evaluator validation;
    private final @Nullable Evaluator test;
    private final FlatOptimizer optimizer;
    private final BatchStep batchStep;
    private final int stepsPerEpoch;

    // The place in the run.
    private int epoch;
    private int batch;
    private long step;
    private double lossSum;
    private int correct;
    private int seen;
    private double seconds;
    private double waiting;
    private BatchSource.@Nullable Batches following;
    private int bestEpoch;
    private EpochRecord.@Nullable Score bestScore;
    private Map<String, Tensor> best = Map.of();
    private final List<EpochRecord> history = new ArrayList<>();
    private @Nullable Evaluation lastTest;

    TrainingRun(
            Backend backend,
            Model given,
            TrainConfig config,
            BatchSource samples,
            @Nullable BatchSource test,
            Trainer trainer) {
        this.trainer = trainer;
        this.config = config;
        this.headReplaced = replacesHead(given, samples);
        Model model = headReplaced ? Heads.replace(given, samples.classes(), config.seed()) : given;
        this.map = ClassMap.of(model, samples.classes());
        StratifiedSplit split = split(samples);
        this.train = split == null ? samples : samples.subset(split.rest());
        this.stepsPerEpoch = train.batchesPerEpoch(config);
        if (stepsPerEpoch == 0) {
            throw new InputException("train: " + train.size() + " samples make no batch of " + config.batch()
                    + (config.dropLast() ? ", and the short last one is dropped" : ""));
        }
        Shape one = train.sampleShape();
        SingleValues.refuse(model.network(), one, train.size(), config);
        double[] weights = weights(model);
        this.tensors = new TrainingState(model, config.freeze());
        Shape input = Shape.of(config.batch(), one.size(0), one.size(1), one.size(2));
        Plan plan = model.network().prepare(backend, Mode.TRAIN, input);
        Model current = tensors.model();
        // The one whose classes may not fit comes first: what opens threads of its own is not left behind.
        this.test = test == null ? null : new Evaluator(backend, current, test, Evaluator.BATCH);
        this.validation = split == null
                ? null
                : new Evaluator(backend, current, samples.subset(split.heldOut()), Evaluator.BATCH);
        BatchSource suited = BatchUpload.suited(backend, train);
        this.feed = suited.training(config);
        this.k = backend.open();
        try {
            this.optimizer = tensors.optimizer(k, config);
            this.batchStep =
                    new BatchStep(k, config, plan, tensors.state(), tensors.flat(), weights, BatchUpload.of(suited));
            batchStep.warmUp(backend, model.network(), optimizer);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private @Nullable StratifiedSplit split(BatchSource samples) {
        if (config.validation() == 0) {
            return null;
        }
        StratifiedSplit split =
                StratifiedSplit.of(samples.labels(), samples.classes().size(), config.validation(), config.seed());
        if (split.heldOut().length == 0) {
            throw new InputException("train: no class has a second sample that could be held back for early stopping");
        }
        return split;
    }

    private boolean replacesHead(Model given, BatchSource samples) {
        return switch (config.head()) {
            case KEEP -> false;
            case REPLACE -> true;
            case AUTO -> !ClassMap.same(given, samples.classes());
        };
    }

    /** Weights of the outputs in the loss; those of classes that the data does not have count for nothing. */
    private double[] weights(Model model) {
        if (config.classWeights().isEmpty()) {
            return new double[0];
        }
        if (config.classWeights().size() != train.classes().size()) {
            throw new InputException("train: " + config.classWeights().size() + " class weights for "
                    + train.classes().size() + " classes");
        }
        double[] weights = new double[model.network().outputShape().size(-1)];
        Arrays.fill(weights, 1);
        for (int i = 0; i < train.classes().size(); i++) {
            weights[map.output(i)] = config.classWeights().get(i);
        }
        return weights;
    }

    TrainResult run() {
        Path file = trainer.checkpointFile();
        Path folder = file == null ? null : file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new InputException("train: the folder of the checkpoint " + file + " does not exist");
        }
        LOG.debug("training {} parameters on {} samples", tensors.state().trainableElements(), train.size());
        trainer.callbacks().forEach(c -> c.onStart(train.size(), epoch, config.epochs(), stepsPerEpoch));
        while (epoch < config.epochs() && !outOfPatience()) {
            boolean whole = runSteps();
            refuseBrokenTensors();
            if (!whole) {
                checkpoint();
                return finish(TrainResult.End.CANCELLED);
            }
            endEpoch();
            checkpoint();
        }
        return finish(epoch < config.epochs() ? TrainResult.End.EARLY : TrainResult.End.DONE);
    }

    private boolean outOfPatience() {
        return config.patience() > 0 && bestEpoch > 0 && epoch - bestEpoch >= config.patience();
    }

    /** The steps of the current epoch that are left; false if training was cancelled. */
    private boolean runSteps() {
        try (BatchSource.Batches batches = batches()) {
            while (batches.hasNext()) {
                if (trainer.isCancelled()) {
                    return false;
                }
                long begin = System.nanoTime();
                Batch samples = batches.next();
                waiting += (System.nanoTime() - begin) * NANO;
                if (!batches.hasNext() && epoch + 1 < config.epochs()) {
                    // So that the next epoch's first images are made during this one's last step.
                    following = feed.epoch(epoch + 1, 0);
                }
                StepRecord record = step(samples, () -> imagesOf(batches.hasNext() ? batches : following));
                seconds += (System.nanoTime() - begin) * NANO;
                trainer.callbacks().forEach(c -> c.onStep(record));
                if (trainer.checkpointSteps() > 0 && step % trainer.checkpointSteps() == 0 && batches.hasNext()) {
                    refuseBrokenTensors();
                    checkpoint();
                }
            }
        }
        return true;
    }

    private BatchSource.Batches batches() {
        BatchSource.Batches ready = following;
        following = null;
        return ready == null ? feed.epoch(epoch, batch) : ready;
    }

    private static @Nullable Tensor imagesOf(BatchSource.@Nullable Batches batches) {
        Batch next = batches == null ? null : batches.peek();
        return next == null ? null : next.x();
    }

    private StepRecord step(Batch samples, Supplier<@Nullable Tensor> next) {
        int[] outputs = map.outputs(samples.labels());
        double rate = config.schedule().rate(config.rate(), epoch, step, config.epochs(), stepsPerEpoch);
        BatchStep.Outcome outcome;
        try {
            outcome = batchStep.run(samples.x(), outputs, step, next);
            optimizer.step(k, outcome.gradient(), rate);
        } catch (FailureException e) {
            throw new FailureException(failed(batch + 1, String.valueOf(e.getMessage())), e);
        } finally {
            samples.x().release();
        }
        batch++;
        step++;
        lossSum += outcome.loss() * outputs.length;
        correct += outcome.correct();
        seen += outputs.length;
        return new StepRecord(
                epoch + 1,
                batch,
                stepsPerEpoch,
                outcome.loss(),
                outputs.length,
                outcome.correct(),
                outcome.norm(),
                rate);
    }

    /**
     * Ends training where the last step made a tensor that is not finite from a loss and gradients that were: the next step would find out, but nothing of this
     * one may be saved before.
     */
    private void refuseBrokenTensors() {
        String broken = tensors.notFinite();
        if (broken != null) {
            throw new FailureException(
                    failed(batch, "it leaves tensor '" + broken + "' with values that are not finite"));
        }
    }

    private String failed(int atStep, String what) {
        Path file = trainer.checkpointFile();
        String kept = file != null && Files.exists(file) ? "; the last good checkpoint is " + file : "";
        return "train: epoch " + (epoch + 1) + ", step " + atStep + " of " + stepsPerEpoch + ": " + what + kept;
    }

    private void endEpoch() {
        Evaluation validated = validation == null ? null : validation.run(k, tensors.state());
        boolean last = epoch + 1 == config.epochs();
        boolean due = config.evaluateEvery() > 0 && (epoch + 1) % config.evaluateEvery() == 0;
        lastTest = test != null && (due || last) ? test.run(k, tensors.state()) : null;
        EpochRecord record = new EpochRecord(
                epoch + 1,
                step,
                config.schedule().rate(config.rate(), epoch, step - 1, config.epochs(), stepsPerEpoch),
                lossSum / seen,
                (double) correct / seen,
                seconds,
                waiting,
                seen / seconds,
                validated == null ? null : validated.score(),
                lastTest == null ? null : lastTest.score(),
                k.highestBytes() > 0 ? k.highestBytes() : null);
        history.add(record);
        epoch++;
        batch = 0;
        lossSum = 0;
        correct = 0;
        seen = 0;
        seconds = 0;
        waiting = 0;
        if (validated != null && (bestScore == null || validated.score().isBetterThan(bestScore))) {
            bestScore = validated.score();
            bestEpoch = epoch;
            best = tensors.snapshot();
        }
        if (lastTest != null) {
            Evaluation evaluation = lastTest;
            trainer.callbacks().forEach(c -> c.onEvaluate(epoch, evaluation));
        }
        trainer.callbacks().forEach(c -> c.onEpoch(record));
    }

    private TrainResult finish(TrainResult.End end) {
        Evaluation evaluation = batch > 0 ? null : lastTest;
        if (bestEpoch > 0 && (bestEpoch < epoch || batch > 0)) {
            tensors.restore(best, "best epoch");
            evaluation = null;
        }
        // Who cancels does not want to wait for a test.
        if (evaluation == null && test != null && end != TrainResult.End.CANCELLED) {
            evaluation = test.run(k, tensors.state());
        }
        int of = bestEpoch > 0 ? bestEpoch : epoch;
        tensors.moveToHeap();
        return new TrainResult(tensors.model(), new History(history), evaluation, end, of, headReplaced);
    }

    private void checkpoint() {
        Path file = trainer.checkpointFile();
        if (file == null) {
            return;
        }
        Checkpoint.Meta meta = new Checkpoint.Meta(
                Checkpoint.FORMAT,
                config,
                train.classes(),
                tensors.baseDigest(),
                dataDigest(),
                epoch,
                batch,
                step,
                optimizer.steps(),
                lossSum,
                correct,
                seen,
                seconds,
                waiting,
                bestEpoch,
                bestScore,
                history);
        new Checkpoint(meta, tensors.changing(), optimizer.slotValues(), best).write(file);
        trainer.callbacks().forEach(c -> c.onCheckpoint(file));
    }

    /** Goes to where a checkpoint stands. */
    void resume(Path file) {
        Checkpoint from = Checkpoint.read(file);
        Checkpoint.Meta meta = from.meta();
        String where = "checkpoint " + file;
        List<String> differences = meta.config().differences(config);
        if (!differences.isEmpty()) {
            throw new InputException(where + " is of another configuration: " + String.join(", ", differences));
        }
        if (!meta.classes().equals(train.classes()) || !meta.data().equals(dataDigest())) {
            throw new InputException(
                    where + " is of other training data: " + meta.classes().size() + " classes there, " + train.size()
                            + " samples of " + train.classes().size() + " classes now");
        }
        tensors.restore(from.model(), where);
        if (!meta.base().equals(tensors.baseDigest())) {
            throw new InputException(where + " is of another model: its fixed tensors have the digest " + meta.base()
                    + ", the model's have " + tensors.baseDigest());
        }
        if (meta.batch() > stepsPerEpoch) {
            throw new InputException(where + " stands at batch " + meta.batch() + " of " + stepsPerEpoch);
        }
        optimizer.restore(meta.optimizerSteps(), from.slots());
        epoch = meta.epoch();
        batch = meta.batch();
        step = meta.step();
        lossSum = meta.lossSum();
        correct = meta.correct();
        seen = meta.seen();
        seconds = meta.seconds();
        waiting = meta.waiting();
        bestEpoch = meta.bestEpoch();
        bestScore = meta.bestScore();
        best = from.best();
        history.addAll(meta.history());
    }

    /** Of the samples' labels and names, without the folders, which may have moved. */
    private String dataDigest() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < train.size(); i++) {
            String name = train.name(i);
            String last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
            text.append(train.label(i)).append(' ').append(last).append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        return TensorDigest.sha256(Map.of("samples", Tensor.of(bytes, bytes.length)));
    }

    @Override
    public void close() {
        if (following != null) {
            following.close();
        }
        feed.close();
        for (Evaluator evaluator : Arrays.asList(validation, test)) {
            if (evaluator != null) {
                evaluator.close();
            }
        }
        k.close();
    }
}

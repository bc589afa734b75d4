package org.lrcc.nn.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Backends;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.network.Model;

/**
 * Trains a model on labelled samples.
 *
 * <pre>{@code
 * Trainer trainer = new Trainer(model, TrainConfig.defaults().epochs(30));
 * Model tuned = trainer.fit(ImageFolder.of(Path.of("photos"))).model();
 * }</pre>
 *
 * <p>The given model is not changed: the result holds the trained one, which shares with it what does not train. Its last layer is replaced where
 * {@link TrainConfig#head()} says so. The same model, configuration and data give the same bits on any number of threads.
 *
 * <p>Training that gives a loss or gradient that is not finite ends with a {@code FailureException} that names the step and the layer; the last checkpoint stays.
 */
public final class Trainer {
    private final Model model;
    private final TrainConfig config;
    private final List<TrainCallback> callbacks = new ArrayList<>();
    private @Nullable Backend backend;
    private @Nullable Path checkpoint;
    private @Nullable Path resume;
    private int checkpointSteps;
    private volatile boolean cancelled;

    /** A trainer on the backend in use. */
    public Trainer(Model model, TrainConfig config) {
        this.model = model;
        this.config = config;
    }

    /** Trains on this backend. */
    public Trainer backend(Backend value) {
        backend = value;
        return this;
    }

    /** Tells somebody what happens, after those that were added before. */
    public Trainer callback(TrainCallback callback) {
        callbacks.add(callback);
        return this;
    }

    /** Writes a {@link Checkpoint} to this file after every epoch and when training is cancelled. */
    public Trainer checkpoint(Path file) {
        checkpoint = file;
        return this;
    }

    /** Writes checkpoints after so many steps too; 0 for after epochs only. */
    public Trainer checkpointEvery(int steps) {
        if (steps < 0) {
            throw new InputException("train: steps between checkpoints must be 0 or more: " + steps);
        }
        checkpointSteps = steps;
        return this;
    }

    /** Goes on where this checkpoint of the same model, configuration and data stands; the result has the bits of a run that was never broken off. */
    public Trainer resume(Path file) {
        resume = file;
        return this;
    }

    /** Ends training after the step at hand; from any thread. */
    public void cancel() {
        cancelled = true;
    }

    /** Trains on these images, under the model's preprocessing and the configuration's augmentation. */
    public TrainResult fit(Dataset train) {
        return fit(images(train));
    }

    /** As {@link #fit(Dataset)}, and measures the model on other images, whose classes must be among those of training. */
    public TrainResult fit(Dataset train, Dataset test) {
        return fit(images(train), images(test));
    }

    private BatchSource images(Dataset data) {
        return new ImageSource(data, model.info().preprocessing());
    }

    /** Trains on these samples. */
    public TrainResult fit(BatchSource train) {
        return run(train, null);
    }

    /** Trains on these samples and measures the model on others, whose classes must be among those of training. */
    public TrainResult fit(BatchSource train, BatchSource test) {
        return run(train, test);
    }

    private TrainResult run(BatchSource train, @Nullable BatchSource test) {
        cancelled = false;
        Backend chosen = backend == null ? Backends.get() : backend;
        try (TrainingRun run = new TrainingRun(chosen, model, config, train, test, this)) {
            if (resume != null) {
                run.resume(resume);
            }
            return run.run();
        }
    }

    List<TrainCallback> callbacks() {
        return callbacks;
    }

    @Nullable
    Path checkpointFile() {
        return checkpoint;
    }

    int checkpointSteps() {
        return checkpointSteps;
    }

    boolean isCancelled() {
        return cancelled;
    }
}

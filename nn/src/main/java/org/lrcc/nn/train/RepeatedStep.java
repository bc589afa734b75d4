package org.lrcc.nn.train;

import org.lrcc.engine.InputException;
import org.lrcc.engine.spi.Backend;
import org.lrcc.engine.spi.Kernels;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.engine.tensor.Tensor;
import org.lrcc.nn.network.Mode;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.network.Plan;
import org.lrcc.nn.optim.FlatOptimizer;

/**
 * The training step of a {@link Trainer}, taken again and again on one batch, which comes from the heap each time: forward, loss, backward, optimizer, without the loading of images. For measuring; the model
 * that is given stays as it is.
 */
public final class RepeatedStep implements AutoCloseable {
    private final TrainConfig config;
    private final Kernels k;
    private final BatchStep batch;
    private final FlatOptimizer optimizer;
    private final Tensor x;
    private final int[] labels;
    private long steps;

    /**
     * Prepares the step.
     *
     * @param config learning rate, optimizer, micro-batch and the like; its batch must be that of x
     * @param x [N, C, H, W]
     * @param labels positions among the model's outputs, one an image
     * @throws InputException where shapes do not fit, a batch norm would see one value per channel or nothing trains
     */
    public RepeatedStep(Backend backend, Model model, TrainConfig config, Tensor x, int[] labels) {
        Shape shape = x.shape();
        if (shape.rank() != 4 || shape.size(0) != labels.length || shape.size(0) != config.batch()) {
            throw new InputException("step: " + labels.length + " labels and a batch of " + config.batch()
                    + " do not fit a tensor of shape " + shape);
        }
        SingleValues.refuse(
                model.network(), Shape.of(shape.size(1), shape.size(2), shape.size(3)), labels.length, config);
        TrainingState tensors = new TrainingState(model, config.freeze());
        Plan plan = model.network().prepare(backend, Mode.TRAIN, shape);
        this.config = config;
        this.k = backend.open();
        try {
            this.optimizer = tensors.optimizer(k, config);
            this.batch =
                    new BatchStep(k, config, plan, tensors.state(), tensors.flat(), new double[0], BatchUpload.PLAIN);
            batch.warmUp(backend, model.network(), optimizer);
        } catch (RuntimeException e) {
            k.close();
            throw e;
        }
        this.x = x;
        this.labels = labels.clone();
    }

    /** Takes a step and returns its loss. */
    public double run() {
        BatchStep.Outcome outcome = batch.run(x, labels, steps++, () -> x);
        optimizer.step(k, outcome.gradient(), config.rate());
        return outcome.loss();
    }

    @Override
    public void close() {
        k.close();
    }
}

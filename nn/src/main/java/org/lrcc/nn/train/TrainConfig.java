package org.lrcc.nn.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.lrcc.engine.InputException;
import org.lrcc.nn.NamePattern;
import org.lrcc.nn.data.Augmentation;
import org.lrcc.nn.optim.Optimizer;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.optim.Schedule;
import org.lrcc.nn.optim.Sgd;

/**
 * How to train: everything that the result depends on beside model and data. Immutable; each setter returns a changed copy. Written to and read from JSON for reports
 * and checkpoints.
 */
public final class TrainConfig {
    // Assigned before a copy is published and never after.
    private int epochs = 40;
    private int batch = 20;
    private int microBatch;
    private double rate = 0.01;
    private Optimizer optimizer = new Sgd(0.9, false, 1e-4);
    private List<ParameterGroup> groups = List.of();
    private Schedule schedule = Schedule.cosine(0);
    private double labelSmoothing;
    private List<Double> classWeights = List.of();
    private double clipNorm;
    private List<L1Term> l1 = List.of();
    private List<String> freeze = List.of();
    private Head head = Head.AUTO;
    private long seed;
    private boolean dropLast;
    private double validation;
    private int patience;
    private int evaluateEvery = 1;
    private Augmentation augmentation = Augmentation.fewShot();
    private int loaderThreads;

    private TrainConfig() {}

    /** 40 epochs of SGD (momentum 0.9, weight decay 1e-4) in batches of 20, rate 0.01 falling along a cosine to 0, gentle augmentation for a few images a class. */
    public static TrainConfig defaults() {
        return new TrainConfig();
    }

    /** Passes over the training set. */
    public int epochs() {
        return epochs;
    }

    /** Sets the passes over the training set, 1 or more. */
    public TrainConfig epochs(int value) {
        require(value >= 1, "epochs must be 1 or more", value);
        return with(c -> c.epochs = value);
    }

    /** Samples of one step. */
    public int batch() {
        return batch;
    }

    /** Sets the samples of one step, 1 or more. */
    public TrainConfig batch(int value) {
        require(value >= 1, "batch must be 1 or more", value);
        return with(c -> c.batch = value);
    }

    /** Samples that go through the network together, the unit of batch-norm statistics; 0 for the whole batch. */
    public int microBatch() {
        return microBatch;
    }

    /** Sets the samples that go through the network together; 0 for the whole batch. */
    public TrainConfig microBatch(int value) {
        require(value >= 0, "micro-batch must be 0 or more", value);
        return with(c -> c.microBatch = value);
    }

    /** Base learning rate. */
    public double rate() {
        return rate;
    }

    /** Sets the base learning rate, above 0. */
    public TrainConfig rate(double value) {
        require(value > 0 && value < Double.POSITIVE_INFINITY, "learning rate must be above 0", value);
        return with(c -> c.rate = value);
    }

    /** Rule of the parameters' updates. */
    public Optimizer optimizer() {
        return optimizer;
    }

    /** Sets the rule of the parameters' updates. */
    public TrainConfig optimizer(Optimizer value) {
        return with(c -> c.optimizer = value);
    }

    /** Parameters with a rate or weight decay of their own. */
    public List<ParameterGroup> groups() {
        return groups;
    }

    /** Sets the parameters with a rate or weight decay of their own; of several that match the first counts. */
    public TrainConfig groups(ParameterGroup... values) {
        return with(c -> c.groups = List.of(values));
    }

    /** The learning rate over time. */
    public Schedule schedule() {
        return schedule;
    }

    /** Sets the learning rate over time. */
    public TrainConfig schedule(Schedule value) {
        return with(c -> c.schedule = value);
    }

    /** Share of the target that is spread over all classes. */
    public double labelSmoothing() {
        return labelSmoothing;
    }

    /** Sets the share of the target that is spread over all classes, in [0, 1). */
    public TrainConfig labelSmoothing(double value) {
        require(value >= 0 && value < 1, "label smoothing must be in [0, 1)", value);
        return with(c -> c.labelSmoothing = value);
    }

    /** Weights of the classes in the loss, in the order of the data set's classes; empty for equal ones. */
    public List<Double> classWeights() {
        return classWeights;
    }

    /** Sets the weights of the classes in the loss, each above 0; empty for equal ones. */
    public TrainConfig classWeights(List<Double> values) {
        for (double value : values) {
            require(value > 0 && value < Double.POSITIVE_INFINITY, "class weights must be above 0", value);
        }
        return with(c -> c.classWeights = List.copyOf(values));
    }

    /** Longest norm of all gradients together; 0 for no limit. */
    public double clipNorm() {
        return clipNorm;
    }

    /** Sets the longest norm of all gradients together; longer ones are scaled down to it; 0 for no limit. */
    public TrainConfig clipNorm(double value) {
        require(value >= 0 && value < Double.POSITIVE_INFINITY, "clip norm must be 0 or more", value);
        return with(c -> c.clipNorm = value);
    }

    /** Penalties on the size of parameters. */
    public List<L1Term> l1() {
        return l1;
    }

    /** Sets the penalties on the size of parameters. */
    public TrainConfig l1(L1Term... values) {
        return with(c -> c.l1 = List.of(values));
    }

    /** Parameters that do not train. */
    public List<String> freeze() {
        return freeze;
    }

    /** Sets the parameters that do not train, as {@link NamePattern} reads them, beside those that the model itself keeps fixed. */
    public TrainConfig freeze(String... patterns) {
        NamePattern.of(List.of(patterns));
        return with(c -> c.freeze = List.of(patterns));
    }

    /** What becomes of the model's last layer. */
    public Head head() {
        return head;
    }

    /** Sets what becomes of the model's last layer. */
    public TrainConfig head(Head value) {
        return with(c -> c.head = value);
    }

    /** Seed of the order, augmentation, dropout, validation split and new head. */
    public long seed() {
        return seed;
    }

    /** Sets the seed of the order, augmentation, dropout, validation split and new head. */
    public TrainConfig seed(long value) {
        return with(c -> c.seed = value);
    }

    /** Whether a last batch that is not full is left out. */
    public boolean dropLast() {
        return dropLast;
    }

    /** Sets whether a last batch that is not full is left out. */
    public TrainConfig dropLast(boolean value) {
        return with(c -> c.dropLast = value);
    }

    /** Share of the training set held back to find the best epoch; 0 for none. */
    public double validation() {
        return validation;
    }

    /** Epochs without a better one after which training stops; 0 for never. */
    public int patience() {
        return patience;
    }

    /**
     * Holds back a share of each class of the training set, keeps the epoch that does best on it, and stops after {@code epochsWithoutGain} epochs
     * without a better one.
     *
     * @param share in [0, 1); 0 turns it off
     * @param epochsWithoutGain 0 for never
     */
    public TrainConfig earlyStopping(double share, int epochsWithoutGain) {
        require(share >= 0 && share < 1, "early stopping: share must be in [0, 1)", share);
        require(epochsWithoutGain >= 0, "early stopping: patience must be 0 or more", epochsWithoutGain);
        return with(c -> {
            c.validation = share;
            c.patience = epochsWithoutGain;
        });
    }

    /** Epochs between evaluations on the test set; 0 for only at the end. */
    public int evaluateEvery() {
        return evaluateEvery;
    }

    /** Sets the epochs between evaluations on the test set; 0 for only at the end. */
    public TrainConfig evaluateEvery(int value) {
        require(value >= 0, "epochs between evaluations must be 0 or more", value);
        return with(c -> c.evaluateEvery = value);
    }

    /** What training changes about an image each time it is seen. */
    public Augmentation augmentation() {
        return augmentation;
    }

    /** Sets what training changes about an image each time it is seen. Sources that are not images on the disk pay no heed. */
    public TrainConfig augmentation(Augmentation value) {
        return with(c -> c.augmentation = value);
    }

    /** Threads that decode images ahead of the step, without influence on the result; 0 for a share of the processors. */
    public int loaderThreads() {
        return loaderThreads;
    }

    /** Sets the threads that decode images ahead of the step; 0 for a share of the processors. */
    public TrainConfig loaderThreads(int value) {
        require(value >= 0, "loader threads must be 0 or more", value);
        return with(c -> c.loaderThreads = value);
    }

    /** This configuration as a JSON object. */
    public String toJson() {
        return tree().toString();
    }

    /** Reads what {@link #toJson} wrote; throws where a value is unknown or out of range. */
    public static TrainConfig fromJson(String json) {
        try {
            return Json.MAPPER.readValue(json, TrainConfig.class).checked();
        } catch (JsonProcessingException e) {
            throw new InputException("training configuration: " + e.getOriginalMessage(), e);
        }
    }

    /** The settings in which this, of a checkpoint, differs from another so that the results would differ. */
    List<String> differences(TrainConfig now) {
        JsonNode there = tree();
        JsonNode here = now.tree();
        List<String> found = new ArrayList<>();
        for (Iterator<String> names = there.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!name.equals("loaderThreads") && !there.get(name).equals(here.get(name))) {
                found.add(name + " (" + there.get(name) + " there, " + here.get(name) + " now)");
            }
        }
        return found;
    }

    private JsonNode tree() {
        return Json.MAPPER.valueToTree(this);
    }

    /** Goes through the setters, so that a file's values meet the same checks. */
    private TrainConfig checked() {
        return epochs(epochs)
                .batch(batch)
                .microBatch(microBatch)
                .rate(rate)
                .labelSmoothing(labelSmoothing)
                .classWeights(classWeights)
                .clipNorm(clipNorm)
                .freeze(freeze.toArray(String[]::new))
                .earlyStopping(validation, patience)
                .evaluateEvery(evaluateEvery)
                .loaderThreads(loaderThreads);
    }

    private TrainConfig with(Consumer<TrainConfig> change) {
        TrainConfig copy = new TrainConfig();
        copy.epochs = epochs;
        copy.batch = batch;
        copy.microBatch = microBatch;
        copy.rate = rate;
        copy.optimizer = optimizer;
        copy.groups = groups;
        copy.schedule = schedule;
        copy.labelSmoothing = labelSmoothing;
        copy.classWeights = classWeights;
        copy.clipNorm = clipNorm;
        copy.l1 = l1;
        copy.freeze = freeze;
        copy.head = head;
        copy.seed = seed;
        copy.dropLast = dropLast;
        copy.validation = validation;
        copy.patience = patience;
        copy.evaluateEvery = evaluateEvery;
        copy.augmentation = augmentation;
        copy.loaderThreads = loaderThreads;
        change.accept(copy);
        return copy;
    }

    private static void require(boolean holds, String rule, Object value) {
        if (!holds) {
            throw new InputException("training: " + rule + ": " + value);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainConfig config && tree().equals(config.tree());
    }

    @Override
    public int hashCode() {
        return tree().hashCode();
    }

    @Override
    public String toString() {
        return toJson();
    }
}

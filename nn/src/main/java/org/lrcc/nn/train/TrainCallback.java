package org.lrcc.nn.train;

import java.nio.file.Path;

/** Told what happens in training, on the training thread. What it throws ends training. */
public interface TrainCallback {
    /**
     * Training begins or goes on.
     *
     * @param samples to train on
     * @param doneEpochs epochs done before, 0 unless resumed
     * @param epochs epochs in all
     */
    default void onStart(int samples, int doneEpochs, int epochs, int stepsPerEpoch) {}

    /** A step was taken. */
    default void onStep(StepRecord step) {}

    /** The test set was evaluated after an epoch (from 1). */
    default void onEvaluate(int epoch, Evaluation evaluation) {}

    /** An epoch ended. */
    default void onEpoch(EpochRecord epoch) {}

    /** A checkpoint was written. */
    default void onCheckpoint(Path file) {}
}

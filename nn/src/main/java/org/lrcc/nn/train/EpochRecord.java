package org.lrcc.nn.train;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

/**
 * What one epoch gave.
 *
 * @param epoch counts from 1
 * @param step steps taken since training began
 * @param rate learning rate of the last step
 * @param loss mean over the epoch's samples, penalties included
 * @param accuracy share of the training samples, as augmented, whose largest output was the right one, before each step
 * @param seconds time of the training steps
 * @param waiting seconds of it in which training waited for its images
 * @param imagesPerSecond training samples per second of it
 * @param validation on the part of the training set held back, or null
 * @param test on the test set, or null
 * @param memoryBytes the most bytes of tensors that the backend's session held at once since this process began to train: on a device all of the run's, on the heap those of steps and
 *     evaluations, without parameters and what the optimizer remembers; null where it is not known
 */
public record EpochRecord(
        int epoch,
        long step,
        double rate,
        double loss,
        double accuracy,
        double seconds,
        double waiting,
        double imagesPerSecond,
        @JsonSetter(nulls = Nulls.SET) @Nullable Score validation,
        @JsonSetter(nulls = Nulls.SET) @Nullable Score test,
        @JsonSetter(nulls = Nulls.SET) @Nullable Long memoryBytes) {
    /**
     * The outcome of an evaluation in three numbers.
     *
     * @param loss mean cross entropy
     * @param top1 share of samples whose class has the largest output
     * @param top5 share of samples whose class is among the five largest outputs
     */
    public record Score(double loss, double top1, double top5) {
        /** Whether this is better: more right, or as many at a lower loss. */
        boolean isBetterThan(Score other) {
            return top1 > other.top1 || (top1 == other.top1 && loss < other.loss);
        }
    }
}

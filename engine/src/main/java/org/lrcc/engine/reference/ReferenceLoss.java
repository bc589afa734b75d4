package org.lrcc.engine.reference;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;

/** Softmax cross entropy with label smoothing and class weights. */
final class ReferenceLoss {
    /** The loss and its gradient. */
    record Result(double loss, double[] dLogits) {}

    private ReferenceLoss() {}

    static Result softmaxCrossEntropy(
            double[] logits,
            int classes,
            int[] labels,
            double smoothing,
            double @Nullable [] weights,
            double normalizer) {
        double loss = 0;
        double[] gradient = new double[logits.length];
        for (int n = 0; n < labels.length; n++) {
            int label = labels[n];
            if (label < 0 || label >= classes) {
                throw new InputException("softmaxCrossEntropy: label " + label + " of sample " + n
                        + " must be from 0 to " + (classes - 1));
            }
            double max = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < classes; k++) {
                max = Math.max(max, logits[n * classes + k]);
            }
            double sum = 0;
            for (int k = 0; k < classes; k++) {
                sum += Math.exp(logits[n * classes + k] - max);
            }
            double logSum = max + Math.log(sum);
            double targets = 0;
            for (int k = 0; k < classes; k++) {
                double target = target(k, label, classes, smoothing, weights);
                targets += target;
                // A target of 0 counts nothing, also where the probability is 0 and its logarithm infinite.
                loss += target == 0 ? 0 : target * (logSum - logits[n * classes + k]);
            }
            for (int k = 0; k < classes; k++) {
                double probability = Math.exp(logits[n * classes + k] - logSum);
                double target = target(k, label, classes, smoothing, weights);
                gradient[n * classes + k] = (probability * targets - target) / normalizer;
            }
        }
        return new Result(loss / normalizer, gradient);
    }

    /** What -log p[k] is multiplied by. */
    private static double target(int k, int label, int classes, double smoothing, double @Nullable [] weights) {
        double hard = k == label ? 1 - smoothing : 0;
        return (hard + smoothing / classes) * (weights == null ? 1 : weights[k]);
    }
}

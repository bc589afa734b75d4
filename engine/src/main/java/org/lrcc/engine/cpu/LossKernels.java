package org.lrcc.engine.cpu;

import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.engine.tensor.Tensor;

/** Softmax and cross entropy: a few thousand logits, in double on the caller's thread. */
final class LossKernels {
    private LossKernels() {}

    static void softmax(Tensor x, Tensor y) {
        Floats in = Floats.of(x);
        Floats out = Floats.of(y);
        int classes = x.shape().size(-1);
        for (int row = 0; row < x.elements(); row += classes) {
            double logSum = logSum(in.array(), in.offset() + row, classes);
            for (int k = row; k < row + classes; k++) {
                out.array()[out.offset() + k] = (float) Math.exp(in.array()[in.offset() + k] - logSum);
            }
        }
    }

    private static double logSum(float[] x, int o, int n) {
        double max = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < n; k++) {
            max = Math.max(max, x[o + k]);
        }
        double sum = 0;
        for (int k = 0; k < n; k++) {
            sum += Math.exp(x[o + k] - max);
        }
        return max + Math.log(sum);
    }

    static void crossEntropy(
            Tensor logits,
            Tensor labels,
            double smoothing,
            @Nullable Tensor classWeights,
            double normalizer,
            Tensor loss,
            @Nullable Tensor dLogits) {
        int classes = logits.shape().size(1);
        Floats in = Floats.of(logits);
        int[] label = Floats.ints(labels);
        Floats out = Floats.of(loss);
        Floats weights = Floats.ofNullable(classWeights);
        Floats gradient = Floats.ofNullable(dLogits);
        double[] target = new double[classes];
        double total = 0;
        for (int n = 0; n < labels.elements(); n++) {
            int row = in.offset() + n * classes;
            double targets = targets(label[labels.offset() + n], n, smoothing, weights, target);
            double logSum = logSum(in.array(), row, classes);
            for (int k = 0; k < classes; k++) {
                double z = in.array()[row + k] - logSum;
                // A target of 0 counts nothing, also where the probability is 0 and its logarithm infinite.
                total -= target[k] == 0 ? 0 : target[k] * z;
                if (gradient != null) {
                    gradient.array()[gradient.offset() + n * classes + k] =
                            (float) ((Math.exp(z) * targets - target[k]) / normalizer);
                }
            }
        }
        out.array()[out.offset()] = (float) (total / normalizer);
    }

    /** Fills in what each class's {@code -log p} is multiplied by and returns the sum. */
    private static double targets(int label, int sample, double smoothing, @Nullable Floats weights, double[] target) {
        if (label < 0 || label >= target.length) {
            throw new InputException("softmaxCrossEntropy: label " + label + " of sample " + sample
                    + " must be from 0 to " + (target.length - 1));
        }
        double sum = 0;
        for (int k = 0; k < target.length; k++) {
            double hard = k == label ? 1 - smoothing : 0;
            target[k] =
                    (hard + smoothing / target.length) * (weights == null ? 1 : weights.array()[weights.offset() + k]);
            sum += target[k];
        }
        return sum;
    }
}

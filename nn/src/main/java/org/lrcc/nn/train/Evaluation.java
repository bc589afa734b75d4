package org.lrcc.nn.train;

import java.util.List;

/**
 * How a model does on labelled samples.
 *
 * @param classes names of the model's outputs, in order
 * @param loss mean cross entropy, without smoothing or weights
 * @param top1 share of samples whose class has the largest output
 * @param top5 share of samples whose class is among the five largest outputs
 * @param confusion at [actual][predicted] the number of samples
 * @param predictions sample by sample, in the source's order
 */
public record Evaluation(
        List<String> classes, double loss, double top1, double top5, int[][] confusion, List<Prediction> predictions) {
    /**
     * What the model says of one sample.
     *
     * @param name of the sample: its file
     * @param actual its class
     * @param predicted the class of the largest output, the first of equals
     * @param probabilities softmax of the outputs
     */
    public record Prediction(String name, int actual, int predicted, float[] probabilities) {
        /** Probability of the predicted class. */
        public float confidence() {
            return probabilities[predicted];
        }
    }

    /**
     * How a model does on one class.
     *
     * @param name the class
     * @param samples of it
     * @param correct those of them that were recognised
     */
    public record ClassScore(String name, int samples, int correct) {
        /** Share of the samples that were recognised; 0 where there are none. */
        public double accuracy() {
            return samples == 0 ? 0 : (double) correct / samples;
        }
    }

    /** Number of samples. */
    public int samples() {
        return predictions.size();
    }

    /** Class by class, in the model's order. */
    public List<ClassScore> perClass() {
        ClassScore[] scores = new ClassScore[classes.size()];
        for (int c = 0; c < scores.length; c++) {
            int samples = 0;
            for (int count : confusion[c]) {
                samples += count;
            }
            scores[c] = new ClassScore(classes.get(c), samples, confusion[c][c]);
        }
        return List.of(scores);
    }

    /** The three numbers. */
    public EpochRecord.Score score() {
        return new EpochRecord.Score(loss, top1, top5);
    }
}

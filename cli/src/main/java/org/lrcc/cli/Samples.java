package org.lrcc.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.lrcc.cli.report.Report;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.Evaluation.Prediction;

/** Chooses which predictions a report shows: the surest mistakes, and right ones of as many classes as there is room for. */
final class Samples {
    private static final int OF_EACH = 16;
    private static final int MISTAKES_OF_A_CLASS = 2;

    private Samples() {}

    /** Mistaken and right predictions with their pictures. */
    static List<Report.Sample> choose(Evaluation evaluation, Dataset data) {
        List<Report.Sample> samples = new ArrayList<>();
        for (int index : pick(evaluation, p -> p.predicted() != p.actual(), MISTAKES_OF_A_CLASS)) {
            samples.add(sample(evaluation, data, index));
        }
        int share = Math.max(1, OF_EACH / Math.max(1, evaluation.classes().size()));
        for (int index : pick(evaluation, p -> p.predicted() == p.actual(), share)) {
            samples.add(sample(evaluation, data, index));
        }
        return samples;
    }

    private static List<Integer> pick(Evaluation evaluation, Predicate<Prediction> wanted, int ofAClass) {
        List<Prediction> all = evaluation.predictions();
        int[] taken = new int[evaluation.classes().size()];
        List<Integer> picked = new ArrayList<>();
        IntStream.range(0, all.size())
                .boxed()
                .filter(i -> wanted.test(all.get(i)))
                .sorted(Comparator.comparingDouble(i -> -all.get(i).confidence()))
                .forEach(i -> {
                    if (picked.size() < OF_EACH && taken[all.get(i).actual()]++ < ofAClass) {
                        picked.add(i);
                    }
                });
        return picked;
    }

    private static Report.Sample sample(Evaluation evaluation, Dataset data, int index) {
        Prediction prediction = evaluation.predictions().get(index);
        return new Report.Sample(
                Thumbnail.of(data.path(index)),
                String.valueOf(data.path(index).getFileName()),
                evaluation.classes().get(prediction.actual()),
                evaluation.classes().get(prediction.predicted()),
                prediction.confidence());
    }
}

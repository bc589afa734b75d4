package org.lrcc.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lrcc.nn.train.EpochRecord;
import org.lrcc.nn.train.History;
import org.lrcc.nn.train.StepRecord;
import org.lrcc.nn.train.TrainCallback;

/** Shows how far a training is, and keeps its metrics on the disk from epoch to epoch. */
final class TrainProgress implements TrainCallback, AutoCloseable {
    private final Console console;
    private final @Nullable RunFolder folder;
    private final List<EpochRecord> epochs = new ArrayList<>();
    private @Nullable Progress progress;
    private int total;

    TrainProgress(Console console, @Nullable RunFolder folder) {
        this.console = console;
        this.folder = folder;
    }

    /** Epochs that were done before the run was broken off. */
    void earlier(List<EpochRecord> done) {
        epochs.addAll(done);
    }

    @Override
    public void onStart(int samples, int doneEpochs, int epochCount, int stepsPerEpoch) {
        Training.collectGarbage();
        total = epochCount;
        progress = console.progress("train", (long) epochCount * stepsPerEpoch);
        progress.begin((long) doneEpochs * stepsPerEpoch);
    }

    @Override
    public void onStep(StepRecord step) {
        if (progress != null) {
            long done = (long) (step.epoch() - 1) * step.stepsPerEpoch() + step.step();
            progress.at(done, String.format(Locale.ROOT, "epoch %d, loss %.3f", step.epoch(), step.loss()));
        }
    }

    @Override
    public void onEpoch(EpochRecord epoch) {
        if (progress != null) {
            progress.line(line(epoch));
        }
        if (folder != null) {
            epochs.add(epoch);
            new History(epochs).writeCsv(folder.metricsSoFar());
        }
    }

    private String line(EpochRecord epoch) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "epoch %d of %d: loss %.4f, training %.1f %%",
                epoch.epoch(),
                total,
                epoch.loss(),
                100 * epoch.accuracy()));
        append(line, "held back", epoch.validation());
        append(line, "test", epoch.test());
        return line.append(String.format(Locale.ROOT, ", %.0f images/s", epoch.imagesPerSecond()))
                .toString();
    }

    private static void append(StringBuilder line, String what, EpochRecord.@Nullable Score score) {
        if (score != null) {
            line.append(String.format(Locale.ROOT, ", %s %.1f %%", what, 100 * score.top1()));
        }
    }

    @Override
    public void close() {
        if (progress != null) {
            progress.close();
        }
    }
}

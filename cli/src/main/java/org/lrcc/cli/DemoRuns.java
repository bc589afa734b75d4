package org.lrcc.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.lrcc.lowrank.Conversion;
import org.lrcc.lowrank.LowRank;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import org.lrcc.nn.data.Augmentation;
import org.lrcc.nn.data.Dataset;
import org.lrcc.nn.data.ImageList;
import org.lrcc.nn.data.Preprocessing;
import org.lrcc.nn.network.Model;
import org.lrcc.nn.onnx.Onnx;
import org.lrcc.nn.optim.Schedule;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.train.Evaluation;
import org.lrcc.nn.train.StepRecord;
import org.lrcc.nn.train.TrainCallback;
import org.lrcc.nn.train.TrainConfig;
import org.lrcc.nn.train.TrainResult;
import org.lrcc.nn.train.Trainer;

/**
 * The demo's trainings: three modes, two numbers of images a class, some seeds. They run side by side, each alone on its thread: the maps
 * of this small network are too small to keep two threads busy. No result depends on that.
 */
final class DemoRuns {
    /** The modes of the table. */
    static final List<TuneMode> MODES = List.of(TuneMode.FULL, TuneMode.LORA, TuneMode.TUNE_U_S);

    /** Images a class. */
    static final List<Integer> SHOTS = List.of(10, 5);

    private static final Preprocessing PREPROCESSING = Preprocessing.ofSize(96).withResize(112);
    private static final int EVALUATE_EVERY = 10;

    private final DemoReference reference;
    private final int epochs;
    private final Model base;
    private final Map<Integer, Dataset> train = new LinkedHashMap<>();
    private final Dataset test;

    /** A training to do. */
    private record Task(TuneMode mode, int shot, long seed) {}

    /**
     * A training that was done.
     *
     * @param conversionSeconds time of the conversion, which trainings of a mode and seed share
     * @param seconds time of the training, evaluations included
     */
    record Done(
            TuneMode mode,
            int shot,
            long seed,
            Conversion conversion,
            double conversionSeconds,
            TrainResult result,
            double seconds) {
        /** Top-1 accuracy on the test images, percent. */
        double accuracy() {
            Evaluation evaluation = result.evaluation();
            return evaluation == null ? Double.NaN : 100 * evaluation.top1();
        }
    }

    /** A conversion and how long it took. */
    private record Converted(Conversion conversion, double seconds) {}

    /**
     * Reads the demo's data.
     *
     * @param folder the demo's files
     * @param epochs passes over the training images
     */
    DemoRuns(Path folder, DemoReference reference, int epochs) {
        this.reference = reference;
        this.epochs = epochs;
        Path images = folder.resolve("images");
        Model loaded = Onnx.load(folder.resolve("thin_resnet18.onnx"));
        this.base = loaded.with(loaded.info().withPreprocessing(PREPROCESSING));
        for (int shot : SHOTS) {
            train.put(shot, ImageList.of(folder.resolve("train" + shot + ".txt"), images));
        }
        this.test = ImageList.of(folder.resolve("test.txt"), images);
    }

    Model base() {
        return base;
    }

    Dataset test() {
        return test;
    }

    /** Steps that all trainings of so many seeds take together. */
    long steps(int seeds) {
        long steps = 0;
        for (int shot : SHOTS) {
            steps += (long) dataset(shot).size() / reference.batch() * epochs * MODES.size() * seeds;
        }
        return steps;
    }

    private Dataset dataset(int shot) {
        return java.util.Objects.requireNonNull(train.get(shot));
    }

    /** Does all trainings; in the order of modes, shots and seeds whatever the number of threads. */
    List<Done> run(List<Long> seeds, int threads, Progress progress) {
        ExecutorService pool = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "lrcc-demo");
            thread.setDaemon(true);
            return thread;
        });
        try {
            AtomicLong steps = new AtomicLong();
            Map<Task, CompletableFuture<Done>> running = new LinkedHashMap<>();
            for (long seed : seeds) {
                // The decomposition takes longest and goes first; its trainings follow last.
                for (int i = MODES.size() - 1; i >= 0; i--) {
                    TuneMode mode = MODES.get(i);
                    CompletableFuture<Converted> converted =
                            CompletableFuture.supplyAsync(() -> convert(mode, seed), pool);
                    for (int shot : SHOTS) {
                        running.put(
                                new Task(mode, shot, seed),
                                converted.thenApplyAsync(from -> train(from, mode, shot, seed, steps, progress), pool));
                    }
                }
            }
            List<Done> done = new ArrayList<>();
            for (TuneMode mode : MODES) {
                for (int shot : SHOTS) {
                    for (long seed : seeds) {
                        done.add(java.util.Objects.requireNonNull(running.get(new Task(mode, shot, seed)))
                                .join());
                    }
                }
            }
            return done;
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } finally {
            pool.shutdownNow();
        }
    }

    private Converted convert(TuneMode mode, long seed) {
        long begun = System.nanoTime();
        LowRankConfig config = LowRankConfig.of(mode).seed(seed);
        if (mode.converts()) {
            config = config.rankRatio(reference.rankRatio())
                    .steps(reference.steps())
                    .lambda(reference.lambda())
                    .ignore(reference.ignore().toArray(new String[0]));
        }
        Conversion conversion = LowRank.convert(base, config, (layer, fraction) -> {});
        return new Converted(conversion, (System.nanoTime() - begun) / 1e9);
    }

    private Done train(Converted from, TuneMode mode, int shot, long seed, AtomicLong steps, Progress progress) {
        long begun = System.nanoTime();
        TrainConfig config = TrainConfig.defaults()
                .seed(seed)
                .epochs(epochs)
                .batch(reference.batch())
                .dropLast(true)
                .augmentation(Augmentation.fewShot())
                .rate(reference.cell(mode.label(), shot).rate())
                .optimizer(new Sgd(reference.momentum(), false, reference.weightDecay()))
                .schedule(Schedule.cosine(0))
                .evaluateEvery(EVALUATE_EVERY);
        Trainer trainer = new Trainer(from.conversion().model(), config).callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                synchronized (progress) {
                    progress.at(steps.incrementAndGet(), "");
                }
            }
        });
        TrainResult result = trainer.fit(dataset(shot), test);
        Done done = new Done(
                mode, shot, seed, from.conversion(), from.seconds(), result, (System.nanoTime() - begun) / 1e9);
        synchronized (progress) {
            progress.line(String.format(
                    java.util.Locale.ROOT,
                    "%s, %d images a class, seed %d: %.2f %% in %s",
                    mode,
                    shot,
                    seed,
                    done.accuracy(),
                    Progress.time(done.seconds())));
        }
        return done;
    }
}

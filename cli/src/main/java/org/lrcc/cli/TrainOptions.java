package org.lrcc.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.data.Augmentation;
import org.lrcc.nn.data.ColorJitter;
import org.lrcc.nn.data.RandomResizedCrop;
import org.lrcc.nn.optim.AdamW;
import org.lrcc.nn.optim.Optimizer;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.optim.Schedule;
import org.lrcc.nn.optim.Sgd;
import org.lrcc.nn.train.TrainConfig;
import picocli.CommandLine.Option;

/** How training goes: steps, rates, augmentation, when it stops. */
final class TrainOptions {
    /** Rules of the update. */
    enum Rule {
        SGD,
        ADAMW
    }

    /** What changes about an image each time it is seen. */
    enum Augment {
        NONE,
        FEW_SHOT,
        IMAGENET;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training images (default: 40).")
    private @Nullable Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Images of one step (default: 20).")
    private @Nullable Integer batch;

    @Option(
            names = "--micro-batch",
            paramLabel = "N",
            description =
                    "Images that go through the network together; smaller needs less memory (default: the whole batch).")
    private @Nullable Integer microBatch;

    @Option(names = "--lr", paramLabel = "X", description = "Learning rate (default: 0.01).")
    private @Nullable Double rate;

    @Option(names = "--optimizer", paramLabel = "O", description = "sgd (default) or adamw.")
    private Rule optimizer = Rule.SGD;

    @Option(names = "--momentum", paramLabel = "X", description = "sgd: momentum (default: 0.9).")
    private double momentum = 0.9;

    @Option(names = "--nesterov", description = "sgd: look ahead.")
    private boolean nesterov;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "Weight decay (default: 0.0001 for sgd, 0.01 for adamw).")
    private @Nullable Double weightDecay;

    @Option(
            names = "--schedule",
            paramLabel = "S",
            description = "The rate over time: cosine (default), step or constant.")
    private Schedule.Kind schedule = Schedule.Kind.COSINE;

    @Option(names = "--step-every", paramLabel = "N", description = "step: epochs between falls (default: 10).")
    private int stepEvery = 10;

    @Option(names = "--gamma", paramLabel = "X", description = "step: factor of each fall (default: 0.1).")
    private double gamma = 0.1;

    @Option(names = "--min-lr", paramLabel = "X", description = "cosine: where it ends (default: 0).")
    private double minimum;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description = "Epochs in which the rate grows from a tenth (default: 0).")
    private int warmup;

    @Option(
            names = "--rate-factor",
            paramLabel = "P=X",
            description = "Parameters whose names match P learn at X times the rate.")
    private Map<String, Double> rateFactors = new LinkedHashMap<>();

    @Option(
            names = "--label-smoothing",
            paramLabel = "X",
            description = "Share of the target spread over all classes (default: 0).")
    private double labelSmoothing;

    @Option(names = "--clip", paramLabel = "X", description = "Longest norm of the gradients (default: no limit).")
    private double clip;

    @Option(names = "--drop-last", description = "Leave out a last batch that is not full.")
    private boolean dropLast;

    @Option(
            names = "--augment",
            paramLabel = "A",
            description = "none, few-shot (default: square crops of the centre from 35 %% on, flips) or imagenet.")
    private Augment augment = Augment.FEW_SHOT;

    @Option(
            names = "--crop-area",
            paramLabel = "LOW,HIGH",
            split = ",",
            hideParamSyntax = true,
            description = "Share of the area that random crops have.")
    private List<Double> cropArea = List.of();

    @Option(names = "--flip", paramLabel = "P", description = "Probability of mirroring an image.")
    private @Nullable Double flip;

    @Option(
            names = "--jitter",
            paramLabel = "B,C,S,H",
            split = ",",
            hideParamSyntax = true,
            description = "Random brightness, contrast, saturation and hue (default: none).")
    private List<Double> jitter = List.of();

    @Option(
            names = "--val-fraction",
            paramLabel = "X",
            description =
                    "Hold this share of the training images back and keep the epoch that does best on it (default: 0).")
    private double validation;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "Stop after so many epochs without a better one (default: never).")
    private int patience;

    @Option(
            names = "--evaluate-every",
            paramLabel = "N",
            description = "Epochs between tests (default: 1; 0: only at the end).")
    private int evaluateEvery = 1;

    /** The training configuration. */
    TrainConfig config(long seed) {
        TrainConfig config = TrainConfig.defaults()
                .seed(seed)
                .augmentation(augmentation())
                .optimizer(rule())
                .schedule(curve());
        config = epochs == null ? config : config.epochs(epochs);
        config = batch == null ? config : config.batch(batch);
        config = microBatch == null ? config : config.microBatch(microBatch);
        config = rate == null ? config : config.rate(rate);
        ParameterGroup[] groups = rateFactors.entrySet().stream()
                .map(entry -> ParameterGroup.rate(entry.getKey(), entry.getValue()))
                .toArray(ParameterGroup[]::new);
        if (patience > 0 && validation == 0) {
            throw new InputException(
                    "--patience " + patience + " needs --val-fraction, the share of images that it is measured on");
        }
        return config.groups(groups)
                .labelSmoothing(labelSmoothing)
                .clipNorm(clip)
                .dropLast(dropLast)
                .earlyStopping(validation, patience)
                .evaluateEvery(evaluateEvery);
    }

    private Optimizer rule() {
        return switch (optimizer) {
            case SGD -> new Sgd(momentum, nesterov, weightDecay == null ? 1e-4 : weightDecay);
            case ADAMW -> new AdamW(0.9, 0.999, 1e-8, weightDecay == null ? 0.01 : weightDecay);
        };
    }

    private Schedule curve() {
        Schedule curve = switch (schedule) {
            case CONSTANT -> Schedule.constant();
            case STEP -> Schedule.step(gamma, stepEvery);
            case COSINE -> Schedule.cosine(minimum);
        };
        return warmup == 0 ? curve : curve.warmup(warmup, 0.1);
    }

    /** What changes about an image each time it is seen. */
    private Augmentation augmentation() {
        Augmentation chosen = switch (augment) {
            case NONE -> Augmentation.none();
            case FEW_SHOT -> Augmentation.fewShot();
            case IMAGENET -> Augmentation.imageNet();
        };
        if (!cropArea.isEmpty()) {
            if (cropArea.size() != 2 || augment == Augment.NONE) {
                throw new InputException(
                        "--crop-area needs two numbers, low and high, and an --augment that crops; got " + cropArea);
            }
            RandomResizedCrop old = chosen.crop();
            chosen = chosen.withCrop(
                    chosen.source(),
                    new RandomResizedCrop(cropArea.get(0), cropArea.get(1), old.ratioLow(), old.ratioHigh()));
        }
        chosen = flip == null ? chosen : chosen.withFlip(flip);
        if (!jitter.isEmpty()) {
            if (jitter.size() != 4) {
                throw new InputException(
                        "--jitter needs four numbers, brightness, contrast, saturation and hue; got " + jitter);
            }
            chosen = chosen.withJitter(new ColorJitter(jitter.get(0), jitter.get(1), jitter.get(2), jitter.get(3)));
        }
        return chosen;
    }
}

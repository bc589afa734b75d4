package org.lrcc.bench.compare;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lrcc.bench.StepsInTurn;
import org.lrcc.engine.InputException;

/** What is compared, on ResNet18 at 224x224: with whom, and how low the ratio of the times is meant to be. */
enum Comparison {
    STEP("step", "Training step", "Everything trains; SGD with momentum; batch 8.", 0.70, 0.80),
    PREDICT8("predict8", "Inference, batch 8", "Batch norm folded by either side.", 0.80, 0.85),
    PREDICT1("predict1", "Inference, batch 1", "Batch norm folded by either side.", 1.0, 1.05),
    LORA_RATIO(
            "lora-ratio",
            "Training step in lora_mode, rank ratio 0.25",
            "W + U V in every convolution, batch 8; beside a network in PyTorch that rebuilds W + U V at every step, as the original does.",
            0.75,
            0.82),
    LORA_RANK8(
            "lora-rank8",
            "Training step in lora_mode, rank 8",
            "W + U V in every convolution, batch 8; beside a network in PyTorch that rebuilds W + U V at every step, as the original does.",
            Double.NaN,
            0.60),
    RANK8_FULL(
            "rank8-full",
            "Training step in lora_mode, rank 8, beside our own full one",
            "Batch 8. Single steps of both in turn, in one process of a pair, whose ratio is the median of each step's over that of the step beside it; its peak is that of both together.",
            Double.NaN,
            0.85),
    COLD(
            "cold",
            "60 training steps, from the start of the process to its end",
            "Everything trains; batch 8; the times are those of whole processes.",
            Double.NaN,
            0.85),
    LAYERS(
            "layers",
            "Every convolution, forward and both gradients",
            "Batch 8; each pass alone, in PyTorch and here; medians of runs in a process, then of the pairs.",
            0.65,
            0.78);

    /** Batch of everything but {@link #PREDICT1}. */
    static final int BATCH = 8;

    static final int SIZE = 224;

    private static final String LIBTORCH = "org.lrcc.bench.peers.LibtorchStep";
    private static final String ORT = "org.lrcc.bench.peers.OrtPredict";
    private static final int COLD_STEPS = 60;

    private final String id;
    private final String title;
    private final String about;
    private final double oneThread;
    private final double twoThreads;

    Comparison(String id, String title, String about, double oneThread, double twoThreads) {
        this.id = id;
        this.title = title;
        this.about = about;
        this.oneThread = oneThread;
        this.twoThreads = twoThreads;
    }

    String id() {
        return id;
    }

    String title() {
        return title;
    }

    String about() {
        return about;
    }

    /** How low the ratio of times is meant to be, NaN where nothing was said. */
    double target(int threads) {
        return threads == 1 ? oneThread : threads == 2 ? twoThreads : Double.NaN;
    }

    static Comparison of(String id) {
        return Arrays.stream(values())
                .filter(comparison -> comparison.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new InputException("there is no comparison '" + id + "'; there are "
                        + Arrays.stream(values()).map(Comparison::id).collect(Collectors.joining(", "))));
    }

    /** Time of a process that counts: a step's median, or for cold processes the whole. */
    double milliseconds(Report report) {
        return this == COLD ? report.wallMilliseconds() : report.median();
    }

    /** Timed and untimed runs in a process: JIT compilers need more of the latter. */
    private record Runs(int warmup, int steps, int peerWarmup) {}

    private Runs runs() {
        return switch (this) {
            case STEP, LORA_RATIO, LORA_RANK8 -> new Runs(10, 5, 2);
            case RANK8_FULL -> new Runs(10, 15, 0);
            case PREDICT8 -> new Runs(25, 11, 4);
            case PREDICT1 -> new Runs(120, 41, 10);
            case COLD -> new Runs(0, COLD_STEPS, 0);
            case LAYERS -> new Runs(0, 7, 3);
        };
    }

    /** Whether there is a row for so many threads: some targets are about the machine as it is. */
    boolean isMeasuredWith(int threads) {
        return threads > 1 || (this != COLD && this != RANK8_FULL);
    }

    /** Whether our process measures the peer too. */
    boolean inOneProcess() {
        return this == RANK8_FULL;
    }

    /** Our process: the command line as anyone would call it. */
    Child ours(Setting setting, int threads) {
        Runs runs = runs();
        return switch (this) {
            case LAYERS -> Child.java(LrccLayers.class.getName(), threads, BATCH, runs.steps(), 0.1);
            case PREDICT8 -> lrcc(setting, threads, runs, "predict", BATCH);
            case PREDICT1 -> lrcc(setting, threads, runs, "predict", 1);
            case STEP, COLD -> lrcc(setting, threads, runs, "step", BATCH, "--mode", "full");
            case LORA_RATIO ->
                lrcc(setting, threads, runs, "step", BATCH, "--mode", "lora_mode", "--rank-ratio", "0.25");
            case LORA_RANK8 -> lrcc(setting, threads, runs, "step", BATCH, "--mode", "lora_mode", "--rank", "8");
            case RANK8_FULL ->
                Child.ours(
                        StepsInTurn.class.getName(), threads, runs.warmup(), runs.steps(), "lora_mode rank 8", "full");
        };
    }

    private static Child lrcc(Setting setting, int threads, Runs runs, String what, int batch, String... more) {
        List<String> command = setting.launcher(
                "bench",
                what,
                setting.model().toString(),
                "--batch",
                Integer.toString(batch),
                "--size",
                Integer.toString(SIZE),
                "--threads",
                Integer.toString(threads),
                "--steps",
                Integer.toString(runs.steps()),
                "--warmup",
                Integer.toString(runs.warmup()),
                "--json",
                "--progress",
                "off");
        command.addAll(List.of(more));
        return new Child(command, setting.environment());
    }

    /** The peer's process. */
    Child peer(Setting setting, int threads) {
        Runs runs = runs();
        return switch (this) {
            case STEP -> Child.java(LIBTORCH, threads, BATCH, SIZE, threads, runs.peerWarmup(), runs.steps());
            case PREDICT8, PREDICT1 ->
                Child.java(
                        ORT,
                        threads,
                        setting.model(),
                        this == PREDICT1 ? 1 : BATCH,
                        SIZE,
                        threads,
                        runs.peerWarmup(),
                        runs.steps());
            case LORA_RATIO -> original(setting, threads, runs, "lora_mode", "--rank-ratio", "0.25");
            case LORA_RANK8 -> original(setting, threads, runs, "lora_mode", "--rank", "8");
            case COLD -> original(setting, threads, runs, "full");
            case RANK8_FULL -> throw new IllegalStateException("the peer is measured in our process");
            case LAYERS ->
                setting.python(
                        "layers.py",
                        threads,
                        "--layers",
                        String.join(",", ResNetLayers.counts().keySet()),
                        "--runs",
                        Integer.toString(runs.steps()),
                        "--warmup",
                        Integer.toString(runs.peerWarmup()));
        };
    }

    private static Child original(Setting setting, int threads, Runs runs, String mode, String... more) {
        List<String> arguments = new java.util.ArrayList<>(List.of(
                "--mode",
                mode,
                "--size",
                Integer.toString(SIZE),
                "--steps",
                Integer.toString(runs.steps()),
                "--warmup",
                Integer.toString(runs.peerWarmup())));
        arguments.addAll(List.of(more));
        return setting.python("original_step.py", threads, arguments.toArray(String[]::new));
    }

    /** Why the peer cannot run here, or null. */
    @Nullable
    String missing(Setting setting) {
        return switch (this) {
            case RANK8_FULL -> null;
            case STEP -> Setting.missingClass(LIBTORCH);
            case PREDICT8, PREDICT1 -> Setting.missingClass(ORT);
            case LORA_RATIO, LORA_RANK8, COLD, LAYERS -> setting.missingTorch();
        };
    }
}

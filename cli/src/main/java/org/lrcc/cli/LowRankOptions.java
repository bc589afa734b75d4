package org.lrcc.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Balance;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.SparseForm;
import org.lrcc.lowrank.TuneMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is made low-rank, and how. */
final class LowRankOptions {
    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Mixin
    private GoalOptions goals = new GoalOptions();

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "How weights are decomposed: greedy (default, the original's), accelerated or svd.")
    private @Nullable String method;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Iterations of the decomposition for each rank (default: 50).")
    private @Nullable Integer steps;

    @Option(
            names = "--lambda",
            paramLabel = "X",
            description = "What deviates from U V by at least this goes into the sparse part S (default: 0.01).")
    private @Nullable Double lambda;

    @Option(
            names = "--balance",
            paramLabel = "B",
            converter = BalanceConverter.class,
            description =
                    "Where the singular values of U V stand: v (default, as decomposed), even or u, which lets U learn at its own pace.")
    private @Nullable Balance balance;

    @Option(
            names = "--sparse-form",
            paramLabel = "FORM",
            converter = SparseFormConverter.class,
            description =
                    "How S lies in memory: dense, with a mask, compact, as a list of its entries, or auto (default: compact where at most half is on). Results are the same.")
    private @Nullable SparseForm sparse;

    @Option(names = "--keep-noise", description = "Keep what the decomposition leaves over, frozen.")
    private boolean keepNoise;

    @Option(names = "--no-sparse", description = "Decompose into U V alone, without S.")
    private boolean noSparse;

    @Option(
            names = "--reassign-sparsity",
            paramLabel = "X",
            description = "Deal S and the noise out anew over all layers: this share of the entries is off.")
    private @Nullable Double reassignSparsity;

    @Option(
            names = "--alpha",
            paramLabel = "X",
            description = "lora_mode: scale U V by X / rank (default: not scaled).")
    private @Nullable Double alpha;

    @Option(names = "--rslora", description = "lora_mode: scale by alpha / sqrt(rank).")
    private boolean rsLora;

    @Option(
            names = "--dora",
            description =
                    "lora_mode: a magnitude for each channel trains beside U and V, which change only directions.")
    private boolean dora;

    @Option(
            names = "--dropout",
            paramLabel = "X",
            description = "lora_mode: dropout on the adapter's branch (default: 0).")
    private double dropout;

    @Option(
            names = "--rate-u",
            paramLabel = "X",
            description = "U learns at X times the rate (LoRA+ advises 16 in lora_mode; default: 1).")
    private @Nullable Double rateU;

    @Option(names = "--rate-s", paramLabel = "X", description = "S learns at X times the rate (default: 1).")
    private @Nullable Double rateS;

    @Option(names = "--l1", paramLabel = "X", description = "Weight of the sum of |S| in the loss (default: 0).")
    private double l1;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description =
                    "Keep decompositions in this folder, and take from it what was made of the same weight in the same way.")
    private @Nullable Path cache;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random (default: 0).")
    private long seed;

    static final class BalanceConverter implements ITypeConverter<Balance> {
        @Override
        public Balance convert(String value) {
            return SelectionOptions.named(() -> Balance.parse(value));
        }
    }

    static final class SparseFormConverter implements ITypeConverter<SparseForm> {
        @Override
        public SparseForm convert(String value) {
            return SelectionOptions.named(() -> SparseForm.parse(value));
        }
    }

    long seed() {
        return seed;
    }

    /** What the options ask for; throws where they are out of range or contradict each other. */
    LowRankConfig config() {
        TuneMode mode = selection.mode();
        if (mode == null) {
            throw new InputException("--mode is missing; for example --mode lora_mode");
        }
        return config(mode);
    }

    /** As {@link #config()}, with this mode where none was given. */
    LowRankConfig configOr(TuneMode other) {
        TuneMode mode = selection.mode();
        return config(mode == null ? other : mode);
    }

    /** Names the options given that say how weights are decomposed, where the mode decomposes none. */
    void noteIdle(LowRankConfig config, Console console) {
        List<String> idle = ofDecomposition();
        if (!config.mode().decomposes() && !idle.isEmpty()) {
            console.note("note: " + String.join(", ", idle) + " without effect in " + config.mode()
                    + ", which decomposes no weight");
        }
    }

    /** As {@link #noteIdle}, where the difference of two networks is decomposed, by a method that is not to choose. */
    void noteIdleInExtract(boolean sparse, Console console) {
        List<String> idle = ofDecomposition();
        idle.remove("--cache");
        if (sparse) {
            idle.remove("--tolerance");
        }
        if (!idle.isEmpty()) {
            console.note("note: " + String.join(", ", idle)
                    + " without effect in extract, which decomposes by svd or, with --sparse, by accelerated");
        }
    }

    /** Those of the options given that say how weights are decomposed. */
    private List<String> ofDecomposition() {
        List<String> given = new ArrayList<>();
        add(given, method != null, "--method");
        add(given, steps != null, "--steps");
        add(given, lambda != null, "--lambda");
        add(given, goals.toleranceGiven(), "--tolerance");
        add(given, keepNoise, "--keep-noise");
        add(given, noSparse, "--no-sparse");
        add(given, reassignSparsity != null, "--reassign-sparsity");
        add(given, cache != null, "--cache");
        return given;
    }

    private static void add(List<String> names, boolean given, String name) {
        if (given) {
            names.add(name);
        }
    }

    private LowRankConfig config(TuneMode chosen) {
        if (cache != null && cache.toString().isEmpty()) {
            throw new InputException("--cache: must be given a folder, got an empty name");
        }
        LowRankConfig config = selection.config(chosen).seed(seed);
        config = method == null ? config : config.method(method);
        config = steps == null ? config : config.steps(steps);
        config = lambda == null ? config : config.lambda(lambda);
        config = goals.apply(config, selection.rankOption(), lambda != null);
        config = reassignSparsity == null ? config : config.reassignSparsity(reassignSparsity);
        config = alpha == null ? config : config.alpha(alpha);
        config = rateU == null ? config : config.rateU(rateU);
        config = rateS == null ? config : config.rateS(rateS);
        config = balance == null ? config : config.balance(balance);
        config = sparse == null ? config : config.sparse(sparse);
        config = cache == null ? config : config.cache(cache);
        return config.keepNoise(keepNoise)
                .noSparse(noSparse)
                .rsLora(rsLora)
                .dora(dora)
                .dropout(dropout)
                .l1(l1)
                .check();
    }
}

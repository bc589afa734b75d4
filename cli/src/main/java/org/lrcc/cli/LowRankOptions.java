package org.lrcc.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Balance;
import org.lrcc.lowrank.Layout;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What is made low-rank, and how. */
final class LowRankOptions {
    @Option(
            names = "--mode",
            paramLabel = "MODE",
            converter = ModeConverter.class,
            description =
                    "What trains: full, head, lora_mode, fix_sparse, fix_low_rank, tune_U, tune_V, tune_U_S, tune_V_S or tune_all.")
    private @Nullable TuneMode mode;

    @Option(names = "--rank", paramLabel = "N", description = "The same rank for every layer, instead of --rank-ratio.")
    private @Nullable Integer rank;

    @Option(
            names = "--rank-ratio",
            paramLabel = "X",
            description = "Rank as a part of input channels times kernel size (default: 0.25).")
    private @Nullable Double rankRatio;

    @Mixin
    private GoalOptions goals = new GoalOptions();

    @Option(
            names = "--layout",
            paramLabel = "L",
            converter = LayoutConverter.class,
            description = "How U V is read as a weight: flat (default), separable or channel.")
    private @Nullable Layout layout;

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
            names = "--convert",
            paramLabel = "P,..",
            split = ",",
            hideParamSyntax = true,
            description = "Convert only layers that match a name part or glob; not together with --ignore.")
    private List<String> convert = List.of();

    @Option(
            names = "--ignore",
            paramLabel = "P,..",
            split = ",",
            hideParamSyntax = true,
            description = "Leave layers that match as they are; they train whole.")
    private List<String> ignore = List.of();

    @Option(
            names = "--fix",
            paramLabel = "P,..",
            split = ",",
            hideParamSyntax = true,
            description = "Leave layers that match as they are, frozen.")
    private List<String> fix = List.of();

    @Option(
            names = "--freeze",
            paramLabel = "P,..",
            split = ",",
            hideParamSyntax = true,
            description = "Freeze layers that match; bn stands for every batch normalisation.")
    private List<String> freeze = List.of();

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

    /** The mode's words to the enum; a bad one is bad input with the library's message. */
    static final class ModeConverter implements ITypeConverter<TuneMode> {
        @Override
        public TuneMode convert(String value) {
            return named(() -> TuneMode.parse(value));
        }
    }

    static final class BalanceConverter implements ITypeConverter<Balance> {
        @Override
        public Balance convert(String value) {
            return named(() -> Balance.parse(value));
        }
    }

    static final class LayoutConverter implements ITypeConverter<Layout> {
        @Override
        public Layout convert(String value) {
            return named(() -> Layout.parse(value));
        }
    }

    /** picocli shows the class of other exceptions beside their message. */
    private static <T> T named(Supplier<T> parse) {
        try {
            return parse.get();
        } catch (InputException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    long seed() {
        return seed;
    }

    /** What the options ask for; throws where they are out of range or contradict each other. */
    LowRankConfig config() {
        if (mode == null) {
            throw new InputException("--mode is missing; for example --mode lora_mode");
        }
        return config(mode);
    }

    /** As {@link #config()}, with this mode where none was given. */
    LowRankConfig configOr(TuneMode other) {
        return config(mode == null ? other : mode);
    }

    private LowRankConfig config(TuneMode chosen) {
        if (rank != null && rankRatio != null) {
            throw new InputException("--rank " + rank + " and --rank-ratio " + rankRatio + " exclude each other");
        }
        if (!convert.isEmpty() && !ignore.isEmpty()) {
            throw new InputException("--convert " + String.join(",", convert) + " and --ignore "
                    + String.join(",", ignore) + " exclude each other");
        }
        LowRankConfig config = LowRankConfig.of(chosen).seed(seed);
        config = rank == null ? config : config.rank(rank);
        config = rankRatio == null ? config : config.rankRatio(rankRatio);
        config = layout == null ? config : config.layout(layout);
        config = method == null ? config : config.method(method);
        config = steps == null ? config : config.steps(steps);
        config = lambda == null ? config : config.lambda(lambda);
        config = goals.apply(
                config, rank != null ? "--rank" : rankRatio != null ? "--rank-ratio" : null, lambda != null);
        config = reassignSparsity == null ? config : config.reassignSparsity(reassignSparsity);
        config = alpha == null ? config : config.alpha(alpha);
        config = rateU == null ? config : config.rateU(rateU);
        config = rateS == null ? config : config.rateS(rateS);
        config = balance == null ? config : config.balance(balance);
        config = cache == null ? config : config.cache(cache);
        config = config.keepNoise(keepNoise)
                .noSparse(noSparse)
                .rsLora(rsLora)
                .dora(dora)
                .dropout(dropout)
                .l1(l1);
        return patterns(config).check();
    }

    private LowRankConfig patterns(LowRankConfig config) {
        LowRankConfig result = config;
        result = convert.isEmpty() ? result : result.convert(convert.toArray(new String[0]));
        result = ignore.isEmpty() ? result : result.ignore(ignore.toArray(new String[0]));
        result = fix.isEmpty() ? result : result.fix(fix.toArray(new String[0]));
        return freeze.isEmpty() ? result : result.freeze(freeze.toArray(new String[0]));
    }
}

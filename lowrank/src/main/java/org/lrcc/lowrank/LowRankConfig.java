package org.lrcc.lowrank;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.nn.train.L1Term;

/**
 * What to convert, to which rank, and how. Immutable: each method returns a changed copy.
 *
 * <pre>{@code
 * LowRankConfig.of(TuneMode.LORA).rankRatio(0.25).ignore("downsample")
 * }</pre>
 */
public final class LowRankConfig {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private TuneMode mode;
    private @Nullable Integer rank;
    private double rankRatio = 0.25;
    private @Nullable RankGoal rankGoal;
    private Layout layout = Layout.FLAT;
    private String method = "greedy";
    private int steps = 50;
    private double tolerance = 0.01;
    private double lambda = 0.01;
    private @Nullable Density density;
    private Balance balance = Balance.V;
    private boolean keepNoise;
    private boolean noSparse;
    private @Nullable Double reassignSparsity;
    private List<String> convert = List.of();
    private List<String> ignore = List.of();
    private List<String> fix = List.of();
    private List<String> freeze = List.of();
    private Init init = Init.KAIMING;
    private @Nullable Double alpha;
    private boolean rsLora;
    private boolean dora;
    private double dropout;
    private double l1;
    private long seed;
    private @Nullable Path cache;

    private LowRankConfig(TuneMode mode) {
        this.mode = mode;
    }

    private LowRankConfig(LowRankConfig other) {
        mode = other.mode;
        rank = other.rank;
        rankRatio = other.rankRatio;
        rankGoal = other.rankGoal;
        layout = other.layout;
        method = other.method;
        steps = other.steps;
        tolerance = other.tolerance;
        lambda = other.lambda;
        density = other.density;
        balance = other.balance;
        keepNoise = other.keepNoise;
        noSparse = other.noSparse;
        reassignSparsity = other.reassignSparsity;
        convert = other.convert;
        ignore = other.ignore;
        fix = other.fix;
        freeze = other.freeze;
        init = other.init;
        alpha = other.alpha;
        rsLora = other.rsLora;
        dora = other.dora;
        dropout = other.dropout;
        l1 = other.l1;
        seed = other.seed;
        cache = other.cache;
    }

    /** The original's defaults in this mode: rank ratio 0.25, layout flat, 50 steps, lambda 0.01. */
    public static LowRankConfig of(TuneMode mode) {
        return new LowRankConfig(mode);
    }

    private interface Change {
        void apply(LowRankConfig copy);
    }

    private LowRankConfig with(Change change) {
        LowRankConfig copy = new LowRankConfig(this);
        change.apply(copy);
        return copy;
    }

    /** Another mode, the rest as it is. */
    public LowRankConfig mode(TuneMode value) {
        return with(c -> c.mode = value);
    }

    /** The same rank for every layer, at least 1; instead of the ratio. */
    public LowRankConfig rank(int value) {
        require(value >= 1, "rank", "at least 1", value);
        return with(c -> {
            c.rank = value;
            c.rankGoal = null;
        });
    }

    /** Ranks by goal; instead of a given rank and of the ratio. */
    public LowRankConfig rank(RankGoal value) {
        return with(c -> {
            c.rank = null;
            c.rankGoal = value;
        });
    }

    /** Rank as this part of input channels times kernel size; above 0, at most 1; instead of a given rank. */
    public LowRankConfig rankRatio(double value) {
        require(value > 0 && value <= 1, "rank ratio", "above 0 and at most 1", value);
        return with(c -> {
            c.rank = null;
            c.rankGoal = null;
            c.rankRatio = value;
        });
    }

    /** How U·V is read as a weight. */
    public LowRankConfig layout(Layout value) {
        return with(c -> c.layout = value);
    }

    /** The {@link Factorizer}'s name: {@code greedy} (the original's, the default), {@code accelerated} or {@code svd}. */
    public LowRankConfig method(String value) {
        Factorizers.named(value);
        return with(c -> c.method = value);
    }

    /** Inner iterations of the decomposition for each rank. */
    public LowRankConfig steps(int value) {
        require(value >= 1, "steps", "at least 1", value);
        return with(c -> c.steps = value);
    }

    /** {@code accelerated} ends where going on at half the pace lowers F by less than this part; above 0, below 1. */
    public LowRankConfig tolerance(double value) {
        require(value > 0 && value < 1, "tolerance", "above 0 and below 1", value);
        return with(c -> c.tolerance = value);
    }

    /** Deviations from U·V of at least this go into S; instead of a given density. */
    public LowRankConfig lambda(double value) {
        require(value >= 0 && Double.isFinite(value), "lambda", "at least 0", value);
        return with(c -> {
            c.density = null;
            c.lambda = value;
        });
    }

    /** How much S holds; lambda is then found. */
    public LowRankConfig density(Density value) {
        return with(c -> c.density = value);
    }

    /** Modes that decompose: where the singular values of U·V stand. */
    public LowRankConfig balance(Balance value) {
        return with(c -> c.balance = value);
    }

    /** Keep what the decomposition leaves over as a frozen term of the weight, which is then exact at first. */
    public LowRankConfig keepNoise(boolean value) {
        return with(c -> c.keepNoise = value);
    }

    /** Decompose into U·V alone. */
    public LowRankConfig noSparse(boolean value) {
        return with(c -> c.noSparse = value);
    }

    /**
     * After the decomposition, deal out S + noise anew: the given share of entries, those of the smallest magnitude over all layers, is switched off
     * in S; the others go into S. Above or equal 0, below 1.
     */
    public LowRankConfig reassignSparsity(double value) {
        require(value >= 0 && value < 1, "reassign sparsity", "at least 0 and below 1", value);
        return with(c -> c.reassignSparsity = value);
    }

    /** Convert only convolutions that match one of these name parts or globs; not together with {@link #ignore}. */
    public LowRankConfig convert(String... patterns) {
        return with(c -> c.convert = checked("convert", patterns)).exclusive();
    }

    /** Leave convolutions that match one of these name parts or globs as they are: they train whole. Not together with {@link #convert}. */
    public LowRankConfig ignore(String... patterns) {
        return with(c -> c.ignore = checked("ignore", patterns)).exclusive();
    }

    /** Leave convolutions that match as they are, and frozen. */
    public LowRankConfig fix(String... patterns) {
        return with(c -> c.fix = checked("fix", patterns));
    }

    /**
     * Freeze layers that match; {@code bn} stands for every batch normalisation too. Frozen batch normalisation keeps its running statistics in training;
     * frozen convolutions are not converted.
     */
    public LowRankConfig freeze(String... patterns) {
        return with(c -> c.freeze = checked("freeze", patterns));
    }

    /** lora_mode: how U and V begin. */
    public LowRankConfig init(Init value) {
        return with(c -> c.init = value);
    }

    /** lora_mode: scale U·V by alpha / rank (with {@link #rsLora}, by alpha / sqrt(rank)); not scaled by default. */
    public LowRankConfig alpha(double value) {
        require(value > 0 && Double.isFinite(value), "alpha", "above 0", value);
        return with(c -> c.alpha = value);
    }

    /** lora_mode: scale by alpha / sqrt(rank). Source: D. Kalajdzievski, "A rank stabilization scaling factor for fine-tuning with LoRA", 2023. */
    public LowRankConfig rsLora(boolean value) {
        return with(c -> c.rsLora = value);
    }

    /**
     * lora_mode: give each channel out a magnitude that trains beside U and V, which then change only the weight's direction; not together with dropout.
     *
     * @see LowRankConv2d.Form#DORA
     */
    public LowRankConfig dora(boolean value) {
        return with(c -> c.dora = value);
    }

    /** lora_mode: probability that an input element of the adapter's branch is dropped in training; from 0 to below 1. */
    public LowRankConfig dropout(double value) {
        require(value >= 0 && value < 1, "adapter dropout", "at least 0 and below 1", value);
        return with(c -> c.dropout = value);
    }

    /** Weight of the sum of |S| in the loss, where S trains. */
    public LowRankConfig l1(double value) {
        require(value >= 0 && Double.isFinite(value), "l1", "at least 0", value);
        return with(c -> c.l1 = value);
    }

    /** Seed of the decomposition's first row and of V in lora_mode. */
    public LowRankConfig seed(long value) {
        return with(c -> c.seed = value);
    }

    /** A file with the decompositions: read and checked where it exists, else written. */
    public LowRankConfig cache(Path file) {
        return with(c -> c.cache = file);
    }

    /** What trains. */
    public TuneMode mode() {
        return mode;
    }

    /** The given rank, or null where the ratio counts. */
    public @Nullable Integer rank() {
        return rank;
    }

    /** What ranks are chosen for, or null where they are given. */
    public @Nullable RankGoal rankGoal() {
        return rankGoal;
    }

    /** The rank ratio. */
    public double rankRatio() {
        return rankRatio;
    }

    /** How U·V is read. */
    public Layout layout() {
        return layout;
    }

    /** The factorizer's name. */
    public String method() {
        return method;
    }

    /** Inner iterations for each rank. */
    public int steps() {
        return steps;
    }

    /** Where the accelerated method ends. */
    public double tolerance() {
        return tolerance;
    }

    /** How much S holds, or null where lambda says so. */
    public @Nullable Density density() {
        return density;
    }

    /** The threshold of S. */
    public double lambda() {
        return lambda;
    }

    /** Where the singular values of U·V stand. */
    public Balance balance() {
        return balance;
    }

    /** Whether the rest is kept. */
    public boolean keepNoise() {
        return keepNoise;
    }

    /** Whether S stays empty. */
    public boolean noSparse() {
        return noSparse;
    }

    /** The share of S to be off after dealing out anew, or null. */
    public @Nullable Double reassignSparsity() {
        return reassignSparsity;
    }

    /** Patterns of what is converted; all where empty. */
    public List<String> convert() {
        return convert;
    }

    /** Patterns of what is ignored. */
    public List<String> ignore() {
        return ignore;
    }

    /** Patterns of what is fixed. */
    public List<String> fix() {
        return fix;
    }

    /** Patterns of what is frozen. */
    public List<String> freeze() {
        return freeze;
    }

    /** How U and V begin in lora_mode. */
    public Init init() {
        return init;
    }

    /** LoRA's alpha, or null. */
    public @Nullable Double alpha() {
        return alpha;
    }

    /** Whether the scale is alpha / sqrt(rank). */
    public boolean rsLora() {
        return rsLora;
    }

    /** Whether channels have magnitudes of their own. */
    public boolean dora() {
        return dora;
    }

    /** The adapter branch's dropout. */
    public double dropout() {
        return dropout;
    }

    /** Weight of the sum of |S| in the loss. */
    public double l1() {
        return l1;
    }

    /** The seed. */
    public long seed() {
        return seed;
    }

    /** The file of decompositions, or null. */
    public @Nullable Path cache() {
        return cache;
    }

    /** The L1 term on S for the training configuration: one term, or none where its weight is 0. */
    public L1Term[] l1Terms() {
        return l1 == 0 ? new L1Term[0] : new L1Term[] {new L1Term("*." + LowRankConv2d.SPARSE, l1)};
    }

    /** What U·V is multiplied with at this rank. */
    public double scale(int ofRank) {
        if (alpha == null) {
            return 1;
        }
        return rsLora ? alpha / Math.sqrt(ofRank) : alpha / ofRank;
    }

    /**
     * The rank of a layer where no goal is set: the given one, else max(1, min(int(in k ratio), highest rank of the layout's matrix)).
     */
    public int rankFor(int out, int in, int kernel) {
        if (rank != null) {
            return rank;
        }
        if (rankGoal != null) {
            return 1;
        }
        return Math.max(1, Math.min((int) (in * kernel * rankRatio), layout.maxRank(out, in, kernel)));
    }

    /** Throws where options contradict each other; conversion calls it. */
    public LowRankConfig check() {
        exclusive();
        boolean lora = mode == TuneMode.LORA;
        require(lora || init == Init.KAIMING, "init", "given only in mode lora_mode", mode);
        require(lora || alpha == null, "alpha", "given only in mode lora_mode", mode);
        require(lora || !rsLora, "rsLora", "given only in mode lora_mode", mode);
        require(lora || !dora, "dora", "given only in mode lora_mode", mode);
        require(!dora || dropout == 0, "adapter dropout", "0 together with dora", dropout);
        require(lora || dropout == 0, "adapter dropout", "given only in mode lora_mode", mode);
        require(!rsLora || alpha != null, "rsLora", "given together with alpha", "no alpha");
        require(mode.decomposes() || balance == Balance.V, "balance", "given only in modes that decompose", mode);
        require(mode.trainsS() || l1 == 0, "l1", "given only in modes that train S", mode);
        require(!(noSparse && mode == TuneMode.FIX_LOW_RANK), "no sparse", "off in a mode that trains only S", mode);
        require(
                !noSparse || reassignSparsity == null,
                "reassign sparsity",
                "given only with a sparse part",
                "no sparse");
        require(!noSparse || density == null, "density", "given only with a sparse part", "no sparse");
        require(!lora || density == null, "density", "given only in modes that decompose", mode);
        require(
                density == null || reassignSparsity == null,
                "reassign sparsity",
                "given without a density, which deals S out too",
                density == null ? "" : density.value());
        require(
                cache == null || rankGoal == null || rankGoal.kind() != RankGoal.Kind.PARAMS,
                "cache",
                "left out with target params, whose ranks depend on the decomposition",
                cache == null ? "" : cache);
        return this;
    }

    private LowRankConfig exclusive() {
        if (!convert.isEmpty() && !ignore.isEmpty()) {
            throw new InputException("convert " + convert + " and ignore " + ignore + " exclude each other");
        }
        return this;
    }

    private static List<String> checked(String option, String... patterns) {
        require(patterns.length > 0, option, "given a pattern", "none");
        for (@Nullable String pattern : patterns) {
            require(pattern != null && !pattern.isBlank(), option, "given patterns that are not blank", "one that is");
        }
        return List.of(patterns);
    }

    private static void require(boolean condition, String option, String rule, Object value) {
        if (!condition) {
            throw new InputException(option + ": must be " + rule + ", got " + value);
        }
    }

    /** As JSON, without the cache's place. */
    public String toJson() {
        try {
            return JSON.writeValueAsString(Stored.of(this));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads {@link #toJson}; throws {@code InputException} for what it could not have written. */
    public static LowRankConfig fromJson(String json) {
        try {
            Stored stored = JSON.readValue(json, Stored.class);
            if (stored == null) {
                throw new InputException("configuration: it is null");
            }
            return stored.config();
        } catch (JsonProcessingException e) {
            throw new InputException("configuration: " + e.getOriginalMessage(), e);
        }
    }

    @Override
    public String toString() {
        return toJson();
    }

    /** The form in JSON: what is not set is left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
    private record Stored(
            String mode,
            @Nullable Integer rank,
            double rankRatio,
            @Nullable RankGoal rankGoal,
            String layout,
            String method,
            int steps,
            @Nullable Double tolerance,
            double lambda,
            @Nullable Density density,
            @Nullable String balance,
            boolean keepNoise,
            boolean noSparse,
            @Nullable Double reassignSparsity,
            @Nullable List<String> convert,
            @Nullable List<String> ignore,
            @Nullable List<String> fix,
            @Nullable List<String> freeze,
            @Nullable String init,
            @Nullable Double alpha,
            boolean rsLora,
            boolean dora,
            double dropout,
            double l1,
            long seed) {
        static Stored of(LowRankConfig c) {
            return new Stored(
                    c.mode.label(),
                    c.rank,
                    c.rankRatio,
                    c.rankGoal,
                    c.layout.label(),
                    c.method,
                    c.steps,
                    c.tolerance,
                    c.lambda,
                    c.density,
                    c.balance == Balance.V ? null : c.balance.label(),
                    c.keepNoise,
                    c.noSparse,
                    c.reassignSparsity,
                    c.convert,
                    c.ignore,
                    c.fix,
                    c.freeze,
                    c.init == Init.KAIMING ? null : c.init.label(),
                    c.alpha,
                    c.rsLora,
                    c.dora,
                    c.dropout,
                    c.l1,
                    c.seed);
        }

        LowRankConfig config() {
            if (mode == null || layout == null || method == null) {
                throw new InputException("configuration: mode, layout and method are needed");
            }
            LowRankConfig c = LowRankConfig.of(TuneMode.parse(mode)).rankRatio(rankRatio);
            c = rank == null ? c : c.rank(rank);
            c = rankGoal == null ? c : c.rank(rankGoal);
            c = c.layout(Layout.parse(layout)).method(method).steps(steps).lambda(lambda);
            c = tolerance == null ? c : c.tolerance(tolerance);
            c = density == null ? c : c.density(density);
            c = balance == null ? c : c.balance(Balance.parse(balance));
            c = c.keepNoise(keepNoise).noSparse(noSparse);
            c = reassignSparsity == null ? c : c.reassignSparsity(reassignSparsity);
            c = empty(convert) ? c : c.convert(array(convert));
            c = empty(ignore) ? c : c.ignore(array(ignore));
            c = empty(fix) ? c : c.fix(array(fix));
            c = empty(freeze) ? c : c.freeze(array(freeze));
            c = init == null ? c : c.init(Init.parse(init));
            c = alpha == null ? c : c.alpha(alpha);
            return c.rsLora(rsLora).dora(dora).dropout(dropout).l1(l1).seed(seed);
        }

        private static boolean empty(@Nullable List<String> patterns) {
            return patterns == null || patterns.isEmpty();
        }

        private static String[] array(@Nullable List<String> patterns) {
            return patterns == null ? new String[0] : patterns.toArray(new String[0]);
        }
    }
}

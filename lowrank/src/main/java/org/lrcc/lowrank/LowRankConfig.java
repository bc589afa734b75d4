package org.lrcc.lowrank;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.train.L1Term;

/**
 * What to convert, to which rank, and how. Immutable: each method returns a changed copy.
 *
 * <pre>{@code
 * LowRankConfig.of(TuneMode.LORA).rankRatio(0.25).ignore("downsample")
 * }</pre>
 */
public final class LowRankConfig {
    private final ConfigValues values;

    private LowRankConfig(ConfigValues values) {
        this.values = values;
    }

    /** The original's defaults in this mode: rank ratio 0.25, layout flat, 50 steps, lambda 0.01. */
    public static LowRankConfig of(TuneMode mode) {
        return new LowRankConfig(new ConfigValues(mode));
    }

    private LowRankConfig with(Consumer<ConfigValues> change) {
        ConfigValues copy = new ConfigValues(values);
        change.accept(copy);
        return new LowRankConfig(copy);
    }

    /** Another mode, the rest as it is. */
    public LowRankConfig mode(TuneMode value) {
        return with(c -> c.mode = value);
    }

    /** The same rank for every layer, at least 1; instead of the ratio. */
    public LowRankConfig rank(int value) {
        ConfigRules.require(value >= 1, "rank", "at least 1", value);
        return with(c -> c.rank(value));
    }

    /** Ranks by goal; instead of a given rank and of the ratio. */
    public LowRankConfig rank(RankGoal value) {
        return with(c -> c.rank(value));
    }

    /** Rank as this part of input channels times kernel size; above 0, at most 1; instead of a given rank. */
    public LowRankConfig rankRatio(double value) {
        ConfigRules.require(value > 0 && value <= 1, "rank ratio", "above 0 and at most 1", value);
        return with(c -> c.rankRatio(value));
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
        ConfigRules.require(value >= 1, "steps", "at least 1", value);
        return with(c -> c.steps = value);
    }

    /** {@code accelerated} ends where going on at half the pace lowers F by less than this part; above 0, below 1. */
    public LowRankConfig tolerance(double value) {
        ConfigRules.require(value > 0 && value < 1, "tolerance", "above 0 and below 1", value);
        return with(c -> c.tolerance = value);
    }

    /** Deviations from U·V of at least this go into S; instead of a given density. */
    public LowRankConfig lambda(double value) {
        ConfigRules.require(value >= 0 && Double.isFinite(value), "lambda", "at least 0", value);
        return with(c -> c.lambda(value));
    }

    /** How much S holds; lambda is then found. */
    public LowRankConfig density(Density value) {
        return with(c -> c.density = value);
    }

    /** Modes that decompose: where the singular values of U·V stand. */
    public LowRankConfig balance(Balance value) {
        return with(c -> c.balance = value);
    }

    /** Modes that decompose: how S lies in memory. */
    public LowRankConfig sparse(SparseForm value) {
        return with(c -> c.sparse = value);
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
        ConfigRules.require(value >= 0 && value < 1, "reassign sparsity", "at least 0 and below 1", value);
        return with(c -> c.reassignSparsity = value);
    }

    /** Convert only convolutions that match one of these name parts or globs; not together with {@link #ignore}. */
    public LowRankConfig convert(String... patterns) {
        return ConfigRules.exclusive(with(c -> c.convert = ConfigRules.patterns("convert", patterns)));
    }

    /** Leave convolutions that match one of these name parts or globs as they are: they train whole. Not together with {@link #convert}. */
    public LowRankConfig ignore(String... patterns) {
        return ConfigRules.exclusive(with(c -> c.ignore = ConfigRules.patterns("ignore", patterns)));
    }

    /** Leave convolutions that match as they are, and frozen. */
    public LowRankConfig fix(String... patterns) {
        return with(c -> c.fix = ConfigRules.patterns("fix", patterns));
    }

    /**
     * Freeze layers that match; {@code bn} stands for every batch normalisation too. Frozen batch normalisation keeps its running statistics in training;
     * frozen convolutions are not converted.
     */
    public LowRankConfig freeze(String... patterns) {
        return with(c -> c.freeze = ConfigRules.patterns("freeze", patterns));
    }

    /** lora_mode: how U and V begin. */
    public LowRankConfig init(Init value) {
        return with(c -> c.init = value);
    }

    /** lora_mode: scale U·V by alpha / rank (with {@link #rsLora}, by alpha / sqrt(rank)); not scaled by default. */
    public LowRankConfig alpha(double value) {
        ConfigRules.require(value > 0 && Double.isFinite(value), "alpha", "above 0", value);
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
        ConfigRules.require(value >= 0 && value < 1, "adapter dropout", "at least 0 and below 1", value);
        return with(c -> c.dropout = value);
    }

    /**
     * Modes that train U: it learns at this factor of the learning rate; above 0. In lora_mode LoRA+, whose authors advise 16.
     *
     * <p>Source: S. Hayou, N. Ghosh, B. Yu, "LoRA+: efficient low rank adaptation of large models", ICML 2024.
     */
    public LowRankConfig rateU(double value) {
        ConfigRules.require(value > 0 && Double.isFinite(value), "rate of U", "above 0", value);
        return with(c -> c.rateU = value);
    }

    /** Modes that train S: it learns at this factor of the learning rate; above 0. */
    public LowRankConfig rateS(double value) {
        ConfigRules.require(value > 0 && Double.isFinite(value), "rate of S", "above 0", value);
        return with(c -> c.rateS = value);
    }

    /** Weight of the sum of |S| in the loss, where S trains. */
    public LowRankConfig l1(double value) {
        ConfigRules.require(value >= 0 && Double.isFinite(value), "l1", "at least 0", value);
        return with(c -> c.l1 = value);
    }

    /** Seed of the decomposition's first row and of V in lora_mode. */
    public LowRankConfig seed(long value) {
        return with(c -> c.seed = value);
    }

    /**
     * A folder that keeps decompositions, made where it is missing: what stands there of the same weight with the same options is checked and used, the rest is added.
     * Damaged entries are refused.
     */
    public LowRankConfig cache(Path folder) {
        return with(c -> c.cache = folder);
    }

    /** What trains. */
    public TuneMode mode() {
        return values.mode;
    }

    /** The given rank, or null where the ratio counts. */
    public @Nullable Integer rank() {
        return values.rank;
    }

    /** What ranks are chosen for, or null where they are given. */
    public @Nullable RankGoal rankGoal() {
        return values.rankGoal;
    }

    /** The rank ratio. */
    public double rankRatio() {
        return values.rankRatio;
    }

    /** How U·V is read. */
    public Layout layout() {
        return values.layout;
    }

    /** The factorizer's name. */
    public String method() {
        return values.method;
    }

    /** Inner iterations for each rank. */
    public int steps() {
        return values.steps;
    }

    /** Where the accelerated method ends. */
    public double tolerance() {
        return values.tolerance;
    }

    /** How much S holds, or null where lambda says so. */
    public @Nullable Density density() {
        return values.density;
    }

    /** The threshold of S. */
    public double lambda() {
        return values.lambda;
    }

    /** Where the singular values of U·V stand. */
    public Balance balance() {
        return values.balance;
    }

    /** How S lies in memory. */
    public SparseForm sparse() {
        return values.sparse;
    }

    /** Whether the rest is kept. */
    public boolean keepNoise() {
        return values.keepNoise;
    }

    /** Whether S stays empty. */
    public boolean noSparse() {
        return values.noSparse;
    }

    /** The share of S to be off after dealing out anew, or null. */
    public @Nullable Double reassignSparsity() {
        return values.reassignSparsity;
    }

    /** Patterns of what is converted; all where empty. */
    public List<String> convert() {
        return values.convert;
    }

    /** Patterns of what is ignored. */
    public List<String> ignore() {
        return values.ignore;
    }

    /** Patterns of what is fixed. */
    public List<String> fix() {
        return values.fix;
    }

    /** Patterns of what is frozen. */
    public List<String> freeze() {
        return values.freeze;
    }

    /** How U and V begin in lora_mode. */
    public Init init() {
        return values.init;
    }

    /** LoRA's alpha, or null. */
    public @Nullable Double alpha() {
        return values.alpha;
    }

    /** Whether the scale is alpha / sqrt(rank). */
    public boolean rsLora() {
        return values.rsLora;
    }

    /** Whether channels have magnitudes of their own. */
    public boolean dora() {
        return values.dora;
    }

    /** The adapter branch's dropout. */
    public double dropout() {
        return values.dropout;
    }

    /** Factor of U's learning rate. */
    public double rateU() {
        return values.rateU;
    }

    /** Factor of S's learning rate. */
    public double rateS() {
        return values.rateS;
    }

    /** Weight of the sum of |S| in the loss. */
    public double l1() {
        return values.l1;
    }

    /** The seed. */
    public long seed() {
        return values.seed;
    }

    /** The folder of decompositions, or null. */
    public @Nullable Path cache() {
        return values.cache;
    }

    /** The L1 term on S for the training configuration: one term, or none where its weight is 0. */
    public L1Term[] l1Terms() {
        return ConfigEffects.l1Terms(this);
    }

    /** The groups of U and S for the training configuration, where they have rates of their own. */
    public ParameterGroup[] rateGroups() {
        return ConfigEffects.rateGroups(this);
    }

    /** What U·V is multiplied with at this rank. */
    public double scale(int ofRank) {
        return ConfigEffects.scale(this, ofRank);
    }

    /**
     * The rank of a layer where no goal is set: the given one, else max(1, min(int(in k ratio), highest rank of the layout's matrix)).
     */
    public int rankFor(int out, int in, int kernel) {
        return ConfigEffects.rank(this, out, in, kernel);
    }

    /** Throws where options contradict each other; conversion calls it. */
    public LowRankConfig check() {
        ConfigRules.check(this);
        return this;
    }

    /** As JSON, without the cache's place. */
    public String toJson() {
        return StoredConfig.of(this).toJson();
    }

    /** Reads {@link #toJson}; throws {@code InputException} for what it could not have written. */
    public static LowRankConfig fromJson(String json) {
        return StoredConfig.read(json).config();
    }

    @Override
    public String toString() {
        return toJson();
    }
}

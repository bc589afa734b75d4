package org.lrcc.cli;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Layout;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.TuneMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What trains, which layers are converted and to which rank: all that the shapes of a converted network depend on. */
final class SelectionOptions {
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

    @Option(
            names = "--layout",
            paramLabel = "L",
            converter = LayoutConverter.class,
            description = "How U V is read as a weight: flat (default), separable or channel.")
    private @Nullable Layout layout;

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

    /** The mode's words to the enum; a bad one is bad input with the library's message. */
    static final class ModeConverter implements ITypeConverter<TuneMode> {
        @Override
        public TuneMode convert(String value) {
            return named(() -> TuneMode.parse(value));
        }
    }

    static final class LayoutConverter implements ITypeConverter<Layout> {
        @Override
        public Layout convert(String value) {
            return named(() -> Layout.parse(value));
        }
    }

    /** picocli shows the class of other exceptions beside their message. */
    static <T> T named(Supplier<T> parse) {
        try {
            return parse.get();
        } catch (InputException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    /** The mode that was given, or null. */
    @Nullable
    TuneMode mode() {
        return mode;
    }

    /** The option that sets the rank, or null where none was given. */
    @Nullable
    String rankOption() {
        return rank != null ? "--rank" : rankRatio != null ? "--rank-ratio" : null;
    }

    /** The rank as it was asked for: {@code rank 8} or {@code rank ratio 0.25}. */
    String rank(LowRankConfig config) {
        return rank != null ? "rank " + rank : "rank ratio " + config.rankRatio();
    }

    /** A configuration of this mode with what these options say; throws where they contradict each other. */
    LowRankConfig config(TuneMode chosen) {
        if (rank != null && rankRatio != null) {
            throw new InputException("--rank " + rank + " and --rank-ratio " + rankRatio + " exclude each other");
        }
        if (!convert.isEmpty() && !ignore.isEmpty()) {
            throw new InputException("--convert " + String.join(",", convert) + " and --ignore "
                    + String.join(",", ignore) + " exclude each other");
        }
        LowRankConfig config = LowRankConfig.of(chosen);
        config = rank == null ? config : config.rank(rank);
        config = rankRatio == null ? config : config.rankRatio(rankRatio);
        config = layout == null ? config : config.layout(layout);
        config = convert.isEmpty() ? config : config.convert(convert.toArray(new String[0]));
        config = ignore.isEmpty() ? config : config.ignore(ignore.toArray(new String[0]));
        config = fix.isEmpty() ? config : config.fix(fix.toArray(new String[0]));
        return freeze.isEmpty() ? config : config.freeze(freeze.toArray(new String[0]));
    }
}

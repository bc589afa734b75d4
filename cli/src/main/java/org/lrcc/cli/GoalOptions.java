package org.lrcc.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lrcc.engine.InputException;
import org.lrcc.lowrank.Density;
import org.lrcc.lowrank.Init;
import org.lrcc.lowrank.LowRankConfig;
import org.lrcc.lowrank.RankGoal;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** Ranks and sparsity by goal instead of by hand, and where lora_mode begins. */
final class GoalOptions {
    /**
     * The accelerated method's tolerance where ranks are chosen by residual. Each lower F puts more into S and leaves a higher residual for U V, so that a
     * finer tolerance asks for higher ranks as well as many more iterations (384 x 384 at rank 172: 0.01 takes 15 s, 0.3 takes 0.4 s for a residual of 0.50
     * and 0.41).
     */
    private static final double RESIDUAL_TOLERANCE = 0.1;

    @Option(
            names = "--target-residual",
            paramLabel = "X",
            description = "Instead of a rank: in each layer the lowest with |W - U V| / |W| of at most X.")
    private @Nullable Double targetResidual;

    @Option(
            names = "--target-params",
            paramLabel = "N",
            description =
                    "Instead of a rank: at most N elements of U, V and S in all converted layers together, dealt out by what they gain.")
    private @Nullable Long targetParams;

    @Option(
            names = "--energy",
            paramLabel = "X",
            description = "Instead of a rank: in each layer the lowest with this part of the squared singular values.")
    private @Nullable Double energy;

    @Option(
            names = "--density",
            paramLabel = "X",
            description = "Instead of --lambda: S holds this share of each layer's entries.")
    private @Nullable Double density;

    @Option(
            names = "--global-density",
            paramLabel = "X",
            description = "Instead of --lambda: S holds this share of all layers' entries, by one threshold.")
    private @Nullable Double globalDensity;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            description =
                    "Where --method accelerated ends: slower would lower F by less than this part (default: 0.01; with --target-residual 0.1).")
    private @Nullable Double tolerance;

    @Option(
            names = "--init",
            paramLabel = "NAME",
            converter = InitConverter.class,
            description = "lora_mode: how U and V begin: kaiming (default), gaussian, pissa or olora.")
    private @Nullable Init init;

    static final class InitConverter implements ITypeConverter<Init> {
        @Override
        public Init convert(String value) {
            return Init.parse(value);
        }
    }

    /** The configuration with what these options say; {@code rankGiven} and {@code lambdaGiven}: by other options. */
    LowRankConfig apply(LowRankConfig config, @Nullable String rankGiven, boolean lambdaGiven) {
        List<String> ranks = new ArrayList<>();
        if (rankGiven != null) {
            ranks.add(rankGiven);
        }
        LowRankConfig result = config;
        if (targetResidual != null) {
            ranks.add("--target-residual");
            result = result.rank(RankGoal.residual(targetResidual)).tolerance(RESIDUAL_TOLERANCE);
        }
        if (targetParams != null) {
            ranks.add("--target-params");
            result = result.rank(RankGoal.params(targetParams));
        }
        if (energy != null) {
            ranks.add("--energy");
            result = result.rank(RankGoal.energy(energy));
        }
        exclude(ranks);
        List<String> densities = new ArrayList<>(lambdaGiven ? List.of("--lambda") : List.of());
        if (density != null) {
            densities.add("--density");
            result = result.density(new Density(density, false));
        }
        if (globalDensity != null) {
            densities.add("--global-density");
            result = result.density(new Density(globalDensity, true));
        }
        exclude(densities);
        result = tolerance == null ? result : result.tolerance(tolerance);
        return init == null ? result : result.init(init);
    }

    /** Whether the decomposition's tolerance was given. */
    boolean toleranceGiven() {
        return tolerance != null;
    }

    private static void exclude(List<String> given) {
        if (given.size() > 1) {
            throw new InputException(given.get(0) + " and " + given.get(1) + " exclude each other");
        }
    }
}

package org.lrcc.lowrank;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link LowRankConfig} holds: its defaults, and a copy to change. Only the configuration that is being made writes to it. */
final class ConfigValues {
    TuneMode mode;

    @Nullable
    Integer rank;

    double rankRatio = 0.25;

    @Nullable
    RankGoal rankGoal;

    Layout layout = Layout.FLAT;
    String method = "greedy";
    int steps = 50;
    double tolerance = 0.01;
    double lambda = 0.01;

    @Nullable
    Density density;

    Balance balance = Balance.V;
    SparseForm sparse = SparseForm.AUTO;
    boolean keepNoise;
    boolean noSparse;

    @Nullable
    Double reassignSparsity;

    List<String> convert = List.of();
    List<String> ignore = List.of();
    List<String> fix = List.of();
    List<String> freeze = List.of();
    Init init = Init.KAIMING;

    @Nullable
    Double alpha;

    boolean rsLora;
    boolean dora;
    double dropout;
    double rateU = 1;
    double rateS = 1;
    double l1;
    long seed;

    @Nullable
    Path cache;

    ConfigValues(TuneMode mode) {
        this.mode = mode;
    }

    ConfigValues(ConfigValues other) {
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
        sparse = other.sparse;
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
        rateU = other.rateU;
        rateS = other.rateS;
        l1 = other.l1;
        seed = other.seed;
        cache = other.cache;
    }

    /** A rank takes the place of a goal, either that of the ratio; the ratio that of both. */
    void rank(int value) {
        rank = value;
        rankGoal = null;
    }

    void rank(RankGoal value) {
        rank = null;
        rankGoal = value;
    }

    void rankRatio(double value) {
        rank = null;
        rankGoal = null;
        rankRatio = value;
    }

    /** Takes the place of a density. */
    void lambda(double value) {
        density = null;
        lambda = value;
    }
}

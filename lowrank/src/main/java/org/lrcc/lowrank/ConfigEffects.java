package org.lrcc.lowrank;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.nn.optim.ParameterGroup;
import org.lrcc.nn.train.L1Term;

/** What a configuration's options come to: in a layer its rank and scale, in training the terms and groups of its factors. */
final class ConfigEffects {
    private ConfigEffects() {}

    static L1Term[] l1Terms(LowRankConfig c) {
        return c.l1() == 0 ? new L1Term[0] : new L1Term[] {new L1Term("*." + LowRankConv2d.SPARSE, c.l1())};
    }

    static ParameterGroup[] rateGroups(LowRankConfig c) {
        List<ParameterGroup> groups = new ArrayList<>();
        if (c.rateU() != 1) {
            groups.add(ParameterGroup.rate("*." + LowRankConv2d.U, c.rateU()));
        }
        if (c.rateS() != 1) {
            groups.add(ParameterGroup.rate("*." + LowRankConv2d.SPARSE, c.rateS()));
        }
        return groups.toArray(ParameterGroup[]::new);
    }

    static double scale(LowRankConfig c, int rank) {
        Double alpha = c.alpha();
        if (alpha == null) {
            return 1;
        }
        return c.rsLora() ? alpha / Math.sqrt(rank) : alpha / rank;
    }

    static int rank(LowRankConfig c, int out, int in, int kernel) {
        Integer rank = c.rank();
        if (rank != null) {
            return rank;
        }
        if (c.rankGoal() != null) {
            return 1;
        }
        return Math.max(
                1, Math.min((int) (in * kernel * c.rankRatio()), c.layout().maxRank(out, in, kernel)));
    }
}
